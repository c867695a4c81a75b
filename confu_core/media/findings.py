"""What a trained model makes of a split: its embeddings, the classes it takes samples for, and a few to look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor

from confu_core.errors import InvalidValue, MethodError
from confu_core.evaluation.classification import MEAN, ZeroShot, zero_shot
from confu_core.evaluation.probes import Labelled, correct_on_test, linear_probe, mlp_probe
from confu_core.inputs.spec import Text
from confu_core.media.embed import embed_all, embed_modality, with_modality
from confu_core.media.task import TEST, MediaTask, query_name
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.view import View
from confu_core.model import Model
from confu_core.user_code import in_evaluation

__all__ = ["FUSED", "LINEAR", "PROBES", "Findings", "equal_rows", "examples_of", "headline_probe"]

LINEAR, BILINEAR, MLP, FUSED = "linear", "bilinear", "MLP", "fused"
PROBES = (LINEAR, BILINEAR, MLP, FUSED)
PER_KIND = 3  # Examples.


def headline_probe(modalities: int) -> str:
    """Return the kind of probe that tells the class where no text describes it, the same for every method."""
    return BILINEAR if modalities > 1 else LINEAR


@dataclass(frozen=True)
class Findings:
    """A trained model on a task.

    Attributes
    ----------
    task : MediaTask
        The task.
    model : Model
        Trained.
    """

    task: MediaTask
    model: Model

    def embedded(self, split: str) -> EmbeddedBatch:
        """Return the embeddings of a split; computed once."""
        if split not in self._splits:
            self._splits[split] = self._embed(split)
        return self._splits[split]

    def _embed(self, split: str) -> EmbeddedBatch:
        task = self.task
        inputs = [None if name in task.absent else task.arrays.array(split, name) for name in task.modalities]
        return embed_all(self.model, inputs)

    def alike(self, modality: str) -> np.ndarray:
        """Return numbers of the test samples, one for all that are equal in a modality."""
        return equal_rows(self.task.arrays.array(TEST, modality))

    @cached_property
    def _splits(self) -> dict[str, EmbeddedBatch]:
        return {}

    @cached_property
    def prompts(self) -> View:
        """The embedded texts that describe classes."""
        text = self.task.text
        assert text is not None and self.task.arrays.tokenizer is not None
        kind = list(self.task.inputs.values())[text]
        assert isinstance(kind, Text)
        ids = self.task.arrays.tokenizer.encode([prompt for prompt, _ in self.task.prompts], kind.length)
        features, embeddings = embed_modality(self.model, text, ids)
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
        """Tell the class of samples by the prompts that describe classes.

        Parameters
        ----------
        batch : EmbeddedBatch
            The samples.
        query : tuple of int
            What of them is seen.
        labels : ndarray of int, shape (n,)
            Their classes.
        ensemble : str
            How the prompts of a class are read together; see `confu_core.evaluation.classification.class_scores`.

        Returns
        -------
        ZeroShot
            With whether each sample is right.
        """
        if not self.task.prompts:
            raise InvalidValue("classes have no descriptions; zero-shot needs a text modality and prompts")
        scores, described = self.scores(batch.view(query), self.prompts), [label for _, label in self.task.prompts]
        with torch.no_grad():
            scale = float(self.model.method.scale())
        return zero_shot(scores, described, labels, len(self.task.classes), ensemble=ensemble, scale=scale)

    def told(self, split: str, query: tuple[int, ...], ensemble: str = MEAN) -> ZeroShot:
        """Tell the class of the samples of a split; computed once."""
        place = (split, query, ensemble)
        if place not in self._told:
            self._told[place] = self.classified(self.embedded(split), query, self.task.labels(split), ensemble)
        return self._told[place]

    @cached_property
    def _told(self) -> dict[tuple[str, tuple[int, ...], str], ZeroShot]:
        return {}

    def defines(self, query: tuple[int, ...]) -> bool:
        """Return whether the class is told by what the method itself defines: its score; probes suit every method."""
        return self.task.text is None or not self.task.prompts or self.model.method.defines(query, (self.task.text,))

    def probed(self, query: tuple[int, ...], kind: str) -> np.ndarray | None:
        """Return whether a probe on a query gets each test sample right; computed once.

        Parameters
        ----------
        query : tuple of int
            Modalities.
        kind : str
            One of `PROBES`.

        Returns
        -------
        ndarray of float64, shape (n,), or None
            A sample of a class that the training split lacks is wrong. None where there is no such probe: of one
            modality there are ``linear`` and ``MLP``, and ``fused`` only where the method has a vector of its own.
        """
        if (query, kind) not in self._probed:
            sets = [self.labelled(split, query, kind) for split in ("train", "validation", TEST)]
            known = [one for one in sets if one is not None]
            self._probed[query, kind] = (
                correct_on_test(mlp_probe if kind == MLP else linear_probe, *known) if known else None
            )
        return self._probed[query, kind]

    @cached_property
    def _probed(self) -> dict[tuple[tuple[int, ...], str], np.ndarray | None]:
        return {}

    def labelled(self, split: str, query: tuple[int, ...], kind: str = LINEAR) -> Labelled | None:
        """Return what a kind of probe sees of a query, with the classes; None where there is no such probe."""
        found = self.vectors(split, query, kind)
        return None if found is None else Labelled(found.numpy(), self.task.labels(split))

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
        method, view = self.model.method, self.embedded(split).view(query)
        with in_evaluation(method), torch.no_grad():
            if kind == FUSED:
                return method.embed(view)
            return with_products(view) if kind == BILINEAR else side_by_side(view)

    def replaced(self, split: str, modality: int, rows: np.ndarray) -> EmbeddedBatch:
        """Return the embeddings of a split with other inputs in one modality."""
        return with_modality(self.embedded(split), modality, embed_modality(self.model, modality, rows))

    def shuffled(self, split: str, modality: int, order: np.ndarray) -> EmbeddedBatch:
        """Return the embeddings of a split with the samples of one modality in another order."""
        batch, taken = self.embedded(split), torch.from_numpy(order)
        return with_modality(batch, modality, (batch.features[modality][taken], batch.embeddings[modality][taken]))


def side_by_side(view: View) -> Tensor:
    """Return the embeddings of a query one beside the other: a linear probe adds up what each modality says."""
    return torch.cat([view.embedding(m) for m in view.modalities], -1)


def with_products(view: View) -> Tensor:
    """Return the embeddings of a query, and after them the products of every two, entry by entry.

    A linear probe of it can tell what only two modalities together say, such as their XOR.
    """
    products = [view.embedding(one) * view.embedding(two) for one, two in combinations(view.modalities, 2)]
    return torch.cat([side_by_side(view), *products], -1)


def equal_rows(rows: np.ndarray) -> np.ndarray:
    """Give rows with equal bytes equal numbers."""
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(np.ascontiguousarray(row).tobytes(), len(first)) for row in rows])


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
