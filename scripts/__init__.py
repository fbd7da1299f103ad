"""Commands: they compose the packages, nothing imports them."""
