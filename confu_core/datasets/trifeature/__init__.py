"""Trifeature: pairs of drawn pictures with redundant, unique and synergistic tasks, of which everything is known."""

from __future__ import annotations

from confu_core.datasets.trifeature.recipe import TrifeatureRecipe, open_trifeature

__all__ = ["TrifeatureRecipe", "open_trifeature"]
