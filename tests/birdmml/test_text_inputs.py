"""What encoders are given, as the page says: token ids or strings, and features of captions and of descriptions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from birdmml.bench import open_task, run
from birdmml.evaluation import evaluate_model
from confu_core.errors import ConfuError, DatasetError, InvalidValue, MethodError
from confu_core.inputs.alterations import degrade
from confu_core.inputs.spec import Frames, Picture, Sequence, Sound, Text
from confu_core.media.arrays import StreamedEpochs
from confu_core.media.findings import Findings
from confu_core.media.model import embed_all, make_model
from confu_core.media.run import media_epochs, run_media
from confu_core.media.saved import load_model, save_model
from confu_core.media.settings import MediaSettings
from confu_core.media.task import Features
from confu_core.shards import open_dataset

SMALL: dict[str, Any] = {"epochs": 1, "batch_size": 16, "dim": 8, "feature_dim": 8, "width": 8, "side": 16}
OWN = """
import torch
from torch import nn


class Letters(nn.Module):
    takes = "strings"
    output_dim = 26

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(26))

    def forward(self, texts):
        assert type(texts) is list and all(type(text) is str for text in texts)
        counts = [[text.lower().count(chr(97 + at)) for at in range(26)] for text in texts]
        return self.scale * torch.tensor(counts, dtype=torch.float32)


class Recorder(nn.Module):
    output_dim = 4
    seen = {}

    def __init__(self):
        super().__init__()
        self.out = nn.Parameter(torch.ones(4))

    def forward(self, x):
        Recorder.seen[type(self).__name__] = (x.dtype, tuple(x.shape))
        return self.out.expand(len(x), 4)


class Image(Recorder):
    pass


class Audio(Recorder):
    pass


class Caption(Recorder):
    pass


class Odd(Letters):
    takes = "words"
