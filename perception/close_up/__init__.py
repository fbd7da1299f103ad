"""A closer look at how far away vehicles are."""
