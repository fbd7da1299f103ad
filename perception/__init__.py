"""Camera frames -> what is around the car."""
