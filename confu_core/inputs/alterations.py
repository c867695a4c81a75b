"""What samples are changed by: augmentations of batches in training, and degradations that test robustness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from confu_core.errors import InvalidValue, MethodError, nearest
from confu_core.inputs.spec import InputSpec
from confu_core.inputs.text import CLS, PAD, UNK
from confu_core.random import generator, uniform, words
from confu_core.user_code import one_line, user_attribute

KINDS = ("picture", "frames", "sound", "text", "sequence")
SHIFT_SHARE = 1 / 8  # Of a picture's side, to either side.
COLOR = 0.3  # Brightness, contrast and saturation are multiplied by 1 - this to 1 + this.
# Of the views of pictures in SimCLR (arXiv 2002.05709), as CoMM has them.
LEAST_AREA, MOST_RATIO = 0.08, 4 / 3
JITTER, HUE, JITTERED, GREYED, SOFTENED = 0.4, 0.1, 0.8, 0.2, 0.5
SOFT = (0.1 / 224, 2 / 224)  # Standard deviation, of the side.
GAIN_DB = 6.0
MASK_SHARE = 0.2  # Of the bands and of the frames, at most.
DROP_PROBABILITY = 0.1

_BLOCK_ROWS = 4096
_CACHED_PICTURES = 32  # As many as stay in a core's cache while they are multiplied.
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_GREY = 128
_YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])


class Alteration(NamedTuple):
    """What changes inputs of one kind, named as in `InputSpec`, such as ``"picture"``, ``"sound"`` or ``"text"``.

    The function of an augmentation maps a batch and four random words per row to a batch of the same shape and type;
    that of a degradation a sample, a strength and a source of random numbers to what is left of it. Degradations have
    five strengths, from mild to severe.
    """

    modality: str
    function: Callable[..., Any]
    strengths: tuple[float, ...] = ()


def augment(
    batch: Mapping[str, np.ndarray], spec: InputSpec, names: Sequence[str], *, seed: int, epoch: int, rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Apply augmentations to every modality of their kind; what a sample becomes follows from seed, epoch and row."""
    check_augmentations(names)
    result = dict(batch)
    for modality, one in spec.inputs.items():
        for name in names:
            found = _augmentation(name)
            if modality in result and found.modality == type(one).__name__.lower():
                # Of the user's own the name counts, not where it lies.
                drawn = _draws(seed, epoch, modality, name.rpartition(":")[2], np.asarray(rows))
                result[modality] = _changed(name, found.function, result[modality], drawn)
    return result


def degrade(kind: str, value: Any, strength: float, *, seed: int, row: int) -> Any:
    """Degrade one sample; the same seed, strength and row give the same result."""
    if kind not in DEGRADATIONS:
        raise InvalidValue(f"unknown degradation {kind!r}; {nearest(kind, DEGRADATIONS)}")
    if not np.isfinite(strength) or (kind != "snr" and not 0 <= strength <= 1):
        allowed = "finite, in dB" if kind == "snr" else "in [0, 1]"
        raise InvalidValue(f"the strength of {kind!r} must be {allowed}; got {strength}")
    # A strength is named by its number, so that 0.5 and 1/2 draw alike.
    random = generator(seed, "degrade", kind, repr(float(strength)), row)
    return DEGRADATIONS[kind].function(value, float(strength), random)


def check_augmentations(names: Sequence[str]) -> None:
    """Refuse names of augmentations that there are not."""
    for name in names:
        _augmentation(name)


def _augmentation(name: str) -> Alteration:
    """Return an augmentation by name, or the one that a file of the user's has."""
    if name in AUGMENTATIONS:
        return AUGMENTATIONS[name]
    if ":" not in name:
        raise InvalidValue(f"unknown augmentation {name!r}; {nearest(name, AUGMENTATIONS)}")
    found = user_attribute(name, "augmentation", lambda value: isinstance(value, Alteration), "augmentation")
    if not isinstance(found, Alteration):
        raise MethodError(f"{name} is not an Alteration of confu_core.inputs.alterations")
    if found.modality not in KINDS:
        raise MethodError(f"{name} must be of {', '.join(KINDS)}; got {found.modality!r}")
    return found


