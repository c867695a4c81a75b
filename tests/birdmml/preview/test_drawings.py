"""Spectrograms of a preview: a tone lies where its axis says, and ticks are few."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from birdmml.preview.drawings import frequency_ticks, spectrogram_png, spectrogram_svg, time_ticks
from birdmml.song import log_mel


def test_a_spectrogram_shows_a_tone_where_its_axis_says() -> None:
    time = np.arange(22_050) / 22_050
    for kilohertz in (1, 2, 4, 8):
        samples = 0.5 * np.sin(2 * np.pi * 1000 * kilohertz * time)
        levels = log_mel(samples.astype(np.float32), 22_050)
        with Image.open(io.BytesIO(spectrogram_png(levels))) as picture:
            brightness = np.asarray(picture.convert("L"), dtype=float).mean(1)
        height = 1 - (int(brightness.argmax()) + 0.5) / 128
        assert height == pytest.approx(frequency_ticks(22_050)[str(kilohertz)], abs=0.012)


@pytest.mark.parametrize("seconds", [0.25, 0.5, 1, 3, 10, 60])
def test_time_ticks_are_few_and_within(seconds: float) -> None:
    ticks = time_ticks(seconds)
    assert 3 <= len(ticks) <= 7 and ticks[0] == 0 and ticks[-1] <= seconds
    drawing = spectrogram_svg(np.zeros(int(8000 * seconds), np.float32), 8000)
    assert [float(text) for text in re.findall(r'class="x"[^>]*>([\d.]+)<', drawing)] == pytest.approx(ticks)


def test_low_rates_have_no_tick_beyond_their_end() -> None:
    assert list(frequency_ticks(8000)) == ["0.5", "1", "2", "4"]
