"""AV-MNIST built from what is at hand: handwritten digits beside spoken digits."""

from __future__ import annotations

from confu_core.datasets.digits.opening import open_digits
from confu_core.datasets.digits.recipe import DigitsRecipe

__all__ = ["DigitsRecipe", "open_digits"]