"""
PAGE = Path(__file__).parents[2] / "docs" / "own-model.md"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own_texts.py"
    path.write_text(OWN)
    return path


def settings(data: Path, **other: Any) -> MediaSettings:
    return MediaSettings(**{"data": str(data), "method": "clip", **SMALL, **other})


def captions(built: Path, split: str) -> list[str]:
    return open_dataset(built).table(split, ["caption"])["caption"].to_pylist()


def features(path: Path, keys: list[str], rows: np.ndarray) -> str:
    np.savez(path, keys=np.array(keys), features=rows)
    return str(path)


@pytest.fixture
def given(built: Path, tmp_path: Path) -> dict[str, str]:
    """Features of captions, and of descriptions in another file, of which the width is that of the token ids."""
    manifest, random = open_dataset(built).manifest, np.random.default_rng(0)
    keys = [key for split in manifest.splits for key in open_dataset(built).table(split, ["key"])["key"].to_pylist()]
    count = len(open_task(settings(built), stream=True).prompts)
    described = [f"description/{number}" for number in range(count)]
    return {
        "caption": features(tmp_path / "captions.npz", keys, random.normal(size=(len(keys), 64))),
        "descriptions": features(tmp_path / "described.npz", described[::-1], random.normal(size=(count, 64))),
    }


def test_captions_and_descriptions_may_be_features(
    built: Path, cache: Path, given: dict[str, str], tmp_path: Path
) -> None:
    chosen = settings(built, feature_files=given)
    task = open_task(chosen, cache=cache)
    assert task.inputs["caption"] == Features(64) and task.text == 2 and task.described is not None
    with np.load(given["descriptions"]) as held:
        assert np.array_equal(task.described, held["features"][::-1].astype(np.float32))
    found = run_media(task, chosen, families=("zero_shot", "robustness"))
    encoded = found.model.encoders[2](torch.from_numpy(task.described))
    vectors = nn.functional.normalize(found.model.projections[2](encoded), dim=-1)
    assert torch.equal(Findings(task, found.model).prompts.embedding(2), vectors.detach())
    spoiled = {one.condition for one in found.measures if one.family == "robustness"}
    assert spoiled == {"blur", "occlusion", "snr"}  # The features are as wide as texts are long, and no texts.
    save_model(tmp_path / "model.pt", found)
    with pytest.raises(InvalidValue, match="^the model was trained on features of caption; give --features caption="):
        evaluate_model(tmp_path / "model.pt", built, cache=cache)
    again = evaluate_model(load_model(tmp_path / "model.pt"), built, cache=cache, features=given)
    assert again.row["accuracy"] == found.row["accuracy"]
    other = settings(built, feature_files={**given, "descriptions": given["caption"]})
    assert other.cell() != chosen.cell()


@pytest.mark.parametrize(
    ("left", "kind", "said"),
    [
        ("caption", InvalidValue, "caption cannot have features alone; give --features descriptions=FILE, too; keys "),
        ("descriptions", InvalidValue, "descriptions cannot have features alone; give --features caption=FILE, too; "),
    ],
)
def test_features_of_one_of_them_alone_are_refused(
    built: Path, cache: Path, given: dict[str, str], left: str, kind: type[ConfuError], said: str
) -> None:
    with pytest.raises(kind, match=f"^{said}"):
        open_task(settings(built, feature_files={left: given[left]}), cache=cache)


def test_features_of_descriptions_that_do_not_fit_are_refused(
    built: Path, cache: Path, given: dict[str, str], tmp_path: Path
) -> None:
    narrow = features(tmp_path / "narrow.npz", [f"description/{at}" for at in range(400)], np.ones((400, 3)))
    with pytest.raises(InvalidValue, match="^descriptions must be as wide as caption, 64; got 3$"):
        open_task(settings(built, feature_files={**given, "descriptions": narrow}), cache=cache)
    with pytest.raises(DatasetError, match="lacks .* keys, first 'description/0'"):
        open_task(settings(built, feature_files={**given, "descriptions": given["caption"]}), cache=cache)


@pytest.mark.parametrize("stream", [False, True])
def test_an_encoder_that_takes_strings_is_given_the_texts(built: Path, cache: Path, file: Path, stream: bool) -> None:
    chosen = settings(built, encoders={"caption": f"{file}:Letters"}, augment=("flip", "drop"))
    task = open_task(chosen, cache=cache, stream=stream)
    model = make_model(chosen, task.inputs, task.arrays.tokenizer.size if task.arrays.tokenizer else None)
    for split in ("train", "shift"):
        assert task.taken(split, "caption").tolist() == captions(built, split)
    batch = next(iter((StreamedEpochs(task.arrays, 0, 16) if stream else media_epochs(task, chosen)).epoch(0)))  # type: ignore[arg-type]
    assert len(batch.inputs[2]) == 16 and set(batch.inputs[2]) <= set(captions(built, "train"))
    with torch.no_grad():
        embedded = embed_all(model, [task.taken("test", name) for name in task.modalities])
        wanted = model.encoders[2](captions(built, "test"))
        prompts = model.encoders[2]([text for text, _ in task.prompts])
    assert torch.equal(embedded.features[2], wanted)
    assert torch.equal(Findings(task, model).prompts.feature(2), prompts)
    texts, first = captions(built, "test"), dict[str, int]()
    assert Findings(task, model).alike("caption").tolist() == [first.setdefault(text, len(first)) for text in texts]
    if not stream:
        words = [rows for kind, name, level, rows in task.degraded("test") if (kind, level) == ("words", 0.5)]  # type: ignore[misc]
        assert words[0].tolist() == [degrade("words", text, 0.5, seed=0, row=row) for row, text in enumerate(texts)]


def test_runs_on_strings_are_the_same_from_a_file(built: Path, cache: Path, file: Path, tmp_path: Path) -> None:
    found = run(settings(built, encoders={"caption": f"{file}:Letters"}), cache=cache)
    save_model(tmp_path / "model.pt", found)
    again = evaluate_model(tmp_path / "model.pt", built, cache=cache)
    assert again.row["accuracy"] == found.row["accuracy"]
    assert {one.family for one in found.measures} >= {"zero_shot", "plain", "robustness", "late_fusion"}


@pytest.mark.parametrize(
    ("encoders", "kind", "said"),
    [
        ({"image": "Letters"}, InvalidValue, "Letters takes strings, and image is no text; give another encoder"),
        ({"caption": "Odd"}, MethodError, "Odd: takes must be 'ids' or 'strings'; got 'words'"),
    ],
)
def test_what_an_encoder_cannot_take_is_refused(
    built: Path, cache: Path, file: Path, encoders: dict[str, str], kind: type[ConfuError], said: str
) -> None:
    chosen = settings(built, encoders={name: f"{file}:{own}" for name, own in encoders.items()})
    with pytest.raises(kind, match=f"{said}$"):
        open_task(chosen, cache=cache)


def contract() -> dict[str, str]:
    """What the page says that encoders are given, by modality."""
    section = PAGE.read_text(encoding="utf-8").partition("## What an encoder of your own is given")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {row[0]: row[1] for row in rows[2:]}


def test_the_page_says_what_encoders_are_given(built: Path, cache: Path, file: Path) -> None:
    """Dtype and number of axes of every kind, and what arrives in a batch of a run."""
    given = contract()
    kinds = {
        "picture": Picture("x", 16),
        "video": Frames("x", 16, 8),
        "sound": Sound("x", 22050, 1.0),
        "text": Text("x", 64),
        "sequence": Sequence("x", 50, 35),
    }
    assert given.keys() == {*kinds, "text as strings", "features"}
    for name, kind in kinds.items():
        dtype, axes = re.fullmatch(r"(\w+) \(n, (.+)\)", given[name]).groups()  # type: ignore[union-attr]
        # Frames come to an encoder of pictures one by one.
        shape = kind.shape[1:] if name == "video" else kind.shape
        assert kind.dtype == dtype and len(axes.split(", ")) == len(shape)
    assert given["features"] == "float32 (n, width)" and given["text as strings"] == "list of n `str`"
    own = {name: f"{file}:{name.capitalize()}" for name in ("image", "audio", "caption")}
    chosen = settings(built, encoders=own, augment=())
    task = open_task(chosen, cache=cache)
    model = make_model(chosen, task.inputs, None)
    batch = next(iter(media_epochs(task, chosen).epoch(0)))
    model.embed(batch.inputs)
    seen: dict[str, tuple[torch.dtype, tuple[int, ...]]] = type(model.encoders[0]).__mro__[1].seen  # type: ignore[attr-defined]
    assert seen["Image"] == (torch.uint8, (16, 3, 16, 16)) and "0 to 255" in PAGE.read_text(encoding="utf-8")
    assert seen["Audio"][0] == torch.float16 and seen["Audio"][1][:2] == (16, 128)
    assert seen["Caption"] == (torch.int16, (16, 64))
    decibels = batch.inputs[1].float()
    assert -120 < float(decibels.min()) < float(decibels.max()) < 60
    assert int(batch.inputs[2][:, 0].unique()) == 2  # [CLS] comes first.
