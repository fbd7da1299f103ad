"""Could anybody have saved it? A search with the simulator as its model."""
