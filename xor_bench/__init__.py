"""The XOR synergy task: its distribution, exact theory, data, runs and sweeps."""
