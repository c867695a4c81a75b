"""What a method is: how it scores a query against keys, and which terms its loss sums.

Training, finite-support reduction, stacked cells, retrieval and reports follow from the score alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import torch
from torch import Tensor, nn

from confu_core.errors import InvalidValue, MethodError
from confu_core.info_nce import info_nce, pairwise_sigmoid, symmetric_info_nce
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.view import View
from confu_core.settings import Dial

LARGEST_SCALE = 100.0
LOSSES = ("infonce", "sigmoid")
FIRST_BIAS = -10.0  # Of the sigmoid loss.


@dataclass(frozen=True)
class Space:
    """The spaces that a method works in.

    Attributes
    ----------
    modalities : int
        How many modalities.
    features : int or tuple of int
        Width of the encoders' unprojected features: the same for all modalities, or one for each.
    dim : int
        Width of the shared embedding space.
    tokens : int or tuple of int
        How many tokens the features of a modality are, side by side.
    classes : int
        How many classes samples are of; 0 where the data have none.

    Examples
    --------
    >>> Space(3, 64, 16).widths
    (64, 64, 64)
    """

    modalities: int
    features: int | tuple[int, ...]
    dim: int
    tokens: int | tuple[int, ...] = 1
    classes: int = 0

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of the features of each modality."""
        return (self.features,) * self.modalities if isinstance(self.features, int) else self.features

    @property
    def token_counts(self) -> tuple[int, ...]:
        """Number of tokens of each modality."""
        return (self.tokens,) * self.modalities if isinstance(self.tokens, int) else self.tokens


@dataclass(frozen=True)
class Term:
    """One contrastive term of a loss.

    Attributes
    ----------
    query, key : tuple of int
        Modalities on either side, ascending.
    weight : float
        Factor in the sum.
    symmetric : bool
        Whether keys are contrasted with queries as well as queries with keys.
    """

    query: tuple[int, ...]
    key: tuple[int, ...]
    weight: float
    symmetric: bool = True

    @property
    def name(self) -> str:
        """The term in words, such as ``"0+2->1"``."""
        return f"{'+'.join(map(str, self.query))}->{'+'.join(map(str, self.key))}"


def pairs(modalities: int) -> list[tuple[tuple[int], tuple[int]]]:
    """List all pairs of modalities as query and key.

    Parameters
    ----------
    modalities : int
        How many there are.

    Returns
    -------
    list of (tuple of int, tuple of int)
        In lexical order.

    Examples
    --------
    >>> pairs(3)
    [((0,), (1,)), ((0,), (2,)), ((1,), (2,))]
    """
    return [((i,), (j,)) for i, j in combinations(range(modalities), 2)]


def every_direction(modalities: int, order: int) -> list[tuple[tuple[int, ...], tuple[int]]]:
    """List all queries of ``order`` modalities with every key outside them.

    Parameters
    ----------
    modalities : int
        How many there are.
    order : int
        Size of the query.

    Returns
    -------
    list of (tuple of int, tuple of int)
        In lexical order.

    Examples
    --------
    >>> every_direction(3, 2)
    [((0, 1), (2,)), ((0, 2), (1,)), ((1, 2), (0,))]
    """
    return [
        (query, (key,))
        for query in combinations(range(modalities), order)
        for key in range(modalities)
        if key not in query
    ]


