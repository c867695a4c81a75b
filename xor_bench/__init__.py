"""The XOR synergy task: its distribution, exact theory, data, runs and sweeps."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("confu-bench")
