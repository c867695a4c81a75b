"""Mel: the spectrogram that the paper's audio encoder reads; it is the one that training reads."""

from __future__ import annotations

from confu_core.inputs.sound import BANDS, HIGH_HZ, HOP, LOW_HZ, WINDOW, log_mel

__all__ = ["BANDS", "HIGH_HZ", "HOP", "LOW_HZ", "WINDOW", "log_mel"]
