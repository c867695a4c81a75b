"""The XOR synergy task: its distribution, exact theory, data, runs and sweeps.

from xor_bench import evaluate

print(evaluate({"a": x, "b": y, "c": z}, p=0.5))
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xor_bench.evaluation import evaluate
    from xor_bench.task import code_inputs, make_xor

__all__ = ["__version__", "code_inputs", "evaluate", "make_xor"]

__version__ = version("confu-bench")


def __getattr__(name: str) -> Any:
    # Only when it is asked for: most verbs need no PyTorch, which takes seconds to import.
    if name in __all__:
        return getattr(import_module(f"xor_bench.{'evaluation' if name == 'evaluate' else 'task'}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
