"""What a trained model makes of a split, and plain features beside it: embeddings, the classes told, a few samples."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from confu_core.errors import InvalidValue, MethodError
from confu_core.evaluation.classification import MEAN, ZeroShot, class_scores, zero_shot
from confu_core.evaluation.complementarity import fusion_weights, late_fusion
from confu_core.evaluation.probes import Labelled, correct_on_test, linear_logits, linear_probe, mlp_probe
from confu_core.inputs.decode import sequence_features
from confu_core.inputs.picture import picture_features
from confu_core.inputs.sound import spectrum_features
from confu_core.inputs.spec import Frames, Picture, Sound, Text
from confu_core.inputs.spec import Sequence as Steps
from confu_core.media.model import embed_all, embed_modality, with_modality
from confu_core.media.protocol import DEFAULT, Protocol
from confu_core.media.task import TEST, Kind, MediaTask, query_name
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.view import View
from confu_core.model import Model
from confu_core.user_code import in_evaluation

LINEAR, BILINEAR, MLP, FUSED = "linear", "bilinear", "MLP", "fused"
PROBES = (LINEAR, BILINEAR, MLP, FUSED)
SPLITS = ("train", "validation", TEST)  # That probes are trained, chosen and tested on.
PER_KIND = 3  # Examples.
# Of plain features: neighbouring mel bands together, the commonest tokens of the training texts, rows at a time.
BANDS, TOKENS, BLOCK = 32, 200, 500

Rows = Callable[[np.ndarray], np.ndarray]
Result = TypeVar("Result")


def once(method: Callable[..., Result]) -> Callable[..., Result]:
    """Make a method compute its result for some arguments once."""
    count, optional = method.__code__.co_argcount - 1, method.__defaults__ or ()

    @functools.wraps(method)
    def remembered(self: Any, *given: Any) -> Result:
        given += optional[len(optional) + len(given) - count :]
        known = self.__dict__.setdefault(f"_{method.__name__}", {})
        if given not in known:
            known[given] = method(self, *given)
        return known[given]

    return remembered


def headline_probe(modalities: int) -> str:
    """Return the kind of probe that tells the class where no text describes it, the same for every method."""
    return BILINEAR if modalities > 1 else LINEAR


class LateFusion(NamedTuple):
    """The weight of each modality, and whether each test sample's class is told, of shape (n,)."""

    weights: np.ndarray
    correct: np.ndarray


