"""Encoders: what turns the raw inputs of one modality into features, trained from scratch, or the user's own."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from confu_core.errors import InvalidValue, MethodError
from confu_core.layers import perceptron
from confu_core.settings import Dial
from confu_core.steps_encoder import StepsEncoder
from confu_core.user_code import one_line, user_attribute

__all__ = [
    "AveragedFrames",
    "ConvolutionalEncoder",
    "PictureEncoder",
    "SequenceEncoder",
    "SoundEncoder",
    "TextEncoder",
    "VectorEncoder",
    "load_encoder",
    "vector_encoder",
]

CHANNELS_PER_GROUP = 8
STRIDES = (2, 2, 2, 1)
FEWEST = 32  # Bands and frames that are left of a spectrogram; more cost time and told no more.
QUIETEST_SPREAD = 1.0  # dB: a clip of silence must not be blown up to noise.
PADDING = 0
TAKES = ("ids", "strings")  # What an encoder of texts may ask for, the first if it says nothing.
FIRST_SPREAD = 0.02  # Of embeddings and places before training, as is usual for transformers.


def vector_encoder(inputs: int, width: int, depth: int) -> tuple[nn.Module, int]:
    """Return a multilayer perceptron for vectors, and the width of its features.

    Parameters
    ----------
    inputs : int
        Width of the input vectors.
    width : int
        Width of its layers.
    depth : int
        Number of linear layers, with ReLU between them; 0 leaves the vectors as they are.

    Returns
    -------
    tuple of (Module, int)
        Maps (..., rows, inputs) to (..., rows, features), and the number of features.

    Raises
    ------
    InvalidValue
        If the width is below 1 or the depth below 0.

    Examples
    --------
    >>> vector_encoder(5, 64, 2)[1]
    64
    """
    if width < 1 or depth < 0:
        raise InvalidValue(f"width must be at least 1 and depth at least 0; got {width} and {depth}")
    return perceptron(inputs, width, depth), width if depth else inputs


class VectorEncoder(nn.Module):
    """Standardised vectors and a perceptron of at least one layer: what trains on features of a frozen encoder.

    Examples
    --------
    >>> VectorEncoder(5, 64, 1)(torch.ones(2, 5)).shape
    torch.Size([2, 64])
    """

    def __init__(self, inputs: int, width: int = 128, depth: int = 1) -> None:
        super().__init__()
        Dial(low=1).checked("depth", depth)
        self.layers, self.output_dim = vector_encoder(inputs, width, depth)
        self.norm = nn.LayerNorm(inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map vectors of shape (n, inputs) to features of shape (n, output_dim)."""
        return nn.functional.relu(self.layers(self.norm(x.float())))