class Method(nn.Module):
    """Base of every method; a subclass defines `score`, and `terms` if the default is not meant.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    temperature : float
        Divides the score in the loss; above 0.
    learn_temperature : bool
        Whether it is learned, from this value on, through its logarithm.
    label_smoothing : float
        Share of the target spread evenly over the keys of the batch, in [0, 1).
    loss : {"infonce", "sigmoid"}, optional
        What is made of the scores of a term; InfoNCE by default. ``"sigmoid"`` is SigLIP's (arXiv 2303.15343), whose
        scale and bias are both learned, the bias from -10 on. A method with a loss of its own has no other.

    Attributes
    ----------
    broadcasts : bool
        Whether `score` works with leading axes before (rows, dim) and treats every row by itself. If so, runs
        on data with a finite support take the short way, and many cells train in one stack; the numbers are
        the same. Off unless a method says so.
    bounds : tuple of (float, float) or None
        What the score of a term cannot fall below or exceed, if that is known; it only makes the loss cheaper.
    views : {1, 2}
        How many views of each sample training draws, changed independently; the second is `EmbeddedBatch.second`.
    tokens : int
        Into how many tokens encoders that can divide what they see, the built-in ones of pictures, sounds, texts and
        sequences; `Space.token_counts` says what came of it.
    projects : bool
        Whether `project` stands in for the model's linear maps into the shared space.
    labelled : bool
        Whether training needs the class of each sample, `EmbeddedBatch.labels`, of which there are `Space.classes`.
    ours : str
        Which scores are this toolkit's and not those of the method's paper, in words; empty if none are.
    partial : bool or None
        Whether `losses` takes samples of which modalities are missing, `EmbeddedBatch.present`; by default it is where
        `losses` is not overridden, since a term takes the samples that have its modalities. Others get whole ones.
    own_loss : bool or None
        Whether the loss is another than what is made of the scores of each term, so that it cannot be a sigmoid; by
        default it is where `term_loss` or `losses` is overridden.
    """

    broadcasts: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float] | None] = None
    views: ClassVar[int] = 1
    tokens: ClassVar[int] = 1
    projects: ClassVar[bool] = False
    labelled: ClassVar[bool] = False
    ours: ClassVar[str] = ""
    partial: ClassVar[bool | None] = None
    own_loss: ClassVar[bool | None] = None

    def __init__(
        self,
        space: Space,
        *,
        temperature: float = 0.07,
        learn_temperature: bool = False,
        label_smoothing: float = 0.0,
        loss: str | None = None,
    ) -> None:
        super().__init__()
        Dial(above=0).checked("temperature", temperature)
        Dial(low=0, below=1).checked("label_smoothing", label_smoothing)
        if self.labelled and not space.classes:
            name = type(self).__name__
            raise InvalidValue(f"{name} learns from classes, and these data have none; use it in birdmml run")
        self._check_loss(loss, label_smoothing)
        sigmoid = loss == "sigmoid"
        self.space = space
        self.label_smoothing = label_smoothing
        learned = learn_temperature or sigmoid
        self.fixed_scale = None if learned else 1 / temperature
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature))) if learned else None
        self.logit_bias = nn.Parameter(torch.tensor(FIRST_BIAS)) if sigmoid else None

    def _check_loss(self, loss: str | None, label_smoothing: float) -> None:
        if loss is not None:
            Dial(choices=LOSSES).checked("loss", loss)
        own = self.own_loss
        if own is None:
            own = any(getattr(type(self), name) is not getattr(Method, name) for name in ("term_loss", "losses"))
        if loss == "sigmoid" and own:
            raise InvalidValue(f"{type(self).__name__} has a loss of its own; got loss 'sigmoid': leave it out")
        if loss == "sigmoid" and label_smoothing:
            asked = f"got label_smoothing {label_smoothing}: add -o label_smoothing=0"
            raise InvalidValue(f"the sigmoid loss has no label smoothing; {asked}")

    @property
    def takes_partial(self) -> bool:
        """Whether `losses` takes samples of which modalities are missing."""
        return type(self).losses is Method.losses if self.partial is None else self.partial

    def score(self, query: View, key: View) -> Tensor:
        """Score every row of a query against every row of a key; higher is better.

        Parameters
        ----------
        query, key : View
            Rows seen through one or more modalities.

        Returns
        -------
        Tensor, shape (..., query rows, key rows)
            Before division by the temperature.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no score")

    def scores(self, batch: EmbeddedBatch, query: tuple[int, ...], key: tuple[int, ...]) -> Tensor:
        """Score two views of a batch, and see that there is a score for every pair of their rows."""
        scores = self.score(batch.view(query), batch.view(key))
        wanted = (batch.row_count(query), batch.row_count(key))
        if not isinstance(scores, Tensor) or scores.shape[-2:] != wanted:
            got = tuple(scores.shape[-2:]) if isinstance(scores, Tensor) else type(scores).__name__
            direction = "->".join("+".join(map(str, side)) for side in (query, key))
            what = f"{type(self).__name__}.score must return (query rows, key rows), {wanted} for {direction}"
            raise MethodError(f"{what}; got {got}")
        return scores

    def terms(self) -> Sequence[Term]:
        """List the terms of the loss.

        Returns
        -------
        sequence of Term
            By default every direction from 1->1 (each pair once) to (M-1)->1, with equal weights that add up
            to 1.
        """
        every = pairs(self.space.modalities)
        wide = [d for k in range(2, self.space.modalities) for d in every_direction(self.space.modalities, k)]
        return [Term(query, key, 1 / len([*every, *wide])) for query, key in [*every, *wide]]

    def step_terms(self) -> Sequence[Term]:
        """List the terms of the next loss; all of `terms`, unless a method draws some of them for a step of training.

        Returns
        -------
        sequence of Term
            Weighted so that their loss is on average that of all.
        """
        return self.terms()

    def defines(self, query: tuple[int, ...], key: tuple[int, ...]) -> bool:
        """Tell whether the method itself defines the score of a direction.

        Parameters
        ----------
        query, key : tuple of int
            Modalities.

        Returns
        -------
        bool
            If False the score is a fallback, and reports mark it.
        """
        return True

    def embed(self, query: View) -> Tensor | None:
        """Return the one vector that the method itself makes of a query, for probes that know nothing of scores.

        Parameters
        ----------
        query : View
            Rows seen through one or more modalities.

        Returns
        -------
        Tensor, shape (..., query rows, width), or None
            By default the embedding of a single modality, and None for several: what tables show of the method's own
            vector is then empty.
        """
        return query.embedding(query.modalities[0]) if len(query.modalities) == 1 else None

    def classify(self, query: View) -> Tensor | None:
        """Score every class for each row of a query, where the method does so itself; higher is better.

        Parameters
        ----------
        query : View
            Rows seen through one or more modalities.

        Returns
        -------
        Tensor, shape (..., query rows, classes), or None
            By default None: classes are told by the texts that describe them, or by probes where none do.
        """
        return None

    def project(self, modality: int, features: Tensor) -> Tensor:
        """Return the embeddings of one modality, where a method `projects`: views have them as `View.embedding`.

        Parameters
        ----------
        modality : int
            Which.
        features : Tensor, shape (..., rows, feature width)
            What its encoder yields.

        Returns
        -------
        Tensor, shape (..., rows, width)
            One vector per row.
        """
        raise NotImplementedError(f"{type(self).__name__} projects, but defines no project")

    def scale(self) -> float | Tensor:
        """Return what multiplies scores in the loss: one over the temperature, at most 100 if learned.

        Returns
        -------
        float or Tensor, shape (..., 1, 1)
            A number if fixed.
        """
        if self.log_scale is None:
            assert self.fixed_scale is not None
            return self.fixed_scale
        # In double precision, since the vectorised and the plain exponential differ in the last bit of single
        # precision: a cell would depend on the size of its stack.
        scale = self.log_scale.double().clamp(max=math.log(LARGEST_SCALE)).exp()
        return scale.to(self.log_scale.dtype)[..., None, None]

    def scales(self) -> list[nn.Parameter]:
        """List the learned scales and biases of the method, through which its scores pass on their way to the loss.

        They are trained at a rate of their own and without weight decay. A method with more of them than the
        temperature, such as a logit bias, adds its own.

        Returns
        -------
        list of Parameter, each of shape ()
            Empty where the temperature is fixed. In a stack each has one number per model.
        """
        return [own for own in (self.log_scale, self.logit_bias) if own is not None]

    def after_step(self, done: int, steps: int) -> None:
        """Take note of a step of training, for schedules and averages of the method's own; nothing by default.

        What it keeps from step to step should be a buffer of the module, so that a checkpoint holds it.

        Parameters
        ----------
        done, steps : int
            Steps done, at least 1, and in all.
        """

    def total_correlation_bound(self, batch: EmbeddedBatch) -> float | None:
        """Bound the total correlation of all modalities at once, where the method's score does so.

        Parameters
        ----------
        batch : EmbeddedBatch
            Held-out samples over a finite support.

        Returns
        -------
        float or None
            In nats; None if the method has no such bound of its own.
        """
        return None

    def term_loss(self, term: Term, batch: EmbeddedBatch) -> Tensor:
        """Return one term of the loss, not yet weighted.

        Parameters
        ----------
        term : Term
            Which one.
        batch : EmbeddedBatch
            Embedded rows.

        Returns
        -------
        Tensor, shape (...)
            In nats.
        """
        scores = self.scores(batch, term.query, term.key)
        counts, scale = batch.counts(term.query, term.key), self.scale()
        if self.logit_bias is not None:
            return pairwise_sigmoid(scale * scores + self.logit_bias[..., None, None], counts)
        if not term.symmetric:
            return info_nce(scale * scores, counts, label_smoothing=self.label_smoothing)
        return symmetric_info_nce(scores, counts, label_smoothing=self.label_smoothing, scale=scale, bounds=self.bounds)

    def losses(self, batch: EmbeddedBatch) -> dict[str, Tensor]:
        """Return the weighted terms of the loss by name; the loss is their sum.

        Parameters
        ----------
        batch : EmbeddedBatch
            Embedded rows.

        Returns
        -------
        dict of str to Tensor, shape (...)
            In nats.
        """
        found = {}
        for term in self.step_terms():
            whole = batch.having((*term.query, *term.key))
            # A sample without another to be told from says nothing.
            loss = self.term_loss(term, whole) if whole.size > 1 else 0 * batch.embeddings[0].sum()
            found[term.name] = term.weight * loss
        return found