@dataclass(frozen=True)
class Findings:
    """A trained model on a task, and how it is measured."""

    task: MediaTask
    model: Model
    protocol: Protocol = field(default=DEFAULT, kw_only=True)

    @once
    def embedded(self, split: str) -> EmbeddedBatch:
        """Return the embeddings of a split."""
        task = self.task
        inputs = [None if name in task.absent else task.taken(split, name) for name in task.modalities]
        return embed_all(self.model, inputs)

    def frames(self, split: str) -> Iterator[tuple[str, float, EmbeddedBatch]]:
        """Yield a split with one frame of a video at a time, where frames are told apart: none here."""
        return iter(())

    def alike(self, modality: str) -> np.ndarray:
        """Return numbers of the test samples, one for all that are equal in a modality."""
        return equal_rows(self.task.arrays.array(TEST, modality))

    @cached_property
    def prompts(self) -> View:
        """The embedded texts that describe classes."""
        text, rows = self.task.text, self.task.described
        assert text is not None
        if rows is None:
            kind, tokenizer = list(self.task.inputs.values())[text], self.task.arrays.tokenizer
            assert isinstance(kind, Text) and tokenizer is not None
            rows = tokenizer.encode([prompt for prompt, _ in self.task.prompts], kind.length)
        features, embeddings = embed_modality(self.model, text, rows)
        return View((text,), (features,), (embeddings,))

    def scores(self, query: View, key: View) -> Tensor:
        """Return the method's scores, on the CPU."""
        method = self.model.method
        with in_evaluation(method), torch.no_grad():
            scores = method.score(query, key)
        if not scores.isfinite().all():
            members = "+".join(map(str, query.modalities))
            raise MethodError(f"the scores of {type(method).__name__} for {members} are not finite after training")
        return scores

    def classified(
        self, batch: EmbeddedBatch, query: tuple[int, ...], labels: np.ndarray, ensemble: str = MEAN
    ) -> ZeroShot:
        """Tell the class of samples: by the method itself, or the prompts that describe classes, as `class_scores`."""
        if not self.task.prompts:
            raise InvalidValue("classes have no descriptions; zero-shot needs a text modality and prompts")
        method, view = self.model.method, batch.view(query)
        with in_evaluation(method), torch.no_grad():
            scores, scale = method.classify(view), float(method.scale())
        described = list(range(len(self.task.classes)))
        if scores is None:
            scores, described = self.scores(view, self.prompts), [label for _, label in self.task.prompts]
        return zero_shot(scores, described, labels, len(self.task.classes), ensemble=ensemble, scale=scale)

    @once
    def told(self, split: str, query: tuple[int, ...], ensemble: str = MEAN) -> ZeroShot:
        """Tell the class of the samples of a split."""
        return self.classified(self.embedded(split), query, self.task.labels(split), ensemble)

    def defines(self, query: tuple[int, ...]) -> bool:
        """Return whether the class is told by what the method itself defines: its score; probes suit every method."""
        return self.task.text is None or not self.task.prompts or self.model.method.defines(query, (self.task.text,))

    @once
    def probed(self, query: tuple[int, ...], kind: str) -> np.ndarray | None:
        """Return whether a probe on a query, of a kind of `PROBES`, gets each test sample right, of shape (n,).

        A sample of a class that the training split lacks is wrong. None where there is no such probe: of one modality
        there are ``linear`` and ``MLP``, and ``fused`` only where the method has a vector of its own.
        """
        known = self._sets(query, kind)
        probe = mlp_probe if kind == MLP else partial(linear_probe, **self.protocol.probe)
        return correct_on_test(probe, *known) if known else None

    def labelled(self, split: str, query: tuple[int, ...], kind: str = LINEAR) -> Labelled | None:
        """Return what a kind of probe sees of a query, with the classes; None where there is no such probe."""
        found = self.vectors(split, query, kind)
        return None if found is None else Labelled(found.numpy(), self.task.labels(split))

    def _sets(self, query: tuple[int, ...], kind: str) -> list[Labelled]:
        """Return the splits that a probe takes; none where the kind does not suit the query."""
        return [one for split in SPLITS if (one := self.labelled(split, query, kind)) is not None]

    @once
    def alone(self, modality: int) -> dict[str, np.ndarray]:
        """Return what one modality says of the classes of validation and test samples, of shape (n, classes).

        They are logarithms of probabilities, up to a constant per sample: by descriptions, the scores as the loss
        scales them; where there are none by a linear probe, of the classes that the training split has.
        """
        query, task = (modality,), self.task
        if not task.prompts:
            return self.probe_logits(query)
        described = [label for _, label in task.prompts]
        with torch.no_grad():
            scale = float(self.model.method.scale())
        scores = [self.scores(self.embedded(split).view(query), self.prompts) for split in SPLITS[1:]]
        by_class = [class_scores(one.double(), described, len(task.classes)) for one in scores]
        return {split: scale * one.numpy() for split, one in zip(SPLITS[1:], by_class, strict=True)}

    @once
    def probe_logits(self, query: tuple[int, ...]) -> dict[str, np.ndarray]:
        """Return what the probe that tells the class says of validation and test samples, as `linear_logits` does."""
        train, *others = self._sets(query, headline_probe(len(query)))  # These kinds suit every query.
        logits = linear_logits(train, others[0], *(one.embeddings for one in others))
        return dict(zip(SPLITS[1:], logits, strict=True))

    @once
    def late(self, query: tuple[int, ...]) -> LateFusion:
        """Return what `late_fusion` makes of the modalities of a query, each by itself."""
        task, tables = self.task, [self.alone(at) for at in query]
        known = np.arange(len(task.classes)) if task.prompts else np.unique(task.labels("train"))

        def told(split: str) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
            rows = np.isin(task.labels(split), known)
            return rows, [one[split][rows] for one in tables], np.searchsorted(known, task.labels(split)[rows])

        weights = fusion_weights(*told("validation")[1:])
        rows, sources, labels = told(TEST)
        fused, correct = torch.from_numpy(late_fusion(sources, weights)), np.zeros(len(rows))
        correct[rows] = zero_shot(fused, range(len(known)), labels, len(known)).correct
        return LateFusion(weights, correct)

    def right(self, query: tuple[int, ...]) -> np.ndarray:
        """Return whether each test sample's class is told: by descriptions, or a probe where there are none."""
        if self.task.prompts:
            return self.told(TEST, query).correct
        correct = self.probed(query, headline_probe(len(query)))
        assert correct is not None, "every query has the probes that need no vector of the method's own"
        return correct

    def vectors(self, split: str, query: tuple[int, ...], kind: str = LINEAR) -> Tensor | None:
        """Return one vector per sample of a split for a query, as a kind of probe sees it; None where there is none."""
        if len(query) == 1 and kind in (BILINEAR, FUSED):
            return None
        view = self.embedded(split).view(query)
        if kind == FUSED:
            return self.fused(view)
        return with_products(self.single(view)) if kind == BILINEAR else side_by_side(self.single(view))

    def single(self, view: View) -> View:
        """Return a view with one embedding of each modality, as its tables have them."""
        return view

    def fused(self, view: View) -> Tensor | None:
        """Return the one vector that the method itself makes of several modalities, if it does."""
        method = self.model.method
        with in_evaluation(method), torch.no_grad():
            return method.embed(view)

    def replaced(self, split: str, modality: int, rows: np.ndarray) -> EmbeddedBatch:
        """Return the embeddings of a split with other inputs in one modality."""
        return with_modality(self.embedded(split), modality, embed_modality(self.model, modality, rows))

    def shuffled(self, split: str, modality: int, order: np.ndarray) -> EmbeddedBatch:
        """Return the embeddings of a split with the samples of one modality in another order."""
        batch, taken = self.embedded(split), torch.from_numpy(order)
        tables = (batch.features[modality][..., taken, :], batch.embeddings[modality][..., taken, :])
        return with_modality(batch, modality, tables)


