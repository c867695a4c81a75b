"""Bird-MML: pictures, songs and captions whose interaction structure is known exactly.

from birdmml import evaluate

print(evaluate({"image": x, "audio": y, "descriptions": d}, data="data/birds"))
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from birdmml.evaluation import embed_model, evaluate, evaluate_model, load

__all__ = ["__version__", "embed_model", "evaluate", "evaluate_model", "load"]

__version__ = version("confu-bench")


def __getattr__(name: str) -> Any:
    # Only when it is asked for: most verbs need no PyTorch, which takes seconds to import.
    if name in __all__:
        return getattr(import_module("birdmml.evaluation"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
