"""A model: one encoder and one projection per modality, and a method over what they yield."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from confu_core.layers import Linear
from confu_core.methods.base import Method, Space
from confu_core.methods.batch import EmbeddedBatch, Shuffle


class Model(nn.Module):
    """Encoders, projections and a method.

    Parameters
    ----------
    encoders : sequence of Module
        One per modality; each maps its inputs to features of shape (..., rows, features). If it has ``parts``, its
        features are so many tokens side by side.
    features : int or tuple of int
        Width of the features: the same for all modalities, or one for each.
    dim : int
        Width of the shared embedding space.
    method : callable of Space to Method
        Makes the method.
    classes : int
        How many classes samples are of, if the data have classes.

    Examples
    --------
    >>> from confu_core.encoders import vector_encoder
    >>> from confu_core.methods.clip import CLIP
    >>> encoders = [vector_encoder(5, 64, 2)[0] for _ in range(3)]
    >>> model = Model(encoders, 64, 16, CLIP)
    >>> model.embed([torch.ones(4, 5)] * 3).embeddings[0].shape
    torch.Size([4, 16])
    """

    def __init__(
        self,
        encoders: Sequence[nn.Module],
        features: int | tuple[int, ...],
        dim: int,
        method: Callable[[Space], Method],
        classes: int = 0,
    ) -> None:
        super().__init__()
        tokens = tuple(getattr(encoder, "parts", 1) for encoder in encoders)
        space = Space(len(encoders), features, dim, tokens, classes)
        self.encoders = nn.ModuleList(encoders)
        self.projections = nn.ModuleList(Linear(width, dim) for width in space.widths)
        self.method = method(space)
        if self.method.projects:
            self.projections = nn.ModuleList()

    def embed(
        self, inputs: Sequence[Tensor], codes: Tensor | None = None, shuffle: Shuffle | None = None
    ) -> EmbeddedBatch:
        """Embed the rows of a batch.

        Parameters
        ----------
        inputs : sequence of Tensor, shape (..., rows, width)
            One per modality: the samples, or the distinct inputs of a finite support.
        codes : Tensor of int64, shape (..., n, modalities), optional
            The rows that make up each sample, for a finite support.
        shuffle : callable, optional
            See `EmbeddedBatch`.

        Returns
        -------
        EmbeddedBatch
            What the method scores.
        """
        features = [encode(x) for encode, x in zip(self.encoders, inputs, strict=True)]
        embeddings = [self.project(m, h) for m, h in enumerate(features)]
        return EmbeddedBatch(features, embeddings, codes, shuffle)

    def project(self, modality: int, features: Tensor) -> Tensor:
        """Map the features of one modality into the shared space: by the method, or linearly and to length 1.

        Parameters
        ----------
        modality : int
            Which.
        features : Tensor, shape (..., rows, feature width)
            What its encoder yields.

        Returns
        -------
        Tensor, shape (..., rows, dim)
            Embeddings.
        """
        if self.method.projects:
            return self.method.project(modality, features)
        return normalize(self.projections[modality](features), dim=-1)

    @property
    def row_by_row(self) -> bool:
        """Whether a row is embedded and scored by itself: a method that says so, one view, no dropout or labels."""
        drops = any(isinstance(module, nn.Dropout) and module.p > 0 for module in self.modules())
        return self.method.broadcasts and not drops and not self.method.labelled and self.method.views == 1


def stack(models: Sequence[Model]) -> Model:
    """Return one model that computes many equal-shaped ones at once.

    Parameters
    ----------
    models : sequence of Model
        Equal but for the values of their parameters; their method must be one that `broadcasts`.

    Returns
    -------
    Model
        Its parameters carry a leading axis, one entry per model, and so does all that it yields. The sum of its
        losses has the gradient of each model's own loss in that model's entries.

    Examples
    --------
    >>> from confu_core.methods.clip import CLIP
    >>> model = stack([Model([nn.Identity()] * 3, 5, 16, CLIP) for _ in range(4)])
    >>> model.embed([torch.ones(2, 5)] * 3).embeddings[0].shape
    torch.Size([4, 2, 16])
    """
    together = copy.deepcopy(models[0])
    for name, parameter in together.named_parameters():
        parameter.data = torch.stack([model.get_parameter(name).data for model in models])
    return together
