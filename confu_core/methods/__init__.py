"""Methods: CLIP, hub, ConFu, GRAM, TRIANGLE, Symile, and the base for others."""

from __future__ import annotations

from confu_core.methods.base import Method, Space, Term, every_direction, pairs
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.registry import BUILT_IN, known_methods, load_method, method_options
from confu_core.methods.view import View

__all__ = [
    "BUILT_IN",
    "EmbeddedBatch",
    "Method",
    "Space",
    "Term",
    "View",
    "every_direction",
    "known_methods",
    "load_method",
    "method_options",
    "pairs",
]
