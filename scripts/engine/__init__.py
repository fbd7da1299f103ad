"""The stages of the data engine: drive, keep, train, prove, promote (scripts/improve.py)."""
