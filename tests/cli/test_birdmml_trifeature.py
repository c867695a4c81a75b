"""Every verb of `birdmml` on Trifeature, whose ceilings its manifest tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from calls import Calls

from birdmml.bench import open_data, open_task
from confu_cli.birdmml import birdmml
from confu_core.media.opened import _warn, _warn_once
from confu_core.media.settings import MediaSettings

QUICK = ["--epochs", "1", "--batch-size", "20", "--dim", "8", "--feature-dim", "8", "--width", "8", "--side", "8"]
SYNERGY = "trifeature:balanced?task=synergy&train=100&validation=100&test=100"
calls = Calls(birdmml)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a dataset and a place for the cache."""
    folder = tmp_path_factory.mktemp("trifeature")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        built = calls.said("build", "--from", SYNERGY, "--out", folder / "tri", "--format", "parquet", "--workers", "1")
        assert built["splits"] == {"train": 100, "validation": 100, "test": 100}
        yield folder


def test_info_shows_ceilings_and_what_needs_no_fusion(place: Path) -> None:
    text = calls.succeed("info", place / "tri")
    assert " synergy      0.5000   0.5000     0.5000     0.6900   1.0000" in text
    assert "macro: 50.0 by logistic regression on separate perfect one-hot codes." in text
    assert "Ceilings are not known" not in text and "synergy, macro" not in text  # Classes are as frequent.
    known = calls.said("info", place / "tri")["information"]
    assert known["exact"]["tasks"]["synergy"]["additive_ceiling"] == pytest.approx(0.69)
    assert known["ceilings"]["all"]["image1+image2"] == pytest.approx({"single": 0.5, "pairwise": 0.5, "bayes": 1.0})


def test_gallery_audit_card_and_verify(place: Path, tmp_path: Path) -> None:
    assert calls.said("verify", place / "tri", "--deep")["ok"]
    assert calls.said("preview", place / "tri", "--out", tmp_path / "page.html")["cards"] == 8
    page = (tmp_path / "page.html").read_text()
    assert page.count("data:image") == 16 and "Ceilings are known: birdmml info shows them." in page
    audited = calls.invoke("audit", place / "tri", "--rows", "40", "--workers", "1")
    assert audited.exit_code in (0, 1) and audited.stderr == "" and "Linear probes" in audited.stdout
    calls.said("publish", place / "tri", "--out", tmp_path / "release", "--date", "2026-01-01")
    card = (tmp_path / "release/README.md").read_text()
    assert "| image1+image2 | 0.500 | 0.500 | 1.000 |" in card and "is not known" not in card


def test_settings_that_hide_what_tells_the_classes_are_named_once(caplog: pytest.LogCaptureFixture) -> None:
    _warn_once.cache_clear()
    data = "trifeature:?train=2&validation=1&test=1&task="
    for task, side in (("synergy", 95), ("synergy", 95), ("synergy", 96), ("redundancy", 8)):
        open_task(MediaSettings(data=data + task, side=side), stream=True)
    expected = "trifeature: pictures of 95 pixels a side lose some of what tells the synergy; give --side 96 or more"
    assert caplog.messages == [expected]
    caplog.clear()
    for augment in (("flip", "crop"), ("crop",)):
        digits = replace(open_data(data + "redundancy").contents, spoiled_by=("flip",))
        _warn("digits", digits, MediaSettings(data=data, augment=augment))
    assert caplog.messages == ["digits: the augmentation flip changes what tells the shape; leave it out"]


def test_a_run_and_the_norm_probe(place: Path, tmp_path: Path) -> None:
    found = calls.said("run", "--data", place / "tri", "--method", "clip", *QUICK, "--model", tmp_path / "model.pt")
    assert (found["bayes_accuracy"], found["pairwise_ceiling"]) == pytest.approx((1, 0.5)) and 0 <= found[
        "accuracy"
    ] <= 1
    text = calls.succeed("evaluate", "--model", tmp_path / "model.pt", "--data", place / "tri", "--norm-probe")
    assert "Norm probe of image1+image2: " in text
