"""Pickles of NumPy arrays in plain containers, read without importing or calling what they name."""

from __future__ import annotations

from confu_core.datasets.restricted_pickle.load import load_pickle, parse_pickle

__all__ = ["load_pickle", "parse_pickle"]
