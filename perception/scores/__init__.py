"""How well perception perceives: vehicles, lanes, calibration."""
