"""Synthetic cameras: rig, weather, renderer, labels, visibility."""