def side_by_side(view: View) -> Tensor:
    """Return the embeddings of a query one beside the other: a linear probe adds up what each modality says."""
    return torch.cat([view.embedding(m) for m in view.modalities], -1)


def with_products(view: View) -> Tensor:
    """Return the embeddings of a query, and after them the products of every two, entry by entry.

    A linear probe of it can tell what only two modalities together say, such as their XOR.
    """
    products = [view.embedding(one) * view.embedding(two) for one, two in combinations(view.modalities, 2)]
    return torch.cat([side_by_side(view), *products], -1)


def plain_correct(task: MediaTask) -> dict[tuple[int, ...], np.ndarray]:
    """Tell whether a linear probe of plain features gets each test sample right, by query: a line for training to pass.

    Pictures are histograms of colours and mean colours of places, sounds means, spreads and high quantiles of mel
    bands, sequences means and spreads, texts counts of tokens; vectors of a frozen encoder stand for themselves.
    """
    kinds = list(task.inputs.items())
    tables = {at: _features(task, *kinds[at]) for at in task.present}
    labels = [task.labels(split) for split in SPLITS]

    def seen(query: Sequence[int]) -> list[Labelled]:
        parts = [np.concatenate([tables[at][split] for at in query], axis=1) for split in range(len(SPLITS))]
        return [Labelled(part, own) for part, own in zip(parts, labels, strict=True)]

    return {query: correct_on_test(linear_probe, *seen(query)) for query in task.queries}


def _features(task: MediaTask, name: str, kind: Kind) -> list[np.ndarray]:
    """Return the features of one modality, one table per split."""
    arrays = [task.arrays.array(split, name) for split in SPLITS]
    rows = _rows(kind, arrays[0])
    blocks = [[np.asarray(one[at : at + BLOCK]) for at in range(0, len(one), BLOCK)] for one in arrays]
    return [np.concatenate([rows(block) for block in one]) for one in blocks]


def _rows(kind: Kind, train: np.ndarray) -> Rows:
    """Return what makes features of rows of a kind; `train` says which tokens are common."""
    if isinstance(kind, Frames):
        return partial(_each, lambda video: np.mean([picture_features(frame) for frame in video], axis=0))
    if isinstance(kind, Picture):
        return partial(_each, picture_features)
    if isinstance(kind, Sound):
        return _bands
    if isinstance(kind, Steps):
        return partial(_each, sequence_features)
    return partial(_counts, _common(np.asarray(train))) if isinstance(kind, Text) else np.asarray


def _each(features: Rows, rows: np.ndarray) -> np.ndarray:
    return np.stack([features(row) for row in rows])


def _bands(rows: np.ndarray) -> np.ndarray:
    n, _, frames = rows.shape
    return spectrum_features(rows.astype(np.float32).reshape(n, BANDS, -1, frames).mean(axis=2))


def _common(train: np.ndarray) -> np.ndarray:
    tokens, counts = np.unique(train, return_counts=True)
    return tokens[np.argsort(-counts, kind="stable")][:TOKENS]


def _counts(tokens: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.log1p(np.stack([(rows == token).sum(axis=1) for token in tokens], axis=1, dtype=np.float32))


def equal_rows(rows: np.ndarray) -> np.ndarray:
    """Give rows with equal bytes, or equal texts, equal numbers."""
    first: dict[Any, int] = {}
    held = (row if isinstance(row, str) else np.ascontiguousarray(row).tobytes() for row in rows)
    return np.array([first.setdefault(row, len(first)) for row in held])


def examples_of(findings: Findings) -> list[dict[str, Any]]:
    """Choose samples that a fused query alone gets right, and samples that it gets wrong."""
    task = findings.task
    if task.samples is None or not task.prompts or len(task.queries) < 3:
        return []
    told = {query_name(task, query): findings.told(TEST, query) for query in task.queries}
    *singles, fused = (one.correct > 0.5 for one in told.values())
    kinds = {"only together": fused & ~np.any(singles, axis=0), "failure": ~fused}
    chosen = [(kind, int(row)) for kind, hit in kinds.items() for row in np.flatnonzero(hit)[:PER_KIND]]
    media = task.samples(TEST, [row for _, row in chosen])
    labels = task.labels(TEST)
    return [
        {
            "kind": kind,
            **sample,
            "label": task.classes[labels[row]],
            "group": task.groups[labels[row]] if task.groups else None,
            "predicted": {name: task.classes[one.predicted[row]] for name, one in told.items()},
        }
        for (kind, row), sample in zip(chosen, media, strict=True)
    ]
