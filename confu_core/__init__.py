"""Methods, training, evaluation, shards and reports for higher-order multimodal alignment."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confu_core.media.saved import SavedModel, load_model

__all__ = ["SavedModel", "__version__", "load_model"]

__version__ = version("confu-bench")


def __getattr__(name: str) -> Any:
    # Only when it is asked for: most verbs need no PyTorch, which takes seconds to import.
    if name in __all__:
        return getattr(import_module("confu_core.media.saved"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