class ConvolutionalEncoder(nn.Module):
    """Four convolutions, the mean and the maximum over all places, and one linear layer.

    Normalisation is by groups of channels and not by batch, so that a row's features depend on nothing but the row:
    several processes that share a batch then compute what one alone would.

    Parameters
    ----------
    width : int
        Channels of the first convolution; the others have two and four times as many.
    output_dim : int
        Width of the features, of each part where there are several.
    parts : int
        A square number: of how many equal parts of what is seen there are features, side by side.

    Examples
    --------
    >>> PictureEncoder(8, 32)(torch.zeros(2, 3, 64, 64, dtype=torch.uint8)).shape
    torch.Size([2, 32])
    """

    inputs: ClassVar[int] = 1

    def __init__(self, width: int = 16, output_dim: int = 128, parts: int = 1) -> None:
        super().__init__()
        if width < CHANNELS_PER_GROUP or width % CHANNELS_PER_GROUP:
            raise InvalidValue(f"width must be a multiple of {CHANNELS_PER_GROUP}; got {width}")
        self.side = math.isqrt(parts)
        if self.side**2 != parts:
            raise InvalidValue(f"parts must be a square number; got {parts}")
        self.output_dim, self.parts = parts * output_dim, parts
        sizes = (self.inputs, width, 2 * width, 4 * width, 4 * width)
        steps = zip(pairwise(sizes), STRIDES, strict=True)
        self.blocks = nn.Sequential(*(_block(*pair, stride) for pair, stride in steps))
        self.out = nn.Linear(2 * sizes[-1], output_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map raw inputs to features, shape (n, output_dim)."""
        # Channels last is the layout that the convolutions of a CPU are fastest in; one channel alone is left as it is.
        maps = self.blocks(self.prepared(x).contiguous(memory_format=torch.channels_last))
        if self.parts == 1:
            pooled = torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)
            return nn.functional.relu(self.out(pooled))
        mean, largest = nn.functional.adaptive_avg_pool2d, nn.functional.adaptive_max_pool2d
        pooled = torch.cat([mean(maps, self.side), largest(maps, self.side)], dim=1).flatten(2).mT
        return nn.functional.relu(self.out(pooled)).flatten(1)

    def prepared(self, x: Tensor) -> Tensor:
        """Bring raw inputs to zero mean and a spread of about one, shape (n, channels, height, width)."""
        raise NotImplementedError


class PictureEncoder(ConvolutionalEncoder):
    """Maps pictures, uint8 of shape (n, 3, side, side), or floats on the same scale, to features."""

    inputs: ClassVar[int] = 3

    def prepared(self, x: Tensor) -> Tensor:
        """Return the pictures as floats of about -2 to 2."""
        # Laid out as bytes, which are a quarter as many as those of floats.
        return x.contiguous(memory_format=torch.channels_last).float().sub(127.5).div_(64)


class SoundEncoder(ConvolutionalEncoder):
    """Maps log-mel spectrograms in dB, float16 or float32 of shape (n, bands, frames), to features.

    Each clip is brought to a mean of zero and a spread of one, since its loudness says how far the microphone was.
    """

    def prepared(self, x: Tensor) -> Tensor:
        """Return the spectrograms at 32 to 63 bands and as many frames, where they have more; each standardised."""
        # The largest powers of two that leave so many.
        pooled = [1 << max(0, (size // FEWEST).bit_length() - 1) for size in x.shape[1:]]
        x = nn.functional.avg_pool2d(x.float().unsqueeze(1), pooled)
        spread, mean = torch.std_mean(x, dim=(1, 2, 3), keepdim=True)
        return (x - mean) / spread.clamp(min=QUIETEST_SPREAD)


def _block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(outputs // CHANNELS_PER_GROUP, outputs),
        nn.ReLU(inplace=True),
    )


class AveragedFrames(nn.Module):
    """Maps frames, shape (n, frames, ...), to the mean of the features that an encoder of pictures has of them."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.output_dim = int(encoder.output_dim)  # type: ignore[arg-type]
        self.parts = getattr(encoder, "parts", 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return features, shape (n, output_dim)."""
        return self.encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2]).mean(1)


class SequenceEncoder(StepsEncoder):
    """A linear map of each step, places, transformer layers, the mean over the steps, and one linear layer.

    Parameters
    ----------
    inputs : int
        Width of the vector of each step.
    length : int
        Most steps of a sequence.
    width : int
        Of the transformer; a multiple of 4.
    layers : int
        How many transformer layers.
    output_dim : int
        Width of the features, of each part where there are several.
    parts : int
        Of how many equal parts of a sequence there are features, side by side.

    Examples
    --------
    >>> encoder = SequenceEncoder(inputs=35, length=50, output_dim=32)
    >>> encoder(torch.ones(2, 50, 35)).shape
    torch.Size([2, 32])
    """

    def __init__(
        self, inputs: int, length: int, *, width: int = 64, layers: int = 1, output_dim: int = 128, parts: int = 1
    ) -> None:
        super().__init__(width, output_dim, parts)
        # Features of others have scales of their own: some are pixels, some are hertz.
        self.scale = nn.LayerNorm(inputs)
        self.steps = nn.Linear(inputs, width)
        self.places = nn.Parameter(FIRST_SPREAD * torch.randn(length, width))
        self.finish(width, layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map sequences, shape (n, up to `length`, inputs), to features, shape (n, output_dim)."""
        x = x.float()
        return self.features(x, steps_there(x))

    def embedded(self, x: Tensor) -> Tensor:
        """Map steps as they are in the data to vectors of one width."""
        return cast(Tensor, self.steps(self.scale(x)))


class TextEncoder(StepsEncoder):
    """Embeddings of tokens and places, transformer layers, the mean over all tokens, and one linear layer.

    Parameters
    ----------
    vocabulary : int
        Number of tokens; token 0 is padding.
    length : int
        Most tokens of a text.
    width, layers, output_dim, parts
        As for `SequenceEncoder`.

    Examples
    --------
    >>> encoder = TextEncoder(vocabulary=100, length=16, output_dim=32)
    >>> encoder(torch.tensor([[2, 7, 0, 0]])).shape
    torch.Size([1, 32])
    """

    def __init__(
        self, vocabulary: int, length: int, *, width: int = 64, layers: int = 1, output_dim: int = 128, parts: int = 1
    ) -> None:
        super().__init__(width, output_dim, parts)
        self.tokens = nn.Embedding(vocabulary, width, padding_idx=PADDING)
        self.places = nn.Parameter(FIRST_SPREAD * torch.randn(length, width))
        nn.init.normal_(self.tokens.weight, std=FIRST_SPREAD)
        self.finish(width, layers)

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, shape (n, up to `length`), to features, shape (n, output_dim)."""
        ids = ids.long()
        there = ids != PADDING
        there[:, 0] = True  # A text of nothing still needs one place to look at.
        return self.features(ids, there)

    def embedded(self, x: Tensor) -> Tensor:
        """Look up tokens."""
        return cast(Tensor, self.tokens(x))


def steps_there(x: Tensor) -> Tensor:
    """Tell the steps of sequences, bool of shape (n, steps), from what fills them up at their end: steps of zeros.

    The first step is there in any case.
    """
    filled = (x != 0).any(-1)
    # A step of zeros before another step is one of the sequence: a face that was not found, a pause.
    there = filled.flip(1).cummax(1).values.flip(1) if filled.shape[1] else filled
    there[:, 0] = True
    return there


def load_encoder(place: str) -> nn.Module:
    """Make an encoder of the user's.

    Parameters
    ----------
    place : str
        ``path/to/file.py:Class`` or ``package.module:Class``. The class is a ``torch.nn.Module`` that can be made
        without arguments, has the width of its features as ``output_dim``, and maps a batch of raw inputs to
        features of shape (n, output_dim). Raw inputs are pictures, uint8 of shape (n, 3, side, side); log-mel
        spectrograms in dB, float16 of shape (n, bands, frames); token ids, int16 of shape (n, length), 0 for padding,
        or, if the class says ``takes = "strings"``, a list of n texts; sequences, float32 of shape (n, steps,
        width); or vectors, float32 of shape (n, width).

    Returns
    -------
    torch.nn.Module
        With fresh parameters.

    Raises
    ------
    InvalidValue
        If the place names no file or module.
    MethodError
        If the class cannot be loaded or made, or is no such module.

    Examples
    --------
    >>> load_encoder("torch.nn:Identity")
    Traceback (most recent call last):
    confu_core.errors.MethodError: torch.nn:Identity has no output_dim, the width of its features
    """
    found = _encoder_class(place)
    with one_line(f"encoder {place} cannot be made"):
        encoder = found()
    width = getattr(encoder, "output_dim", None)
    if not isinstance(width, int) or width < 1:
        raise MethodError(f"{place} has no output_dim, the width of its features")
    encoder.register_forward_hook(_check_features)
    return encoder


def takes_strings(place: str) -> bool:
    """Return whether an encoder of the user's asks for texts as they are, and not as token ids."""
    takes = getattr(_encoder_class(place), "takes", TAKES[0])
    if takes not in TAKES:
        raise MethodError(f"{place}: takes must be {' or '.join(map(repr, TAKES))}; got {takes!r}")
    return bool(takes == TAKES[1])


def _encoder_class(place: str) -> type[nn.Module]:
    if ":" not in place:
        raise InvalidValue(f"an encoder must be path/to/file.py:Class or package.module:Class; got {place!r}")
    found: type[nn.Module] = user_attribute(place, "encoder", _is_module, must="not a subclass of torch.nn.Module")
    return found


def _check_features(encoder: nn.Module, inputs: tuple[Any, ...], features: object) -> None:
    wanted = (len(inputs[0]), encoder.output_dim)
    if not isinstance(features, Tensor) or features.shape != wanted:
        got = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        name = type(encoder).__name__
        raise MethodError(f"encoder {name} must return features of shape (n, output_dim), {wanted} here; got {got}")


def encoder_name(encoder: nn.Module) -> str:
    """Return the class of an encoder, of one over frames that of what sees a frame."""
    return type(encoder.encoder if isinstance(encoder, AveragedFrames) else encoder).__name__


def _is_module(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, nn.Module) and value is not nn.Module
