"""The world: highway-env, traffic, scenarios, cameras, truth, closed loop, window."""
