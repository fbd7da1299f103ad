"""Closed-loop scores: pure functions of an EpisodeLog, and the statistics over many of them."""
