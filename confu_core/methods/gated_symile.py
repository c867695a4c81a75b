"""Gated Symile: the multilinear inner product of modalities that a gate may replace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import product
from math import log
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from confu_core.errors import InvalidValue
from confu_core.layers import LayerNorm, Linear
from confu_core.methods.anchor import anchored_term, single_side
from confu_core.methods.base import Method, Space, Term
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.negatives import NEGATIVES, inner_product
from confu_core.methods.view import View
from confu_core.settings import Dial

GATES = ("attention", "matrix")
SHARES = ("sigmoid", "softmax")
PAIR = "pair"
KINDS = (PAIR, *NEGATIVES)
COLDEST = 0.1  # Is added to the temperature of the gate.
SHORTEST = 1e-24  # Squared length that a gated vector is divided by at least.


class Gate(nn.Module):
    """How much a target trusts each other modality: weights in [0, 1] for every pair of their rows."""

    def __init__(self, space: Space, *, kind: str, shares: str, width: int, hidden: int, temperature: float) -> None:
        super().__init__()
        self.shares, count = shares, space.modalities
        self.log_temperature = nn.Parameter(torch.tensor(log(temperature)))
        self.null = nn.Parameter(torch.zeros(count))
        attends = kind == "attention"
        self.matrix = None if attends else nn.Parameter(torch.zeros(count, count))
        maps = range(count if attends else 0)
        self.queries = nn.ModuleList(Linear(space.dim, width, bias=False) for _ in maps)
        self.keys = nn.ModuleList(Linear(space.dim, width, bias=False) for _ in maps)
        before = (LayerNorm(space.dim), Linear(space.dim, hidden), nn.ReLU())
        self.distrust = nn.Sequential(*before) if attends else None
        self.last = Linear(hidden, 1) if attends else None

    def forward(self, others: View, targets: View) -> list[Tensor]:
        """Return a weight per row of the others and row of the targets, one tensor (..., rows, targets) per member."""
        (target,) = targets.modalities
        temperature = _same(softplus, self.log_temperature) + COLDEST
        null = self.null[..., target, None, None] / temperature
        z = targets.embedding(target)
        if self.matrix is None:
            query = normalize(self.queries[target](z), dim=-1).mT / temperature
            keys = [
                normalize(self.keys[m](table), dim=-1)
                for m, table in zip(others.modalities, others.embeddings, strict=True)
            ]
            scores = [others.lay_out(key @ query, at) for at, key in enumerate(keys)]
            null = null + self._distrust(z) / temperature
        else:
            rows = others.embedding(others.modalities[0]).shape[-2]
            free = [self.matrix[..., target, m, None, None] for m in others.modalities]
            scores = [one.expand(*one.shape[:-2], rows, z.shape[-2]) for one in free]
        if self.shares == "sigmoid":
            return [torch.sigmoid(score) * torch.sigmoid(-null) for score in scores]
        return list(torch.stack([*scores, null.expand_as(scores[0])]).softmax(0)[:-1])

    def _distrust(self, z: Tensor) -> Tensor:
        """Return the score of each row of a target for trusting no other modality, shape (..., 1, rows)."""
        assert self.distrust is not None and self.last is not None and self.last.bias is not None
        # No product with a vector on the right, which takes another kernel in a stack of one.
        return ((self.distrust(z) * self.last.weight).sum(-1) + self.last.bias).unsqueeze(-2)


class GatedSymile(Method):
    r"""Gated Symile (arXiv 2604.05834): Symile, with a learned direction in place of modalities that are not trusted.

    .. math:: \mathrm{score} = \sum_d z_t \prod_{m \ne t} g_m, \quad
              g_m = \mathrm{unit}((1-\alpha) z_m + \alpha (w_m z_m + (1-w_m) \nu_m))

    The key is the target t, and every candidate has gates :math:`w_m` of its own: conditioned on the true key, as in
    the validation of the published code, the answer would leak into the query. The product of weights and vectors is
    written out: memory is a few matrices of rows times keys.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    gate : {"attention", "matrix"}
        Whether weights follow from the vectors, or are one number per target and modality.
    shares : {"sigmoid", "softmax"}
        Whether modalities are trusted each by itself or share what trust there is.
    strength : float
        Of the gate, before the logistic function that makes :math:`\alpha` of it, as it starts; learned.
    gate_width, gate_hidden : int
        Width of the attention, and of the hidden layer that says how much no modality is trusted.
    gate_temperature : float
        Where that of the attention starts, above 0; learned.
    negatives : {"pair", "n", "n_squared"}
        Of training: all other keys of the batch, each with a gate of its own; or tuples of the others as in `Symile`,
        gated by the target of their own sample.
    temperature : float
        One over the initial logit scale, by which with :math:`d^{(M-1)/2}` scores are multiplied.
    learn_temperature : bool
        Whether the logit scale is learned.
    **options
        Those of `Method`.

    Examples
    --------
    >>> [term.name for term in GatedSymile(Space(3, 64, 16)).terms()]
    ['1+2->0', '0+2->1', '0+1->2']
    """

    broadcasts: ClassVar[bool] = True
    own_loss: ClassVar[bool | None] = False

    def __init__(
        self,
        space: Space,
        *,
        gate: str = "attention",
        shares: str = "sigmoid",
        strength: float = -3.0,
        gate_width: int = 256,
        gate_hidden: int = 256,
        gate_temperature: float = 0.7,
        negatives: str = "pair",
        temperature: float = 1.0,
        learn_temperature: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(space, temperature=temperature, learn_temperature=learn_temperature, **options)
        if space.modalities < 3:
            raise InvalidValue(f"gated-symile needs 3 modalities or more; got {space.modalities}: use clip")
        for name, value, known in (("gate", gate, GATES), ("shares", shares, SHARES), ("negatives", negatives, KINDS)):
            Dial(choices=known).checked(name, value)
        for name, size in (("gate_width", gate_width), ("gate_hidden", gate_hidden)):
            Dial(low=1).checked(name, size)
        Dial(above=0).checked("gate_temperature", gate_temperature)
        self.negatives = negatives
        if negatives != PAIR:
            self.broadcasts = False  # type: ignore[misc]  # Gates are of samples, and not of distinct rows.
            for name in ("loss", "label_smoothing"):
                if options.get(name) not in (None, 0, "infonce"):
                    raise InvalidValue(f"{name} is for the negatives 'pair'; got {options[name]!r}: leave it out")
        self.gate = Gate(
            space, kind=gate, shares=shares, width=gate_width, hidden=gate_hidden, temperature=gate_temperature
        )
        self.strength = nn.Parameter(torch.tensor(float(strength)))
        self.neutral = nn.Parameter(torch.randn(space.modalities, space.dim))

    def terms(self) -> list[Term]:
        """List one term per target, from all others to it."""
        everyone = range(self.space.modalities)
        share = 1 / self.space.modalities
        return [Term(tuple(m for m in everyone if m != t), (t,), share, symmetric=False) for t in everyone]

    def defines(self, query: tuple[int, ...], key: tuple[int, ...]) -> bool:
        """Tell whether one side is a single modality and the other all others."""
        return len(query) + len(key) == self.space.modalities and 1 in (len(query), len(key))

    def scale(self) -> float | Tensor:
        """Return the logit scale times the root of the width, once for each modality after the first."""
        return super().scale() * self.space.dim ** ((self.space.modalities - 1) / 2)

    def scales(self) -> list[nn.Parameter]:
        """List the logit scale, and the strength and temperature of the gate."""
        return [*super().scales(), self.strength, self.gate.log_temperature]

    def score(self, query: View, key: View) -> Tensor:
        """Return the gated product; of fewer than all modalities the product of what is there."""
        if not self.defines(query.modalities, key.modalities):
            return inner_product(query, key)
        target, others, flipped = single_side(query, key)
        found = self._gated(others, target)
        return found if flipped else found.mT

    def term_loss(self, term: Term, batch: EmbeddedBatch) -> Tensor:
        """Return the InfoNCE of one target."""
        if self.negatives == PAIR:
            return super().term_loss(term, batch)
        (target,), tables, neutral = term.key, list(batch.embeddings), normalize(self.neutral, dim=-1)
        for m, every in zip(term.query, self._trust(batch.view(term.query), batch.view(term.key)), strict=True):
            own = every.diagonal(dim1=-2, dim2=-1).unsqueeze(-1)  # Of each sample by its own target.
            tables[m] = normalize(own * tables[m] + (1 - own) * neutral[m], dim=-1)
        aligned = EmbeddedBatch(batch.features, tables, shuffle=batch.shuffle)
        return NEGATIVES[self.negatives](inner_product, self.scale(), anchored_term(target, self.space), aligned)

    def _trust(self, others: View, target: View) -> list[Tensor]:
        """Return the share of its own vector that each row of the others keeps, (..., rows, targets) per member."""
        alpha = _same(torch.sigmoid, self.strength)
        return [1 - alpha + alpha * weight for weight in self.gate(others, target)]

    def _gated(self, others: View, target: View) -> Tensor:
        """Score rows of all others against rows of a target, shape (..., rows, targets)."""
        neutral = normalize(self.neutral, dim=-1)
        parts = [(own, 1 - own) for own in self._trust(others, target)]  # Of the vector, and of the neutral direction.
        lengths = [self._length(others, at, *both, neutral) for at, both in enumerate(parts)]
        total = sum(self._products(others, target, parts, neutral), torch.zeros((), dtype=neutral.dtype))
        return total / reduce(torch.mul, lengths)

    def _length(self, others: View, at: int, own: Tensor, none: Tensor, neutral: Tensor) -> Tensor:
        table, direction = others.embeddings[at], neutral[..., None, others.modalities[at], :]
        each = (table.square().sum(-1, keepdim=True), (table * direction).sum(-1, keepdim=True))
        square, along = (others.lay_out(one, at) for one in each)
        return (own.square() * square + none.square() + 2 * own * none * along).clamp(min=SHORTEST).sqrt()

    def _products(
        self, others: View, target: View, parts: list[tuple[Tensor, Tensor]], neutral: Tensor
    ) -> Iterator[Tensor]:
        """Yield each choice of vector or neutral direction, weighted: the product of sums, written out."""
        key = target.embedding(target.modalities[0])
        for choice in product((0, 1), repeat=len(parts)):
            tables = [
                neutral[..., m, None, :].expand_as(table) if taken else table
                for m, table, taken in zip(others.modalities, others.embeddings, choice, strict=True)
            ]
            weight = reduce(torch.mul, [both[taken] for both, taken in zip(parts, choice, strict=True)])
            yield weight * (others.product(tables) @ key.mT)


def _same(function: Callable[[Tensor], Tensor], number: Tensor) -> Tensor:
    """Return a function of a number per model, shape (..., 1, 1), to the last bit whatever the size of the stack."""
    return function(number.double()).to(number.dtype)[..., None, None]
