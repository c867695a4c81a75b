"""The settings of one run: what decides its numbers, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from confu_core.errors import InvalidValue, nearest
from confu_core.runs.options import cell_id, plain, resolved_options
from xor_bench.task import KINDS, XorTask, real_within, whole_within

__all__ = ["BENCH_OPTIONS", "Settings"]

MOST_BITS = 12
SEED_BITS = 63

# Where the task calls for another value than the published default of a method: heads sized like the encoders,
# and no dropout, since there is nothing to regularise in a head that must fit a table of 2**bits x 2**bits.
BENCH_OPTIONS: dict[str, dict[str, Any]] = {"confu": {"fused_width": 128, "dropout": 0.0}}


@dataclass(frozen=True)
class Settings:
    """One run of one method.

    Parameters
    ----------
    method : str
        A known name, or ``path/to/file.py:Class``.
    p, bits, modalities, noise, parity
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
    p: float = 0.5
    bits: int = 5
    modalities: int = 3
    noise: float = 0.0
    inputs: str = "bits"
    seed: int = 0
    train_samples: int = 10_000
    test_samples: int = 10_000
    epochs: int = 50
    batch_size: int = 1000
    lr: float = 5e-3
    scale_lr: float | None = None
    warmup: float = 0.3
    weight_decay: float = 1e-4
    dim: int = 32
    width: int = 64
    depth: int = 1
    parity: str = "all"
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        task = self.task
        if task.bits > MOST_BITS:
            raise InvalidValue(
                f"bits must be in [1, {MOST_BITS}] to train; got {task.bits}: a table of 2**{task.bits} codes does "
                f"not fit; use {MOST_BITS} or fewer"
            )
        if self.inputs not in KINDS:
            raise InvalidValue(
                f"inputs must be one of {', '.join(KINDS)}; got {self.inputs!r}: {nearest(str(self.inputs), KINDS)}"
            )
        whole_within("seed", self.seed, 0, 2**SEED_BITS - 1)
        whole_within("batch_size", self.batch_size, 2)
        whole_within("train_samples", self.train_samples, 2)
        for name in ("test_samples", "epochs", "dim", "width"):
            whole_within(name, getattr(self, name), 1)
        whole_within("depth", self.depth, 0)
        for name in ("lr", "weight_decay"):
            object.__setattr__(self, name, real_within(name, getattr(self, name), 0, 1e6))
        object.__setattr__(self, "warmup", real_within("warmup", self.warmup, 0, 0.9))
        if self.scale_lr is not None:
            object.__setattr__(self, "scale_lr", real_within("scale_lr", self.scale_lr, 0, 1e6))
        for name in ("lr", "scale_lr"):
            if getattr(self, name) == 0:
                raise InvalidValue(f"{name} must be above 0; got 0")
        for name, value in self.options.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise InvalidValue(f"{name} must be finite; got {value}")
        # Plain numbers, so that equal settings are written equally whichever numeric types came in.
        for name in ("p", "noise", "parity"):
            object.__setattr__(self, name, getattr(task, name))

    @property
    def task(self) -> XorTask:
        """The distribution."""
        return XorTask(self.p, self.bits, self.modalities, self.noise, self.parity)

    def resolved_options(self) -> dict[str, Any]:
        """Return every option of the method with its value; this loads the method.

        Returns
        -------
        dict of str to object
            The method's own defaults, overlaid with the bench's and the user's.

        Raises
        ------
        InvalidValue
            If the method has no such option.
        MethodError
            If there is no such method.

        Examples
        --------
        >>> Settings(options={"lam": 0.3}).resolved_options()["lam"]
        0.3
        """
        bench = dict(BENCH_OPTIONS.get(self.method, {}))
        if self.method == "confu":
            bench["orders"] = tuple(range(2, self.modalities))
        return resolved_options(self.method, self.options, bench)

    def columns(self) -> dict[str, Any]:
        """Return all settings as columns of a results table, the options of the method among them.

        Returns
        -------
        dict of str to (str, int, float or bool)
            Values of several parts are written with commas.

        Examples
        --------
        >>> Settings(method="gram").columns()["label_smoothing"]
        0.1
        """
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "options"}
        return {**own, **{name: plain(value) for name, value in self.resolved_options().items()}}

    def cell(self) -> str:
        """Return the identity of the run: equal for equal settings, another for any other.

        Returns
        -------
        str
            16 hexadecimal digits. For a method in a file, its content counts too.

        Examples
        --------
        >>> Settings(p=0.5).cell() == Settings(p=0.5, options={"lam": 0.5}).cell() != Settings(p=0.6).cell()
        True
        """
        columns = self.columns()
        if self.parity == "all":
            del columns["parity"]  # Cells that were named before there was a choice keep their names.
        return cell_id(columns, self.method)

    def shape(self) -> tuple[object, ...]:
        """Return all that cells trained in one stack must share: everything but p, noise and seed.

        Returns
        -------
        tuple
            Hashable.
        """
        shared = {**asdict(self), "p": None, "noise": None, "seed": None, "options": self.resolved_options()}
        return tuple(sorted((name, repr(value)) for name, value in shared.items()))
