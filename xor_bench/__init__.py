"""The XOR synergy task: its distribution, exact theory, data, runs and sweeps.

- `make_xor` draws codes, `code_inputs` is what encoders see of them: the task as tensors in two lines.
- `evaluate` measures embeddings of codes in every direction, beside the exact ceilings.

The task as tensors, and embeddings of all 32 codes, one row each::

    codes = make_xor(10_000, p=0.5, bits=5).codes
    a, b, c = torch.from_numpy(code_inputs("bits", 5)[codes]).unbind(1)
    print(evaluate({"a": x, "b": y, "c": z}, p=0.5))

Beside these, `xor_bench.theory` has closed forms of information and accuracy, `xor_bench.run` and `xor_bench.sweep`
train, with the settings of `xor_bench.settings`, and `xor_bench.data` builds and reads shards.
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
