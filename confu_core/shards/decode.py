"""Whether a picture or a sound can really be decoded."""

from __future__ import annotations

from confu_core.errors import DatasetError

__all__ = ["AUDIO", "IMAGE", "media_problem"]

IMAGE = frozenset({"jpeg", "jpg", "png", "webp"})
AUDIO = frozenset({"aif", "aiff", "au", "caf", "flac", "mp3", "oga", "ogg", "opus", "w64", "wav"})


def media_problem(data: bytes, extension: str) -> str | None:
    """Decode a picture or a sound whole, and say what is wrong with it.

    Parameters
    ----------
    data : bytes
        The file's content.
    extension : str
        Such as ``"jpg"`` or ``"FLAC"``; content of other kinds is not looked at.

    Returns
    -------
    str or None
        The decoder's complaint, or None.

    Examples
    --------
    >>> media_problem(b"no picture", "png")
    'png cannot be decoded: cannot identify image file'
    >>> media_problem(b"any text", "txt") is None
    True
    """
    from confu_core.inputs.picture import decode_picture
    from confu_core.inputs.sound import check_sound

    kind = extension.lower()
    try:
        if kind in IMAGE:
            decode_picture(data, 1, whole=True)
        elif kind in AUDIO:
            check_sound(data)
    except DatasetError as error:
        return f"{extension} {str(error).removeprefix('the picture ').removeprefix('the sound ')}"
    return None
