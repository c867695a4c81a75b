"""Whether a picture or a sound can really be decoded."""

from __future__ import annotations

import io

__all__ = ["AUDIO", "IMAGE", "media_problem"]

IMAGE = frozenset({"jpeg", "jpg", "png", "webp"})
AUDIO = frozenset({"flac", "ogg", "wav"})

_BLOCK_FRAMES = 1 << 16


def media_problem(data: bytes, extension: str) -> str | None:
    """Decode a picture or a sound whole, and say what is wrong with it.

    Parameters
    ----------
    data : bytes
        The file's content.
    extension : str
        Such as ``"jpg"`` or ``"flac"``; content of other kinds is not looked at.

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
    decoder = _decode_image if extension in IMAGE else _decode_audio if extension in AUDIO else None
    if decoder is None:
        return None
    try:
        decoder(data)
    except Exception as error:  # Decoders raise anything over hostile bytes, and each failure is the finding.
        complaint = str(error).partition(" <_io")[0] or type(error).__name__
        return f"{extension} cannot be decoded: {complaint.splitlines()[0]}"
    return None


def _decode_image(data: bytes) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        image.verify()
    # Verifying compares checksums where the format has them; only loading notices a JPEG that is cut.
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def _decode_audio(data: bytes) -> None:
    import soundfile

    # The library shortens a WAV that is cut without a word; the file itself says how long it should be.
    if data.startswith(b"RIFF") and (stated := int.from_bytes(data[4:8], "little") + 8) > len(data):
        raise ValueError(f"{len(data)} bytes of {stated}")
    with soundfile.SoundFile(io.BytesIO(data)) as sound:
        # In blocks: a header that promises hours must not reserve their memory.
        frames = sum(len(block) for block in sound.blocks(_BLOCK_FRAMES))
        if not 0 < frames == sound.frames:
            raise ValueError(f"{frames} frames of {sound.frames}")
