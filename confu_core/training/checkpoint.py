"""Checkpoints: all that a training goes on from, in a file that runs no code when it is read."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from confu_core.errors import DatasetError, TrainingError
from confu_core.escaping import visible
from confu_core.io.atomic import write_whole
from confu_core.typed import check_keys

__all__ = ["EXTENDED", "VERSION", "extended", "load_checkpoint", "save_checkpoint"]

VERSION = 1
KIND = "confu-bench checkpoint"
EXTENDED = "extended_from"  # After how many epochs a training was asked for more; several times with commas.


def save_checkpoint(path: Path, config: dict[str, Any], state: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all."""
    held = io.BytesIO()
    torch.save({"kind": KIND, "version": VERSION, "config": json.dumps(config, sort_keys=True), **state}, held)
    try:
        write_whole(path, held.getvalue())
    except DatasetError as error:
        raise TrainingError(f"the checkpoint cannot be written: {error}") from error


def load_checkpoint(path: Path, config: dict[str, Any] | None = None, *, mend: str = "remove it") -> dict[str, Any]:
    """Read a checkpoint; `mend` says what to do with a file that is none."""
    if not path.is_file():
        raise TrainingError(f"no checkpoint {path}")
    held = _read(path, mend)
    known = isinstance(held, dict) and held.get("kind") == KIND
    if not known:
        raise TrainingError(f"{path} is no checkpoint of this toolkit; choose another file")
    try:
        check_keys(held, {"version": int, "config": str})
    except ValueError as error:
        raise TrainingError(f"{path} is damaged: {error}; {mend}") from None
    if held["version"] > VERSION:
        raise TrainingError(
            f"{path} is of checkpoint version {held['version']}, this is version {VERSION}; "
            "use the confu-bench that wrote it, or remove it"
        )
    try:
        held["config"] = json.loads(held["config"])
        check_keys(held, {"config": dict[str, Any]})
    except (ValueError, RecursionError) as error:
        raise TrainingError(f"{path} is damaged: its config cannot be read ({error}); {mend}") from None
    if config is not None and "tokenizer" in held:
        raise TrainingError(f"{path} is a trained model, without its optimizer; go on from the file of --checkpoint")
    if config is not None and (difference := _difference(held["config"], config)):
        raise TrainingError(f"{path} is of another training: {difference}; remove it")
    return held


def extended(path: Path | None, config: dict[str, Any]) -> dict[str, Any]:
    """Return what a training is, given its checkpoint: one that is asked for more epochs than before says so.

    Its rate fell to the end of the shorter training first, so that it is not what the longer one by itself would be.
    """
    if path is None or not path.exists():
        return config
    held = load_checkpoint(path)["config"]
    before = [str(held[name]) for name in (EXTENDED, "epochs") if held.get(name)]
    longer = isinstance(held.get("epochs"), int) and held["epochs"] < config["epochs"]
    said = ",".join(before if longer else before[:-1])
    return {**config, EXTENDED: said} if said else config


def _read(path: Path, mend: str) -> Any:
    try:
        # PyTorch does not look at the checksums that it writes.
        with zipfile.ZipFile(path) as parts:
            # PyTorch compresses nothing: what is compressed may be without end.
            if any(part.compress_type != zipfile.ZIP_STORED for part in parts.infolist()):
                raise ValueError("it is compressed, as no checkpoint is")
            altered = parts.testzip()
        if altered is None:
            return torch.load(path, map_location="cpu", weights_only=True)
        reason = f"the checksum of {visible(altered)} is wrong"
    except pickle.UnpicklingError as error:
        raise TrainingError(f"{path} holds code or objects, as no checkpoint does; choose another file") from error
    except Exception as error:  # Over altered bytes the readers raise anything, and each failure is the finding.
        reason = visible(str(error).splitlines()[0]) if str(error).strip() else type(error).__name__
    raise TrainingError(f"{path} is damaged or no checkpoint ({reason}); {mend}")


def _difference(held: dict[str, Any], asked: dict[str, Any]) -> str:
    """Name the first setting that differs, if one does; one that did not exist yet was None."""
    before = [str(held[name]) for name in (EXTENDED, "epochs") if held.get(name)]
    if asked.get(EXTENDED) == ",".join(before):
        asked = {**asked, "epochs": held["epochs"], EXTENDED: held.get(EXTENDED)}
    for name in sorted({*held, *asked}):
        if held.get(name) != json.loads(json.dumps(asked.get(name))):
            return f"{name} was {held.get(name)!r} and is now {asked.get(name)!r}"
    return ""
