"""A trained model in a file: weights, settings, and the tokenizer of its texts."""

from __future__ import annotations

from pathlib import Path

from confu_core.media.run import MediaResult
from confu_core.training.checkpoint import save_checkpoint

__all__ = ["save_model"]


def save_model(path: Path, found: MediaResult) -> None:
    """Save the model of a run."""
    metrics = ("cell", "directions", "status", "error")
    config = {name: value for name, value in found.row.items() if name not in metrics}
    state = {"weights": found.model.state_dict(), "tokenizer": found.tokenizer.to_json() if found.tokenizer else ""}
    save_checkpoint(path, config, state)
