"""What training reads: pictures, sounds, captions and features, from bytes to arrays. Nothing here imports torch."""

from __future__ import annotations

from confu_core.inputs.decode import Corrupt, Decoder
from confu_core.inputs.picture import decode_picture
from confu_core.inputs.sound import decode_sound, log_mel
from confu_core.inputs.spec import Frames, InputSpec, Picture, Sequence, Sound, Text
from confu_core.inputs.text import Tokenizer

__all__ = [
    "Corrupt",
    "Decoder",
    "Frames",
    "InputSpec",
    "Picture",
    "Sequence",
    "Sound",
    "Text",
    "Tokenizer",
    "decode_picture",
    "decode_sound",
    "log_mel",
]
