"""Runs: the one schema of results, and sweeps that can be resumed."""
