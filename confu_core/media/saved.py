"""A trained model in a file: weights, and all that turns other data into what it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_type_hints

from confu_core.errors import ConfuError, TrainingError
from confu_core.inputs.spec import InputSpec
from confu_core.inputs.text import Tokenizer
from confu_core.media.model import make_model
from confu_core.media.run import MediaResult
from confu_core.media.settings import MediaSettings
from confu_core.media.task import Features, Kind
from confu_core.model import Model
from confu_core.training.checkpoint import load_checkpoint, save_checkpoint
from confu_core.typed import check_keys, check_typed

FEATURES = "features"
GIVE = "give a file that `birdmml run --model` wrote"


@dataclass(frozen=True)
class SavedModel:
    """A trained model, and what it takes.

    Attributes
    ----------
    model : Model
        On the CPU, in evaluation mode; ``model.embed`` takes a batch of inputs per modality.
    settings : MediaSettings
        What it was trained with.
    inputs : mapping of str to Picture, Sound, Text, Sequence or Features
        Its modalities in order.
    tokenizer : Tokenizer or None
        Of its texts.
    row : dict
        What results say of its training: settings, data, and the numbers that it ended with.
    classes : tuple of str
        What it tells that samples are; empty for a method that does not learn from classes.
    """

    model: Model
    settings: MediaSettings
    inputs: Mapping[str, Kind]
    tokenizer: Tokenizer | None
    row: dict[str, Any]
    classes: tuple[str, ...] = ()


def save_model(path: Path, found: MediaResult) -> None:
    """Save the model of a run."""
    metrics = ("cell", "directions", "status", "error")
    row = {name: value for name, value in found.row.items() if name not in metrics}
    classes = {"classes": list(found.classes)} if found.classes else {}
    # Pairs of name and kind, whose order a dictionary in a file would not keep.
    inputs = [[name, _as_dict(one)] for name, one in found.inputs.items()]
    trained = {"settings": asdict(found.settings), "inputs": inputs, **classes}
    state = {"weights": found.model.state_dict(), "tokenizer": found.tokenizer.to_json() if found.tokenizer else ""}
    save_checkpoint(path, {**row, "trained": trained}, state)


def load_model(path: str | Path) -> SavedModel:
    """Load a model that ``birdmml run --model`` saved.

    No code in the file is run; an encoder or method of the user's own is loaded from where it was.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    SavedModel
        With model, settings, inputs and tokenizer.

    Raises
    ------
    TrainingError
        If there is no such file, it is damaged or of another kind, or a newer or older version wrote it.
    InvalidValue, MethodError
        If its method or an encoder cannot be made.

    Examples
    --------
    >>> load_model("nothing.pt")
    Traceback (most recent call last):
    confu_core.errors.TrainingError: no model nothing.pt
    """
    path = Path(path)
    if not path.is_file():
        raise TrainingError(f"{path} is a folder; {GIVE}" if path.is_dir() else f"no model {path}")
    held = load_checkpoint(path, mend=GIVE)
    row = held["config"]
    if "weights" not in held:
        raise TrainingError(f"{path} is the checkpoint of a training; {GIVE}")
    if (trained := row.pop("trained", None)) is None:
        raise TrainingError(f"{path} is of a version that did not save what a model takes; train it again")
    try:
        check_keys(held, {"weights": dict[str, Any], "tokenizer": str})
        check_keys(trained, {"settings": dict[str, Any], "inputs": list[list[Any]]}, "trained")
        for later in ("measures", "missing"):  # Of which files from before say nothing.
            trained["settings"].setdefault(later, getattr(MediaSettings, later))
        check_keys(trained["settings"], dict.fromkeys(get_type_hints(MediaSettings), Any), "settings")
        settings = MediaSettings(**trained["settings"])
        check_typed(trained.get("classes", []), list[str], "classes")
        classes = tuple(trained.get("classes", []))
        inputs = _inputs(trained["inputs"])
        tokenizer = Tokenizer.from_json(held["tokenizer"]) if held["tokenizer"] else None
    except (ConfuError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(f"{path} is damaged: {error}; train the model again") from None
    model = make_model(settings, inputs, tokenizer.size if tokenizer else None, len(classes))
    try:
        model.load_state_dict(held["weights"])
    except (RuntimeError, TypeError, AttributeError) as error:
        first = str(error).splitlines()[-1].strip()
        raise TrainingError(f"{path} does not fit the code of its method or encoders: {first}") from None
    return SavedModel(model.eval(), settings, inputs, tokenizer, row, classes)


def _as_dict(one: Kind) -> dict[str, Any]:
    if isinstance(one, Features):
        return {"kind": FEATURES, "width": one.width}
    return InputSpec({"one": one}).as_dict()["one"]


def _inputs(said: list[list[Any]]) -> dict[str, Kind]:
    return {
        str(name): Features(int(one["width"]))
        if one["kind"] == FEATURES
        else InputSpec.from_dict({name: one}).inputs[name]
        for name, one in said
    }
