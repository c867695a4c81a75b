"""Trifeature as a recipe: pairs of pictures of equal shape, with what is known exactly of four tasks on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from confu_core.datasets.avmnist import encode_png
from confu_core.datasets.contents import CEILINGS, CONTENTS, EXACT, Contents
from confu_core.datasets.sources import check_one_of, natural, parse_seed
from confu_core.datasets.trifeature.drawing import COLORS, SHAPES, SIDE, TEXTURES, Combination, draw_picture
from confu_core.datasets.trifeature.law import structure
from confu_core.datasets.trifeature.pairs import BALANCED, MAP, PUBLISHED, TASKS, VALUES, TrifeatureSettings
from confu_core.errors import InvalidValue
from confu_core.inputs.spec import InputSpec, Picture
from confu_core.random import generator
from confu_core.shards.parquet import MEDIA, with_features
from confu_core.shards.recipe import Recipe

IMAGES = ("image1", "image2")
# What follows `trifeature:`, to the rule of synergy and whether all pairs match.
VARIANTS: Mapping[str, tuple[str, bool]] = {
    "unbiased": (MAP, False),
    "biased": (MAP, True),
    "balanced": (BALANCED, False),
    "balanced-biased": (BALANCED, True),
}
SYNERGY = ("other", "match")
CLASSES = {"shape": tuple(SHAPES), "texture1": tuple(TEXTURES), "texture2": tuple(TEXTURES), "synergy": SYNERGY}

_EFFORT = 1  # Of compression: twice as fast as the default, at 6 kB for 4.
_MOST_RATIO = 4 / 3  # Of the sides of a crop.
_KEPT = 4096  # Files of pictures, of about 6 kB: those of a training split are met eight times each.
_LEAST_SIDES = {"redundancy": 0, "unique1": 96, "unique2": 96, "synergy": 96}  # At 32 textures are next to invisible.
_LIMITS = {
    "Pictures are drawn anew from the description of the published ones; their bytes are others.": True,
    "Pairs of a picture with itself are among them, as in the published data: one in twenty of the test pairs.": True,
}
_PUBLISHED_LIMIT = "The validation split is the test split, as published: what is chosen on it is chosen on the test."


@dataclass(frozen=True)
class TrifeatureRecipe(Recipe):
    """What `confu_core.shards.build` needs to write Trifeature into shards; `open_trifeature` makes one."""

    settings: TrifeatureSettings

    name = "trifeature"
    description = "Pairs of pictures of one shape, of any textures and colours: redundancy, uniqueness and synergy."
    libraries = ("pillow",)
    parts: ClassVar = {name: f"{name}.png" for name in IMAGES}

    @property
    def seed(self) -> int:
        """The user's seed."""
        return self.settings.seed

    @property
    def splits(self) -> dict[str, int]:
        """Pairs of each split."""
        return {split: len(self.settings.pairs(split)) for split in ("train", "validation", "test")}

    @property
    def config(self) -> dict[str, Any]:
        """All options but the seed, and the colours that textures are mapped to, in the order of textures."""
        colors = [list(COLORS)[number] for number in self.settings.matching_colors]
        return {**self.settings.as_dict(), "mapped": dict(zip(TEXTURES, colors, strict=True))}

    @property
    def schema(self) -> pa.Schema:
        """Columns of a row: key, pictures, their values, and which pictures they are."""
        values = ("shape", "texture1", "texture2", "color1", "color2", "synergy", "picture1", "picture2")
        columns = [("key", pa.string()), *((name, MEDIA) for name in IMAGES), *((name, pa.string()) for name in values)]
        return with_features(pa.schema(columns), {name: {"_type": "Image"} for name in IMAGES})

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a range of rows."""
        return self.columns(split, start, stop, self.schema.names)

    def columns(self, split: str, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return some columns of a range of rows, drawing no pictures that are not asked for."""
        values = self._values(split, start, stop)
        made = {name: self._images(name, values) if name in IMAGES else values[name] for name in names}
        return pa.table(made, schema=pa.schema([self.schema.field(name) for name in names], self.schema.metadata))

    def information(self) -> dict[str, Any]:
        """Return what the columns are to training, and what is known exactly."""
        exact, label = structure(self.settings), TASKS[self.settings.task]
        mine = exact["tasks"][self.settings.task]
        known = {name: dict.fromkeys(("single", "pairwise", "bayes"), mine[f"bayes_{name}"]) for name in IMAGES}
        both = {"single": mine["single_ceiling"], "pairwise": mine["pairwise_ceiling"], "bayes": mine["bayes_both"]}
        inputs = InputSpec({name: Picture(name, SIDE) for name in IMAGES})
        published = {_PUBLISHED_LIMIT: self.settings.split == PUBLISHED}
        return {
            CONTENTS: Contents(inputs, label, CLASSES[label], least_side=_LEAST_SIDES[self.settings.task]).as_dict(),
            CEILINGS: {"all": {**known, "+".join(IMAGES): both}},
            EXACT: exact,
            "limits": [sentence for sentence, holds in {**_LIMITS, **published}.items() if holds],
        }

    def _values(self, split: str, start: int, stop: int) -> dict[str, list[Any]]:
        pairs = self.settings.pairs(split).take(slice(start, stop))
        shape, texture, color = pairs.looks
        match = self.settings.is_match(texture[:, 0], color[:, 1])
        numbers = np.stack([pairs.combinations, pairs.renders], axis=2)
        return {
            "key": [f"{split}-{row:07d}" for row in range(start, start + len(pairs))],
            "shape": [CLASSES["shape"][one] for one in shape[:, 0]],
            **{f"texture{at + 1}": [list(TEXTURES)[one] for one in texture[:, at]] for at in range(2)},
            **{f"color{at + 1}": [list(COLORS)[one] for one in color[:, at]] for at in range(2)},
            "synergy": [SYNERGY[int(one)] for one in match],
            **{f"picture{at + 1}": [f"{one:03d}-{render}" for one, render in numbers[:, at]] for at in range(2)},
        }

    def _images(self, name: str, values: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        shown = zip(values["key"], values[f"picture{IMAGES.index(name) + 1}"], strict=True)
        return [{"bytes": self._image(picture, name, key), "path": f"{key}.png"} for key, picture in shown]

    def _image(self, picture: str, name: str, key: str) -> bytes:
        """Return the file of a picture, of which every row sees a part of its own where it is cropped."""
        seed, crop = self.settings.seed, self.settings.crop
        if crop == 1:
            return _file(seed, picture)
        part = _crop(_picture(seed, picture), crop, generator(seed, "trifeature", "crop", name, key))
        return encode_png(part, _EFFORT)


def open_trifeature(
    path: str = "",
    task: str = "redundancy",
    split: str = "own",
    train: str = "10000",
    validation: str = "all",
    test: str = "all",
    crop: str = "1",
    seed: str = "0",
) -> TrifeatureRecipe:
    """Open Trifeature, which is drawn and not read: pairs of pictures of equal shape.

    Parameters
    ----------
    path : {"", "unbiased", "biased", "balanced", "balanced-biased"}
        What follows ``trifeature:``. Unbiased by default: all pairs of a shape are equally likely, and a colour of
        image 2 matches one texture of image 1. Balanced: it matches five, and every texture is beside every colour
        equally often. Biased: only pairs that match, to train on.
    task : {"redundancy", "unique1", "unique2", "synergy"}
        What classes are: the shape, the texture of image 1 or of image 2, or whether the pair matches.
    split : {"own", "published"}
        Own: 700 combinations of shape, texture and colour to train, 100 to validate and 200 to test on, every value
        as often as every other. Published: the 800 and 200 of CoMM and its map, where the test validates.
    train, validation, test : str
        Pairs of each split, at most, or ``"all"``.
    crop : str
        Least share of a picture's area that is seen; the published probes see 0.5 to 1 of it.
    seed : str
        Of all draws.

    Returns
    -------
    TrifeatureRecipe
        Its `information` has all ceilings.

    Raises
    ------
    InvalidValue
        If an option is outside its constraint.

    References
    ----------
    .. [1] Hermann, Lampinen: What shapes feature representations?, NeurIPS 2020. arXiv:2006.12433
    .. [2] Dufumier et al.: What to align in multimodal contrastive learning?, ICLR 2025. arXiv:2409.07402

    Examples
    --------
    >>> open_trifeature("balanced", task="synergy").splits
    {'train': 10000, 'validation': 1000, 'test': 4000}
    """
    variant = path or "unbiased"
    check_one_of("what follows trifeature:", variant, VARIANTS)
    rule, biased = VARIANTS[variant]
    rows = {name: _rows(name, text) for name, text in (("train", train), ("validation", validation), ("test", test))}
    settings = TrifeatureSettings(rule, biased, task, split, **rows, crop=_share(crop), seed=parse_seed(seed))
    return TrifeatureRecipe(settings)


def _rows(name: str, text: str) -> int | None:
    if text != "all" and natural(text) < 1:
        raise InvalidValue(f"{name} must be a whole number of at least 1, or all; got {text!r}")
    return None if text == "all" else natural(text)


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidValue(f"crop must be a share of at least 0.01 and at most 1; got {text!r}") from None


def _picture(seed: int, name: str) -> np.ndarray:
    """Draw the picture of a name such as ``"407-2"``: combination and render."""
    combination, render = map(int, name.split("-"))
    look = Combination(*(int(one) for one in np.unravel_index(combination, (VALUES,) * 3)))
    return draw_picture(look, generator(seed, "trifeature", "picture", combination, render))


@lru_cache(maxsize=_KEPT)
def _file(seed: int, name: str) -> bytes:
    return encode_png(_picture(seed, name), _EFFORT)


def _crop(picture: np.ndarray, least: float, draw: np.random.Generator) -> np.ndarray:
    """Return a part of a picture at the size of the whole: of a share of its area from the least to 1, drawn evenly."""
    from PIL import Image

    area, ratio = draw.uniform(least, 1), _MOST_RATIO ** draw.uniform(-1, 1)
    width, height = (min(1.0, float(np.sqrt(area * one))) * SIDE for one in (ratio, 1 / ratio))
    left, top = draw.random(2) * (SIDE - width, SIDE - height)
    box = (left, top, left + width, top + height)
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box))
