"""The modalities of a generated dataset: which column is which, and in which form it is read."""

from __future__ import annotations

from birdmml.settings import Settings
from confu_core.inputs import InputSpec, Picture, Sound, Text

IMAGE, AUDIO, CAPTION = "image", "audio", "caption"


def bird_inputs(settings: Settings) -> InputSpec:
    """Return what is read of a generated dataset: picture, song and caption."""
    audio = Sound("audio", settings.sample_rate, settings.seconds)
    return InputSpec({IMAGE: Picture("image"), AUDIO: audio, CAPTION: Text("caption")})
