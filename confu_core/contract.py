"""Whether a method is well-formed: what training and evaluation rely on, tried on small batches, in one list."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import torch
from torch import Tensor, nn

from confu_core.encoders import vector_encoder
from confu_core.errors import ConfuError
from confu_core.methods.base import Method, every_direction
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.registry import check_options, make_method
from confu_core.model import Model, stack
from confu_core.random import generator
from confu_core.settings import Dial
from confu_core.user_code import RAISED, describe

# Of the inputs of a small XOR task: codes of two bits, and samples.
CODES, WIDTH, FEATURES, DIM, SAMPLES = 4, 5, 16, 8, 48
CLOSE = 1e-3  # As a share: losses and gradients are in single precision, as in runs.


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Attributes
    ----------
    name : str
        What should hold.
    holds : bool or None
        Whether it does; None where it does not apply.
    detail : str
        What was found.
    """

    name: str
    holds: bool | None
    detail: str = ""


class Broken(Exception):
    """What a check found wrong."""


def check_method(name: str, *, modalities: int = 3, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Try whether a method keeps the promises that training and evaluation rely on.

    Parameters
    ----------
    name : str
        A known name, ``path/to/file.py:Class`` or ``package.module:Class``.
    modalities : int
        How many it is given, at least 2.
    options : mapping of str to object, optional
        Of its constructor.

    Returns
    -------
    list of Check
        In the order in which they build on each other.

    Raises
    ------
    InvalidValue, MethodError
        If the method cannot be loaded or made.

    Examples
    --------
    >>> all(check.holds is not False for check in check_method("clip"))
    True
    """
    Dial(low=2).checked("modalities", modalities)
    check_options(name, dict(options or {}))
    subject = _Subject(name, modalities, dict(options or {}))
    scores = {
        "scores of every direction have a row per query and a column per key": subject.shapes,
        "scores are the same from either side": subject.sides,
        "scores do not depend on the other rows, and are the same each time": subject.rows,
        "vectors and scores of classes that it makes itself have a row per query": subject.own,
        "the loss is a finite number per term": subject.loss,
    }
    losses = {
        "gradients are finite, and reach parameters": subject.gradients,
        "gradients are finite where embeddings are equal or opposite": subject.degenerate,
        "the loss on distinct inputs is that on samples": subject.short_way,
        "models in a stack have the loss of each alone": subject.stacked,
        "weights and buffers can be saved and loaded": subject.saved,
    }
    found = [_tried(what, check) for what, check in scores.items()]
    if found[-1].holds:
        return found + [_tried(what, check) for what, check in losses.items()]
    return found + [Check(what, None, "not tried, since the loss is not as it should be") for what in losses]


def _tried(what: str, check: Callable[[], tuple[bool | None, str]]) -> Check:
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return Check(what, *check())
    except (Broken, ConfuError) as error:
        return Check(what, False, str(error))
    except RAISED as error:  # A user's method may raise anything; the user sees what and where.
        return Check(what, False, describe(error))


class _Subject:
    """A method on small models and data."""

    def __init__(self, name: str, modalities: int, options: dict[str, Any]) -> None:
        self.name, self.modalities, self.options = name, modalities, options
        self.model(0)  # What its constructor raises ends the examination.

    def model(self, seed: int) -> Model:
        """Return a model of the method on small encoders, with weights of a seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoders = [vector_encoder(WIDTH, FEATURES, 1)[0] for _ in range(self.modalities)]
            return Model(encoders, FEATURES, DIM, lambda space: make_method(self.name, space, self.options), CODES)

    def data(self, seed: int) -> tuple[list[Tensor], Tensor]:
        """Return tables of inputs and the codes of samples; the last modality is the parity of the first two."""
        source = generator(seed, "contract")
        tables = torch.from_numpy(source.standard_normal((self.modalities, CODES, WIDTH))).float()
        codes = torch.from_numpy(source.integers(CODES, size=(SAMPLES, self.modalities)))
        codes[:, -1] = codes[:, 0] ^ codes[:, self.modalities // 2]
        return list(tables), codes

    def plain(self, model: Model, seed: int = 0) -> EmbeddedBatch:
        """Return a batch of samples, with a second view for methods that want one."""
        tables, codes = self.data(seed)
        rows = [table[codes[:, m]] for m, table in enumerate(tables)]
        batch = model.embed(rows, None, _shuffle(seed))
        batch.labels = codes[:, 0]
        if model.method.views not in (1, 2):
            raise Broken(f"views must be 1 or 2; got {model.method.views}")
        if model.method.views > 1:
            batch.second = model.embed([one + 0.1 * torch.randn_like(one) for one in rows], None, _shuffle(seed))
        return batch

    def directions(self) -> Iterator[tuple[str, tuple[int, ...], tuple[int]]]:
        """Yield every direction with its name."""
        for order in range(1, self.modalities):
            for query, key in every_direction(self.modalities, order):
                yield "->".join("+".join(map(str, side)) for side in (query, key)), query, key

    def shapes(self) -> tuple[bool | None, str]:
        """Say how many directions the method defines, once the scores of all are finite and of the right shape."""
        model = self.model(0).eval()
        batch, method = self.plain(model), model.method
        for name, query, key in self.directions():
            if not method.scores(batch, query, key).isfinite().all():
                raise Broken(f"the scores of {name} are not finite")
        defined = [method.defines(query, key) for _, query, key in self.directions()]
        return True, f"it defines {sum(defined)} of {len(defined)} directions"

    def sides(self) -> tuple[bool | None, str]:
        """Compare the scores of every direction with those of its reverse; terms of one side need no more."""
        model = self.model(0).eval()
        batch = self.plain(model)
        for name, query, key in self.directions():
            forth, back = model.method.scores(batch, query, key), model.method.scores(batch, key, query)
            if not _close(forth, back.mT):
                if not all(term.symmetric for term in model.method.terms()):
                    return None, "its terms are of one side"
                raise Broken(f"{name} and its reverse differ by {(forth - back.mT).abs().max():.3g}")
        return True, ""

    def rows(self) -> tuple[bool | None, str]:
        """Compare the scores of half of the samples with theirs among all, and with all as keys."""
        model = self.model(0).eval()
        batch, half = self.plain(model), SAMPLES // 2
        first = batch.each(lambda table: table[:half])
        for name, query, key in self.directions():
            whole, part = (model.method.scores(one, query, key) for one in (batch, first))
            wide = model.method.score(first.view(query), batch.view(key))
            if wide.shape != (half, SAMPLES):
                raise Broken(f"{half} queries and {SAMPLES} keys of {name} have scores of shape {tuple(wide.shape)}")
            if not _close(whole[:half, :half], part) or not _close(whole[:half], wide):
                raise Broken(f"{name} changes with the rows beside it, or from call to call")
        return True, ""

    def own(self) -> tuple[bool | None, str]:
        """Say what the method makes of queries beside scores, once it has the right shape."""
        model = self.model(0).eval()
        batch, method = self.plain(model), model.method
        made = {"embed": 0, "classify": 0}
        queries = [
            query for order in range(1, self.modalities + 1) for query in combinations(range(self.modalities), order)
        ]
        for query in queries:
            for name in made:
                found = getattr(method, name)(batch.view(query))
                if found is not None:
                    made[name] += 1
                    _check_rows(f"{name} of {'+'.join(map(str, query))}", found, CODES if name == "classify" else None)
        return True, ", ".join(f"{name} of {count} of {len(queries)} queries" for name, count in made.items() if count)

    def loss(self) -> tuple[bool | None, str]:
        """Name the terms, once each is one finite number, and scores and scales are what the loss takes them for."""
        model = self.model(0).train()
        batch, method = self.plain(model), model.method
        terms = _terms(method, batch)
        for term, value in terms.items():
            if not isinstance(value, Tensor) or value.shape != () or not value.isfinite():
                shown = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) and value.shape else repr(value)
                raise Broken(f"the term {term} must be one finite number; got {shown}")
        for one in method.scales():
            if not isinstance(one, nn.Parameter) or one.shape != ():
                raise Broken(f"scales must be parameters of one number; got {type(one).__name__} {tuple(one.shape)}")
        low, high = method.bounds or (-math.inf, math.inf)
        for side in method.terms():
            found = method.scores(batch, side.query, side.key)
            if found.min() < low - CLOSE or found.max() > high + CLOSE:
                said = f"from {found.min():.3g} to {found.max():.3g}, out of its bounds, {low:g} to {high:g}"
                raise Broken(f"the scores of {side.name} are {said}")
        return True, f"{len(terms)} term{'s' * (len(terms) != 1)}: {', '.join(terms)}"

    def gradients(self) -> tuple[bool | None, str]:
        """Name the parameters that no gradient reaches."""
        model = self.model(0).train()
        found = _gradients(model, self.plain(model))
        for name, one in found.items():
            if one is not None and not one.isfinite().all():
                raise Broken(f"the gradient of {name} is not finite")
        left_out = [name for name, one in found.items() if one is None or not one.any()]
        if len(left_out) == len(found):
            raise Broken("no parameter has a gradient")
        return True, f"none reaches {', '.join(left_out)}" if left_out else f"all {len(found)} have one"

    def degenerate(self) -> tuple[bool | None, str]:
        """Differentiate where the embeddings of all modalities are equal, or opposite."""
        model = self.model(0).train()
        method, first = model.method, self.plain(model)
        cases = {"equal": [1] * self.modalities, "opposite": [(-1) ** m for m in range(self.modalities)]}
        for case, signs in cases.items():
            features = [(sign * first.features[0].detach()).requires_grad_() for sign in signs]
            embeddings = [(sign * first.embeddings[0].detach()).requires_grad_() for sign in signs]
            batch = EmbeddedBatch(features, embeddings, shuffle=_shuffle(0), labels=first.labels)
            if method.views > 1:
                batch.second = EmbeddedBatch(features, embeddings, shuffle=_shuffle(0), labels=first.labels)
            loss = _total(method, batch)
            every = [*features, *embeddings, *method.parameters()]
            found = torch.autograd.grad(loss, every, allow_unused=True)
            if not all(one is None or one.isfinite().all() for one in found):
                raise Broken(f"a gradient is not finite where the embeddings of all modalities are {case}")
        return True, ""

    def short_way(self) -> tuple[bool | None, str]:
        """Compare losses and gradients on distinct inputs with those on samples."""
        model = self.model(0).eval()
        if not model.row_by_row:
            return None, _way(model)
        tables, codes = self.data(0)
        short = model.embed(tables, codes, _shuffle(0))
        return True, _same(model, self.plain(model), model, short, None)

    def stacked(self) -> tuple[bool | None, str]:
        """Compare losses and gradients in a stack of two models with those of each alone."""
        models = [self.model(seed).eval() for seed in range(2)]
        if not models[0].row_by_row:
            return None, _way(models[0])
        data = [self.data(seed) for seed in range(2)]
        tables = [torch.stack([cell[0][m] for cell in data]) for m in range(self.modalities)]
        together, codes = stack(models), torch.stack([cell[1] for cell in data])

        def shuffle(anchor: int, modality: int) -> Tensor:
            return torch.stack([_shuffle(seed)(anchor, modality) for seed in range(2)])

        for cell, model in enumerate(models):
            batch = together.embed(tables, codes, shuffle)
            _same(model, self.plain(model, cell), together, batch, cell)
        return True, ""

    def saved(self) -> tuple[bool | None, str]:
        """Load the state of one model into another, and compare what both then lose."""
        one, other = self.model(0), self.model(1)
        one.method.after_step(1, 2)
        other.load_state_dict(one.state_dict())
        lost = []
        for model in (one.eval(), other.eval()):
            torch.manual_seed(0)  # Of masks that are drawn.
            lost.append(_total(model.method, self.plain(model)))
        if not _close(*lost):
            what = f"the loss is {lost[0].item():.6g} before and {lost[1].item():.6g} after"
            raise Broken(f"{what}: what a method keeps from step to step has to be a buffer")
        count = sum(parameter.numel() for parameter in one.method.parameters())
        return True, f"{count} numbers of its own"


def _shuffle(seed: int) -> Callable[[int, int], Tensor]:
    return lambda anchor, modality: torch.from_numpy(
        generator(seed, "negatives", anchor, modality).permutation(SAMPLES)
    )


def _terms(method: Method, batch: EmbeddedBatch) -> dict[str, Tensor]:
    terms = method.losses(batch)
    if not isinstance(terms, dict) or not terms:
        got = "an empty one" if isinstance(terms, dict) else type(terms).__name__
        raise Broken(f"losses must return a dict of terms, at least one; got {got}")
    return terms


def _total(method: Method, batch: EmbeddedBatch) -> Tensor:
    return sum(_terms(method, batch).values(), torch.zeros(()))


def _check_rows(what: str, found: Tensor, width: int | None) -> None:
    shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    if not isinstance(found, Tensor) or found.ndim != 2 or found.shape != (SAMPLES, width or found.shape[1]):
        raise Broken(f"{what} must be ({SAMPLES}, {width or 'width'}); got {shape}")
    if not found.isfinite().all():
        raise Broken(f"{what} is not finite")


def _gradients(model: Model, batch: EmbeddedBatch, cell: int | None = None) -> dict[str, Tensor | None]:
    named = dict(model.named_parameters())
    loss = _total(model.method, batch)
    found = torch.autograd.grad(loss.sum(), list(named.values()), allow_unused=True)
    return {name: one if one is None or cell is None else one[cell] for name, one in zip(named, found, strict=True)}


def _same(model: Model, plain: EmbeddedBatch, other: Model, batch: EmbeddedBatch, cell: int | None) -> str:
    """Compare loss and gradients of two ways to compute them."""
    loss, found = _total(model.method, plain), _total(other.method, batch)
    found = found if cell is None else found[cell]
    if not _close(loss, found):
        raise Broken(f"the loss is {loss.item():.6g} on samples and {found.item():.6g} there")
    wanted, got = _gradients(model, plain), _gradients(other, batch, cell)
    scale = max(float(one.norm()) for one in wanted.values() if one is not None)
    for name, one in wanted.items():
        held = got[name]
        if one is not None and (held is None or (one - held).norm() > CLOSE * scale):
            raise Broken(f"the gradient of {name} differs from that on samples")
    return f"{loss.item():.6g} either way"


def _close(one: Tensor, other: Tensor) -> bool:
    if not one.isfinite().all() or not other.isfinite().all():
        raise Broken("it is not finite")
    return torch.allclose(one, other, rtol=CLOSE, atol=CLOSE * float(one.detach().abs().max()))


def _way(model: Model) -> str:
    if model.method.labelled:
        return "it learns from labels, which distinct inputs do not have"
    if model.method.views > 1:
        return "it compares two views, and distinct inputs have one"
    return "it draws or drops" if model.method.broadcasts else "it does not say broadcasts: it goes the plain way"
