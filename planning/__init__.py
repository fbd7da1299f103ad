"""Scene to Trajectory."""
