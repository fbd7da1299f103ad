"""Who drives: agents, trajectory tracking, actuator limits."""
