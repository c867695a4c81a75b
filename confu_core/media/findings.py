"""What a trained model makes of a split: its embeddings, and the classes it takes samples for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from confu_core.errors import InvalidValue, MethodError
from confu_core.evaluation.embeddings import QueryEmbedding, query_embedding
from confu_core.evaluation.labelled import Labelled
from confu_core.evaluation.method_errors import in_evaluation
from confu_core.evaluation.probes import linear_probe
from confu_core.evaluation.zero_shot import ZeroShot, zero_shot
from confu_core.inputs.spec import Text
from confu_core.media.embed import embed_all, embed_modality, with_modality
from confu_core.media.task import MediaTask
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.view import View
from confu_core.model import Model

__all__ = ["Findings"]


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
            self._splits[split] = embed_all(self.model, self.inputs(split))
        return self._splits[split]

    def inputs(self, split: str) -> list[np.ndarray]:
        """Return the raw inputs of a split, one array per modality."""
        return [self.task.arrays.array(split, name) for name in self.task.modalities]

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
        """Return the method's scores, on the CPU.

        Raises
        ------
        MethodError
            If the method raises an error of its own, or a score is not finite.
        """
        method = self.model.method
        with in_evaluation(method), torch.no_grad():
            scores = method.score(query, key)
        if not scores.isfinite().all():
            members = "+".join(map(str, query.modalities))
            raise MethodError(f"the scores of {type(method).__name__} for {members} are not finite after training")
        return scores

    def classified(self, batch: EmbeddedBatch, query: tuple[int, ...], labels: np.ndarray) -> ZeroShot:
        """Tell the class of samples by the prompts that describe classes.

        Parameters
        ----------
        batch : EmbeddedBatch
            The samples.
        query : tuple of int
            What of them is seen.
        labels : ndarray of int, shape (n,)
            Their classes.

        Returns
        -------
        ZeroShot
            With whether each sample is right.
        """
        if not self.task.prompts:
            raise InvalidValue("classes have no descriptions; zero-shot needs a text modality and prompts")
        scores = self.scores(batch.view(query), self.prompts)
        return zero_shot(scores, [label for _, label in self.task.prompts], labels, len(self.task.classes))

    def told(self, split: str, query: tuple[int, ...]) -> ZeroShot:
        """Tell the class of the samples of a split; computed once."""
        if (split, query) not in self._told:
            self._told[split, query] = self.classified(self.embedded(split), query, self.task.labels(split))
        return self._told[split, query]

    @cached_property
    def _told(self) -> dict[tuple[str, tuple[int, ...]], ZeroShot]:
        return {}

    def probed(self, query: tuple[int, ...]) -> np.ndarray:
        """Return whether a linear probe on a query gets each test sample right; computed once.

        A sample of a class that the training split lacks is wrong.
        """
        if query not in self._probed:
            train, validation, test = (self.labelled(split, query) for split in ("train", "validation", "test"))
            known, seen = (np.isin(one.labels, train.labels) for one in (test, validation))
            correct = np.zeros(len(known))
            correct[known] = linear_probe(train, _only(validation, seen), _only(test, known)).correct
            self._probed[query] = correct
        return self._probed[query]

    @cached_property
    def _probed(self) -> dict[tuple[int, ...], np.ndarray]:
        return {}

    def labelled(self, split: str, query: tuple[int, ...]) -> Labelled:
        """Return the vectors of a query with the classes, for classifiers."""
        return Labelled(self.vectors(split, query).vectors.numpy(), self.task.labels(split))

    def right(self, query: tuple[int, ...]) -> np.ndarray:
        """Return whether each test sample's class is told: by descriptions, or a probe where there are none."""
        return self.told("test", query).correct if self.task.prompts else self.probed(query)

    def vectors(self, split: str, query: Sequence[int]) -> QueryEmbedding:
        """Return one vector per sample of a split for a query, for probes."""
        with in_evaluation(self.model.method), torch.no_grad():
            return query_embedding(self.model.method, self.embedded(split).view(tuple(query)))

    def replaced(self, split: str, modality: int, rows: np.ndarray) -> EmbeddedBatch:
        """Return the embeddings of a split with other inputs in one modality."""
        return with_modality(self.embedded(split), modality, embed_modality(self.model, modality, rows))

    def shuffled(self, split: str, modality: int, order: np.ndarray) -> EmbeddedBatch:
        """Return the embeddings of a split with the samples of one modality in another order."""
        batch, taken = self.embedded(split), torch.from_numpy(order)
        return with_modality(batch, modality, (batch.features[modality][taken], batch.embeddings[modality][taken]))


def _only(samples: Labelled, rows: np.ndarray) -> Labelled:
    return Labelled(np.asarray(samples.embeddings)[rows], np.asarray(samples.labels)[rows])
