"""Ways around wrecks: over all asphalt, and kept until they are driven."""
