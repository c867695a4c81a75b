"""Song: field recordings of birds, synthesised from their row of the table."""

from __future__ import annotations

from birdmml.song.recording import decode_flac, encode_flac, sing
from confu_core.inputs.sound import log_mel

__all__ = ["decode_flac", "encode_flac", "log_mel", "sing"]
