"""What scripts/train.py can train: one module each."""
