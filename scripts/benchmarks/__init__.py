"""What scripts/benchmark.py can measure: one module each."""