def _changed(name: str, function: Callable[..., Any], rows: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    if name in AUGMENTATIONS:
        return np.asarray(function(rows, drawn))
    with one_line(f"augmentation {name} raised"):
        changed = function(rows, drawn)
    if not isinstance(changed, np.ndarray) or (changed.shape, changed.dtype) != (rows.shape, rows.dtype):
        got = f"{changed.dtype} {changed.shape}" if isinstance(changed, np.ndarray) else type(changed).__name__
        raise MethodError(f"augmentation {name} must return {rows.dtype} {rows.shape}, as it was given; got {got}")
    return changed


def _draws(seed: int, epoch: int, modality: str, name: str, rows: np.ndarray) -> np.ndarray:
    """Return four random words per row, uint64 (n, 4)."""
    drawn = np.empty((len(rows), 4), dtype=np.uint64)
    blocks = rows // _BLOCK_ROWS
    for block in np.unique(blocks):
        here = blocks == block
        drawn[here] = _block(seed, epoch, modality, name, int(block))[rows[here] % _BLOCK_ROWS]
    return drawn


@lru_cache(maxsize=512)
def _block(seed: int, epoch: int, modality: str, name: str, block: int) -> np.ndarray:
    start = block * _BLOCK_ROWS
    return words(seed, "augment", epoch, modality, name, start=start, count=_BLOCK_ROWS)


def _whole(bits: np.ndarray, low: int, high: np.ndarray | int) -> np.ndarray:
    """Return whole numbers in [low, high)."""
    return low + (uniform(bits) * (np.asarray(high) - low)).astype(np.int64)


def _flip(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    turned = uniform(drawn[:, 0]) < 0.5
    result = pictures.copy()
    result[turned] = pictures[turned][..., ::-1]
    return result


def _crop(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    side = pictures.shape[-1]
    edge = max(1, round(side * SHIFT_SHARE))
    starts = (_whole(drawn[:, place], -edge, edge + 1)[:, None] for place in (0, 1))
    # What comes in at an edge repeats it.
    downs, acrosses = ((start + np.arange(side)).clip(0, side - 1) for start in starts)
    result = np.empty_like(pictures)
    for made, picture, down, across in zip(result, pictures, downs, acrosses, strict=True):
        made[...] = picture.take(down, axis=-2).take(across, axis=-1)
    return result


def _color(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    return _mixed(pictures, *_matrices(drawn, COLOR))


def _matrices(drawn: np.ndarray, most: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw brightness, contrast and saturation of each picture: together one matrix and one number that is added."""
    bright, contrast, saturation = (
        (1 - most + 2 * most * uniform(drawn[:, place])).astype(np.float32)[:, None, None] for place in range(3)
    )
    # Saturation mixes each channel with the grey of the pixel, the others scale.
    mix = saturation * np.eye(3, dtype=np.float32) + (1 - saturation) * _LUMA
    return bright * contrast * mix, bright * (1 - contrast) * 127.5


def _jitter(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    share = uniform(drawn[:, 3]) / JITTERED  # Of those below 1 it says the hue too.
    angle = 2 * np.pi * HUE * (2 * share - 1)
    cos, sin, one, zero = np.cos(angle), np.sin(angle), np.ones(len(angle)), np.zeros(len(angle))
    turned = np.stack([one, zero, zero, zero, cos, -sin, zero, sin, cos], axis=1).reshape(-1, 3, 3)
    matrix, offset = _matrices(drawn, JITTER)
    matrix, unseen = matrix @ (np.linalg.inv(_YIQ) @ turned @ _YIQ), share >= 1
    matrix[unseen], offset[unseen] = np.eye(3), 0
    return _mixed(pictures, matrix.astype(np.float32), offset)


def _grey(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    result, seen = pictures.copy(), uniform(drawn[:, 0]) < GREYED
    count = int(seen.sum())
    result[seen] = _mixed(pictures[seen], np.tile(_LUMA, (count, 3, 1)), np.zeros((count, 1, 1), np.float32))
    return result


def _mixed(pictures: np.ndarray, matrix: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Multiply the channels of each picture by its matrix, and add its number."""
    flat = pictures.reshape(len(pictures), 3, pictures.shape[-2] * pictures.shape[-1])
    offset = offset + np.float32(0.5)  # Since the conversion below cuts off.
    result = np.empty_like(flat)
    for start in range(0, len(flat), _CACHED_PICTURES):
        some = slice(start, start + _CACHED_PICTURES)
        values = matrix[some] @ flat[some].astype(np.float32)
        values += offset[some]
        np.clip(values, 0, 255, out=values)
        result[some] = values
    return result.reshape(pictures.shape)


def _zoom(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    from PIL import Image

    side = pictures.shape[-1]
    area = LEAST_AREA + (1 - LEAST_AREA) * uniform(drawn[:, 0])
    ratio = MOST_RATIO ** (2 * uniform(drawn[:, 1]) - 1)
    sizes = side * np.sqrt(area[:, None] * np.stack([ratio, 1 / ratio], axis=1)).clip(max=1)
    starts = (side - sizes) * np.stack([uniform(drawn[:, place]) for place in (2, 3)], axis=1)
    boxes = np.concatenate([starts, starts + sizes], axis=1).clip(0, side)
    result = np.empty_like(pictures)
    for made, picture, box in zip(result, pictures, boxes.tolist(), strict=True):
        whole = Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0)))
        seen = whole.resize((side, side), Image.Resampling.BILINEAR, box=tuple(box))
        made[...] = np.asarray(seen).transpose(2, 0, 1)
    return result


def _soften(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    result, least = pictures.copy(), SOFT[0]
    widths = least + (SOFT[1] - least) * uniform(drawn[:, 1])
    for at in np.flatnonzero(uniform(drawn[:, 0]) < SOFTENED):
        result[at] = _blurred(pictures[at], float(widths[at]))
    return result


def _shift(levels: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    result = np.empty_like(levels)
    for made, level, by in zip(result, levels, _whole(drawn[:, 0], 0, levels.shape[-1]).tolist(), strict=True):
        made[...] = np.roll(level, by, axis=-1)
    return result


def _gain(levels: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    decibels = GAIN_DB * (2 * uniform(drawn[:, 0]) - 1)
    return levels + decibels.astype(levels.dtype)[:, None, None]


def _mask(levels: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    bands, frames = (_span(*one) for one in zip(levels.shape[1:], drawn[:, ::2].T, drawn[:, 1::2].T, strict=True))
    return np.where(bands[:, :, None] | frames[:, None], levels.min((1, 2), keepdims=True), levels)


def _span(length: int, size: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return which of so many places are in a span of up to `MASK_SHARE` of them, one span per row."""
    sizes = _whole(size, 0, int(MASK_SHARE * length) + 1)
    starts = _whole(place, 0, length - sizes + 1)
    places = np.arange(length)
    return (places >= starts[:, None]) & (places < (starts + sizes)[:, None])


def _drop(tokens: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    dropped = uniform(_many(drawn[:, 0], tokens.shape[1])) < DROP_PROBABILITY
    dropped &= (tokens != PAD) & (tokens != CLS)
    return np.where(dropped, tokens.dtype.type(UNK), tokens)


def _many(bits: np.ndarray, count: int) -> np.ndarray:
    """Spread one random word per row over `count` of them (SplitMix64)."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = bits[:, None] + steps
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _blurred(picture: np.ndarray, sigma: float, random: np.random.Generator | None = None) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    width = sigma * picture.shape[-1]
    soft = gaussian_filter(picture.astype(np.float32), (0, width, width), mode="nearest")
    return np.rint(soft).clip(0, 255).astype(np.uint8)


def _occluded(picture: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    side = picture.shape[-1]
    area = share * side * side
    if round(area) == 0:
        return picture.copy()
    # Up to twice as wide as high or as high as wide, as far as it fits.
    wide = np.sqrt(area) * 2 ** random.uniform(-0.5, 0.5)
    width = int(np.clip(round(wide), np.ceil(area / side), side))
    height = min(side, max(1, round(area / width)))
    left, top = random.integers(side - width + 1), random.integers(side - height + 1)
    covered = picture.copy()
    covered[:, top : top + height, left : left + width] = _GREY
    return covered


def _noisy(samples: np.ndarray, snr_db: float, random: np.random.Generator) -> np.ndarray:
    power = float(np.mean(samples.astype(np.float64) ** 2))
    if power == 0:
        return samples.copy()  # No noise is a given ratio below silence.
    pink = pink_noise(random, len(samples))
    scale = np.sqrt(power / 10 ** (snr_db / 10) / max(float(np.mean(pink**2)), np.finfo(np.float64).tiny))
    return (samples + scale * pink).astype(np.float32)


def pink_noise(random: np.random.Generator, length: int) -> np.ndarray:
    """Draw noise of the same power in every octave, as wind and streets have it."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    order = np.arange(len(spectrum), dtype=np.float64)
    order[0] = np.inf
    return np.fft.irfft(spectrum / np.sqrt(order), length)


def _shortened(caption: str, share: float, random: np.random.Generator) -> str:
    words = caption.split()
    keep = np.sort(random.permutation(len(words))[: len(words) - round(share * len(words))])
    return " ".join(words[place] for place in keep)


AUGMENTATIONS = {
    "flip": Alteration("picture", _flip),  # Mirrors half of the pictures.
    "crop": Alteration("picture", _crop),  # Moves a picture by up to an eighth of its side.
    "color": Alteration("picture", _color),  # Changes brightness, contrast and saturation by up to 30%.
    "zoom": Alteration("picture", _zoom),  # Enlarges 8 to 100% of the area, its sides up to 4 to 3, to the whole.
    "jitter": Alteration("picture", _jitter),  # Of four fifths: color by up to 40%, hue by a tenth of the circle.
    "grey": Alteration("picture", _grey),  # Takes the colours of a fifth.
    "soften": Alteration("picture", _soften),  # Blurs half, by up to 2 of 224 pixels.
    "shift": Alteration("sound", _shift),  # Begins a recording elsewhere, with its beginning after its end.
    "gain": Alteration("sound", _gain),  # Changes the level by up to 6 dB.
    "mask": Alteration("sound", _mask),  # Silences up to a fifth of the bands and of the frames (SpecAugment).
    "drop": Alteration("text", _drop),  # Makes a tenth of the tokens unknown.
}
DEGRADATIONS = {
    "blur": Alteration("picture", _blurred, (0.01, 0.02, 0.04, 0.08, 0.16)),  # Standard deviation, of the side.
    "occlusion": Alteration("picture", _occluded, (0.1, 0.2, 0.3, 0.4, 0.5)),  # A grey rectangle, of the area.
    "snr": Alteration("sound", _noisy, (20.0, 10.0, 5.0, 0.0, -5.0)),  # Pink noise, in dB.
    "words": Alteration("text", _shortened, (0.1, 0.2, 0.3, 0.4, 0.5)),  # Words left out, of all.
}
