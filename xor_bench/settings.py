"""The settings of one run: what decides its numbers, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from confu_core.errors import InvalidValue
from confu_core.runs.grid import cell_id, code_of, code_places, plain, resolved_options
from confu_core.settings import check_dials, dial, like, real, whole
from xor_bench.task import KINDS, XorTask

MOST_BITS = 12

# Where the task calls for another value than the published default of a method: heads sized like the encoders,
# and no dropout, since there is nothing to regularise in a head that must fit a table of 2**bits x 2**bits.
BENCH_OPTIONS: dict[str, dict[str, Any]] = {
    "confu": {"fused_width": 128, "dropout": 0.0},
    "eao": {"fused_width": 128},
    "comm": {"fused_width": 64, "head_width": 64},
    "infmasking": {"fused_width": 64, "head_width": 64},
}


@dataclass(frozen=True)
class Settings:
    """One run of one method.

    Parameters
    ----------
    method : str
        A known name, or ``path/to/file.py:Class``.
    p, bits, modalities, noise, parity, unreliable, unreliable_of
        The task, as in `XorTask`; at most 12 bits.
    inputs : {"bits", "bits01", "onehot", "gaussian"}
        What encoders see of a code (`code_inputs`).
    seed : int
        Decides data, initial weights, order of samples and shuffled negatives.
    train_samples, test_samples : int
        Sizes of the splits.
    epochs, batch_size : int
        Length of training.
    lr, weight_decay : float
        Of AdamW; the rate falls on a cosine to 1e-6.
    scale_lr : float or None
        Rate of the method's own scales, which have no weight decay; None is `lr`.
    warmup : float
        Share of the steps over which the rate rises to `lr`, in [0, 0.9].
    dim : int
        Width of the shared embedding space.
    width, depth : int
        Width and number of the linear layers of each encoder.
    options : mapping of str to object
        Options of the method; those not given take the bench's default, or else the method's.

    Raises
    ------
    InvalidValue
        If a value breaks its constraint. Options are checked by `resolved`, which loads the method.

    Examples
    --------
    >>> Settings(p=1.3)
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: p must be in [0, 1]; got 1.3
    """

    method: str = "confu"
    p: float = like(XorTask, "p")
    bits: int = like(XorTask, "bits")
    modalities: int = like(XorTask, "modalities")
    noise: float = like(XorTask, "noise")
    inputs: str = dial(
        "bits", "What encoders see of a code: bits (-1 and 1), bits01 (0 and 1), onehot or gaussian.", choices=KINDS
    )
    seed: int = whole(0, "Decides data, weights and order of samples.", low=0, high=2**63 - 1)
    train_samples: int = whole(10_000, "Samples to train on.", low=2)
    test_samples: int = whole(10_000, "Samples to test on.", low=1)
    epochs: int = whole(50, "How often each sample is seen.", low=1)
    batch_size: int = whole(1000, "Samples per step.", low=2)
    lr: float = real(5e-3, "Highest learning rate of AdamW.", low=0, high=1e6)
    scale_lr: float | None = real(
        None, "The same of a method's scales and biases, which do not decay.", low=0, high=1e6, shown="that of --lr"
    )
    warmup: float = real(
        0.3, "Share of the steps over which the rate rises; then it falls on a cosine.", low=0, high=0.9
    )
    weight_decay: float = real(1e-4, "Weight decay of AdamW.", low=0, high=1e6)
    dim: int = whole(32, "Width of the shared embedding space.", low=1)
    width: int = whole(64, "Width of an encoder's layers.", low=1)
    depth: int = whole(1, "Number of an encoder's linear layers.", low=0)
    parity: str = like(XorTask, "parity")
    unreliable: float = like(XorTask, "unreliable")
    unreliable_of: str = like(XorTask, "unreliable_of")
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Plain numbers, so that equal settings are written equally whichever numeric types came in.
        task = self.task
        object.__setattr__(self, "parity", task.parity)
        object.__setattr__(self, "unreliable_of", task.unreliable_of)
        check_dials(self)
        if self.bits > MOST_BITS:
            raise InvalidValue(
                f"bits must be in [1, {MOST_BITS}] to train; got {self.bits}: a table of 2**{self.bits} codes does "
                f"not fit; use {MOST_BITS} or fewer"
            )
        for name in ("lr", "scale_lr"):
            if getattr(self, name) == 0:
                raise InvalidValue(f"{name} must be above 0; got 0")
        for name, value in self.options.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise InvalidValue(f"{name} must be finite; got {value}")

    @property
    def task(self) -> XorTask:
        """The distribution."""
        return XorTask(*(getattr(self, one.name) for one in fields(XorTask)))

    def resolved_options(self) -> dict[str, Any]:
        """Return every option of the method with its value: its defaults, overlaid with the bench's and the user's.

        This loads the method. An InvalidValue says that it has no such option, a MethodError that there is none.

        >>> Settings(options={"lam": 0.3}).resolved_options()["lam"]
        0.3
        """
        bench = dict(BENCH_OPTIONS.get(self.method, {}))
        if self.method in ("confu", "eao"):
            bench["orders"] = tuple(range(2, self.modalities))
        return resolved_options(self.method, self.options, bench)

    def columns(self) -> dict[str, Any]:
        """Return all settings as columns of results, those of the method too; several parts stand with commas."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "options"}
        options = {name: plain(value) for name, value in self.resolved_options().items()}
        return {**own, **options, **code_of(self.method)}

    def cell(self) -> str:
        """Return the identity of the run, 16 hexadecimal digits: equal for equal settings, another for any other.

        For a method in a file, its content counts too.

        >>> Settings(p=0.5).cell() == Settings(p=0.5, options={"lam": 0.5}).cell() != Settings(p=0.6).cell()
        True
        """
        columns = self.columns()
        # Cells that were named before there was a choice keep their names.
        if self.parity == "all":
            del columns["parity"]
        if not self.unreliable:
            del columns["unreliable"], columns["unreliable_of"]
        return cell_id(columns, self.method, *code_places(*self.resolved_options().values()))

    def shape(self) -> tuple[object, ...]:
        """Return all that cells trained in one stack must share, hashable: everything but p, noise and seed."""
        shared = {**asdict(self), "p": None, "noise": None, "seed": None, "options": self.resolved_options()}
        return tuple(sorted((name, repr(value)) for name, value in shared.items()))
