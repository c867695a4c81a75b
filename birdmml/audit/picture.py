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
    ]
)
_SIDE = 64


def measure_picture(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Measure one picture.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP file.

    Returns
    -------
    tuple of (ndarray of PICTURE, shape (), and ndarray of float32, shape (PICTURE_FEATURES,))
        Measures; the largest standard deviation of a colour over the picture is its contrast, in grey levels.
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

    pixels = decode_picture(data, _SIDE)
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
    contrast = pixels.reshape(3, -1).std(axis=1).max()
    measures = np.array((content_of(data), picture_hash(pixels), width, height, contrast), dtype=PICTURE)
    return measures, picture_features(pixels)
