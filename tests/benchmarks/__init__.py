"""The speeds the project promises, measured as ratios in one run: `python -m tests.benchmarks`."""
