"""Song: field recordings of birds, synthesised from their row of the table."""

from __future__ import annotations

from birdmml.song.encode import decode_flac, encode_flac
from birdmml.song.mel import log_mel
from birdmml.song.recording import sing

__all__ = ["decode_flac", "encode_flac", "log_mel", "sing"]
