"""The floor: nouns, geometry, camera model."""
