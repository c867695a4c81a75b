"""Species that have nothing but a name: captions, descriptions, and what their columns are to training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confu_core.datasets.contents import Contents
from confu_core.inputs.spec import Input, InputSpec, Sound, Text

__all__ = ["bird_sound", "photo_caption", "photo_prompts", "species_contents"]

SAMPLE_RATE, SECONDS = 22050, 10.0  # Of the recordings of SSW60.


def photo_caption(name: str) -> str:
    """Return the caption of a picture of which only the class is known.

    It names the class. Whoever trains on it trains with labels.

    Parameters
    ----------
    name : str
        Of the class.

    Returns
    -------
    str
        One phrase.

    Examples
    --------
    >>> photo_caption("Blue Jay"), photo_caption("American Robin")
    ('a photo of a Blue Jay', 'a photo of an American Robin')
    """
    return f"a photo of {'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def photo_prompts(names: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return one description per class, the caption that its pictures have.

    Parameters
    ----------
    names : sequence of str
        Of the classes, in the order of their numbers.

    Returns
    -------
    tuple of (str, int)
        Text and class.

    Examples
    --------
    >>> photo_prompts(["Blue Jay"])
    (('a photo of a Blue Jay', 0),)
    """
    return tuple((photo_caption(name), number) for number, name in enumerate(names))


def species_contents(media: Mapping[str, Input], names: Sequence[str], families: Sequence[str] = ()) -> Contents:
    """Return what the columns of a dataset of birds are to training.

    Parameters
    ----------
    media : mapping of str to Picture or Sound
        Its modalities but the caption.
    names : sequence of str
        Of its species, in the order of their numbers.
    families : sequence of str
        Of the species, if they are known.

    Returns
    -------
    Contents
        With captions, and the class in the column ``species``.

    Examples
    --------
    >>> contents = species_contents({"audio": bird_sound()}, ["Blue Jay"])
    >>> contents.inputs.names, contents.label
    (('audio', 'caption'), 'species')
    """
    spec = InputSpec({**media, "caption": Text("caption")})
    return Contents(spec, "species", tuple(names), photo_prompts(names), tuple(families))


def bird_sound() -> Sound:
    """Return how recordings of birds are read.

    Returns
    -------
    Sound
        The column ``audio``, 10 seconds at 22050 Hz.
    """
    return Sound("audio", SAMPLE_RATE, SECONDS)
