"""Videos seen frame by frame: what is made of each frame by itself is averaged at the end, and not at the beginning."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core.encoders import AveragedFrames
from confu_core.inputs.spec import Frames
from confu_core.media.findings import Findings, once
from confu_core.media.model import embed_all, embed_modality, with_modality
from confu_core.media.task import Kind
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.view import View
from confu_core.model import Model
from confu_core.user_code import in_evaluation

VIDEO = 3  # Axes of the tables of a video, (frames, n, width); those of others have two.


def model_on_videos(model: Model, inputs: Mapping[str, Kind], *, framewise: bool) -> Model:
    """Return a model that takes videos where it takes pictures: their frames one by one, or all by mean features."""
    videos = [at for at, kind in enumerate(inputs.values()) if isinstance(kind, Frames)]
    model = copy.deepcopy(model) if videos else model
    for at in videos:
        encoder = model.encoders[at]
        of_pictures = encoder.encoder if isinstance(encoder, AveragedFrames) else encoder
        model.encoders[at] = of_pictures if framewise else AveragedFrames(of_pictures)
    return model


@dataclass(frozen=True)
class FramewiseFindings(Findings):
    """Findings of a model that takes pictures, on videos.

    A single modality is the mean of the embeddings of its frames, brought to length 1. Where a method makes one vector
    of several modalities, such as ConFu's fused one, it is the mean of those vectors, brought to their length, mostly
    1; scores are linear in it. Where a method has a score of several modalities but no such vector, the mean embedding
    stands for the video.
    """

    @once
    def embedded(self, split: str) -> EmbeddedBatch:
        """Return the embeddings of a split; in tables of videos the frames are a leading axis."""
        task = self.task
        arrays = {name: task.arrays.array(split, name) for name in task.modalities if name not in task.absent}
        first = {name: rows[:, 0] if self._of_video(name) else rows for name, rows in arrays.items()}
        batch = embed_all(self.model, [first.get(name) for name in task.modalities])
        for at, name in enumerate(task.modalities):
            if name in arrays and self._of_video(name):
                rows = arrays[name]
                others = [embed_modality(self.model, at, rows[:, number]) for number in range(1, rows.shape[1])]
                frames = [(batch.features[at], batch.embeddings[at]), *others]
                features, embeddings = (torch.stack(tables) for tables in zip(*frames, strict=True))
                batch = with_modality(batch, at, (features, embeddings))
        return batch

    def frames(self, split: str) -> Iterator[tuple[str, float, EmbeddedBatch]]:
        """Yield what each frame is told by, its place or its second, and the embeddings of a split with it alone."""
        batch = self.embedded(split)
        videos = [kind for kind in self.task.inputs.values() if isinstance(kind, Frames)]
        for number in range(videos[0].count if videos else 0):
            yield (*videos[0].moment(number), batch.each(partial(_frame, number=number)))

    def scores(self, query: View, key: View) -> Tensor:
        """Return the method's scores of what is averaged over frames."""
        for side in (query, key):
            if (vectors := self._vectors(side)) is not None:
                pairs = [(one, key) if side is query else (query, one) for one in _each(side)]
                mean = torch.stack([super(FramewiseFindings, self).scores(*pair) for pair in pairs]).mean(0)
                longer = _stretch(vectors)
                return mean * (longer if side is query else longer.mT)
        return super().scores(_averaged(query), _averaged(key))

    def single(self, view: View) -> View:
        """Return a view with one embedding of each modality."""
        return _averaged(view)

    def fused(self, view: View) -> Tensor | None:
        """Return the one vector that the method makes of several modalities, averaged over frames."""
        vectors = self._vectors(view)
        return super().fused(_averaged(view)) if vectors is None else vectors.mean(0) * _stretch(vectors)

    def _of_video(self, name: str) -> bool:
        return isinstance(self.task.inputs[name], Frames)

    def _vectors(self, view: View) -> Tensor | None:
        """Return the method's vectors of a video's frames with others, (frames, n, dim); None where it makes none."""
        if len(view.modalities) == 1 or not _holds_video(view):
            return None
        method = self.model.method
        with in_evaluation(method), torch.no_grad():
            vectors = [method.embed(one) for one in _each(view)]
        known = [one for one in vectors if one is not None]
        return torch.stack(known) if known else None


def _holds_video(view: View) -> bool:
    return any(table.dim() == VIDEO for table in view.embeddings)


def _each(view: View) -> list[View]:
    """Return a view for each frame."""
    count = max(len(table) for table in view.embeddings if table.dim() == VIDEO)
    return [
        View(
            view.modalities,
            tuple(_frame(table, number) for table in view.features),
            tuple(_frame(table, number) for table in view.embeddings),
        )
        for number in range(count)
    ]


def _stretch(vectors: Tensor) -> Tensor:
    """Return what brings the mean over frames to the mean length of their vectors, (n, 1)."""
    lengths, shorter = (one.norm(dim=-1, keepdim=True) for one in (vectors, vectors.mean(0)))
    return lengths.mean(0) / shorter.clamp(min=torch.finfo(vectors.dtype).tiny)


def _frame(table: Tensor, number: int) -> Tensor:
    return table[number] if table.dim() == VIDEO else table


def _averaged(view: View) -> View:
    if not _holds_video(view):
        return view
    features = tuple(table.mean(0) if table.dim() == VIDEO else table for table in view.features)
    embeddings = (normalize(one.mean(0), dim=-1) if one.dim() == VIDEO else one for one in view.embeddings)
    return View(view.modalities, features, tuple(embeddings))
