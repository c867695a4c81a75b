"""Methods, training, evaluation, shards and reports for higher-order multimodal alignment.

- `load_model` reads a trained model from the file of ``birdmml run --model``, as a `SavedModel`.
- `confu_core.losses` has the methods' losses as functions of embeddings, for a loop of your own.
- `confu_core.methods` has the methods themselves, and the base of your own.

A loss in two lines::

    from confu_core.losses import confu_loss
    loss = confu_loss([a, b, c], {(0, 1): ab, (0, 2): ac, (1, 2): bc})

It knows of no benchmark: those are `birdmml` and `xor_bench`. Errors that a user can cause are of the kind
`confu_core.errors.ConfuError`.
"""

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
