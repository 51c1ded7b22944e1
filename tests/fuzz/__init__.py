"""Hostile inputs for the whole command line: `python -m tests.fuzz --count 1000 --seed 1`."""
