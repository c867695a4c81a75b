"""What is measured of one picture: its content, a perceptual hash, size, contrast, and a histogram of its colours."""

from __future__ import annotations

import io

import numpy as np

from birdmml.audit.content import content_of
from confu_core.inputs.fingerprint import PICTURE_WORDS, picture_hash
from confu_core.inputs.picture import decode_picture
from confu_core.inputs.plain import PICTURE_FEATURES, picture_features

__all__ = ["PICTURE", "PICTURE_FEATURES", "measure_picture"]

PICTURE = np.dtype(
    [
        ("content", "u8", (2,)),
        ("print", "u8", (PICTURE_WORDS,)),
        ("width", "u4"),
        ("height", "u4"),
        ("contrast", "f4"),
        ("lost", "f4"),
    ]
)
_SIDE = 64
_SEEN = 256  # Pixels of the side at least, in which what is of one colour is told.
_BLACK, _WHITE = 16, 240  # Grey levels.


def measure_picture(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Measure one picture.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP file.

    Returns
    -------
    tuple of (ndarray of PICTURE, shape (), and ndarray of float32, shape (PICTURE_FEATURES,))
        Measures; the largest standard deviation of a colour over the picture is its contrast, in grey levels; the
        share along one side that is of just one colour, neither black nor white, is taken for lost.
        Features: the square roots of a histogram of 4 x 4 x 4 colours, and the mean colours of 4 x 4 places.

    Raises
    ------
    DatasetError
        If it cannot be decoded.

    Examples
    --------
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (40, 30), "red").save(file, "png")
    >>> measures, features = measure_picture(file.getvalue())
    >>> int(measures["width"]), float(measures["contrast"]), features.shape
    (40, 0.0, (112,))
    """
    from PIL import Image

    pixels = decode_picture(data, _SIDE, whole=True)
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        image.draft("RGB", (_SEEN, _SEEN))
        lost = _lost_share(np.asarray(image.convert("RGB")))
    contrast = pixels.reshape(3, -1).std(axis=1).max()
    values = (content_of(data), picture_hash(pixels), width, height, contrast, lost)
    measures = np.array(values, dtype=PICTURE)
    return measures, picture_features(pixels)


def _lost_share(pixels: np.ndarray) -> float:
    """Return the largest share along one side that is of one colour, as of a picture that was cut and filled up."""
    return max(_filled_share(np.rot90(pixels, turn)) for turn in range(4))


def _filled_share(pixels: np.ndarray) -> float:
    """Return the share of rows at the bottom that are of one colour; black bars and white paper are none."""
    colour = pixels[-1, 0]
    filled = (pixels == colour).all(axis=(1, 2))
    if filled.all() or colour.max() < _BLACK or colour.min() > _WHITE:
        return 0.0
    return float(np.argmin(filled[::-1])) / len(filled)
