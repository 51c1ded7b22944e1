"""Compares the results of two runs."""
