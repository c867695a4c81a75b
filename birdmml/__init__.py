"""Bird-MML: pictures, songs and captions whose interaction structure is known exactly.

- `load` opens a split of any dataset, generated or real, as a dataset of PyTorch.
- `evaluate` measures embeddings of any model on it, `evaluate_model` a model that was trained here, each beside the
  exact ceilings of the data; `embed_model` writes what such a model makes of data.

In three lines::

    from birdmml import evaluate
    result = evaluate({"image": x, "audio": y, "descriptions": d}, data="data/birds")
    print(result)

Beside these, `birdmml.data` builds and reads birds by the dials of `birdmml.settings` and the presets of
`birdmml.presets`, `birdmml.theory` says what of a design is known, and `birdmml.bench` has runs and sweeps.
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
