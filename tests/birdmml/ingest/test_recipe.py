"""Real media as shards: the same bytes however they are built, what the files held, and all that was left out."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import re
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import webdataset as wds
from click.testing import CliRunner, Result
from PIL import Image, ImageOps
from real_files import NAMES, RATE, contents_of, encoded, make_source, picture, rows_of, tones, write_csv, write_files

from birdmml.card import words_of
from birdmml.describe import describe
from birdmml.ingest import IngestSettings, Source, real_recipe, settings_of
from birdmml.ingest.media import look_at_picture
from confu_cli.birdmml import birdmml
from confu_core.datasets import contents_of as said_of
from confu_core.errors import DatasetError
from confu_core.io.storage import RemotePath
from confu_core.parallel.cluster import engine_in_use
from confu_core.publish import Edition, assemble
from confu_core.shards import build, open_dataset, verify

DIALS = ["--size", "32", "--seconds", "0.5", "--sample-rate", str(RATE), "--workers", "1", "--shard-rows", "5"]
SETTINGS = IngestSettings(size=32, seconds=0.5, sample_rate=RATE)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "real-cache"))


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(birdmml, list(map(str, words)))


def succeed(*words: str | Path) -> str:
    result = call(*words)
    assert (result.exit_code, result.stderr) == (0, ""), result.stderr
    return result.stdout


def fails(*words: str | Path, status: int) -> str:
    result = call(*words)
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert (result.exit_code, result.stdout) == (status, ""), result.stderr
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve rows, and one whose picture is a copy."""
    root = tmp_path_factory.mktemp("source")
    make_source(root)
    copy = {**rows_of(13)[12], "photo_file": "photos/3.jpg", "audio_file": "audio/3.wav"}
    return write_csv(root / "manifest.csv", [*rows_of(12), copy])


@pytest.fixture(scope="module")
def built(source: Path) -> Path:
    """A dataset that no test may change."""
    root = source.parent.parent / "built-real"
    shutil.rmtree(root, ignore_errors=True)
    recipe = real_recipe(Source(source), SETTINGS, cache=root.parent / "built-cache")
    build(recipe, root, formats=("parquet", "webdataset"), shard_rows=5)
    return root


@pytest.fixture
def copied(built: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(built, tmp_path / "real"))


def hashes(root: Path) -> dict[str, str]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_two_processes_write_the_bytes_of_one(
    source: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setattr("birdmml.ingest.inspect.CHUNK_FILES", 3)
    with engine_in_use(engine, None):
        recipe = real_recipe(Source(source), SETTINGS, cache=tmp_path / "cache", workers=2)
    build(recipe, tmp_path / "two", formats=("parquet", "webdataset"), shard_rows=5, workers=2)
    assert hashes(tmp_path / "two") == hashes(built)
    assert verify(tmp_path / "two", deep=True).ok


def test_pictures_and_sounds_are_those_of_the_files(built: Path) -> None:
    for row in open_dataset(built).table("train").to_pylist():
        number = int(row["photo_file"].removeprefix("photos/").removesuffix(".jpg"))
        assert (row["key"], row["species"]) == (f"row-{number + 1:07d}", NAMES[number % 3])
        assert (row["caption"], row["individual"], row["camera"]) == (
            f"a bird, number {number}",
            f"bird {number // 2}",
            "old",
        )
        assert row["licence"] == ("CC BY 4.0" if number % 2 else "CC0")
        square = ImageOps.fit(Image.open(io.BytesIO(encoded(picture(number)))), (32, 32), Image.Resampling.BICUBIC)
        # In grey, since JPEG keeps colours at half the resolution.
        pixels = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])).convert("L")).astype(int)
        assert np.abs(pixels - np.asarray(square.convert("L"))).mean() < 2
        samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
        assert (rate, len(samples)) == (RATE, RATE // 2)
        whole = tones(number)
        # The clip is a piece of the file, but for its level.
        match = np.correlate(whole, samples, "valid") / np.linalg.norm(samples)
        start = int(np.argmax(match))
        assert match[start] / np.linalg.norm(whole[start : start + len(samples)]) > 0.999


def test_the_manifest_says_what_the_columns_are_and_what_became_of_the_rows(built: Path) -> None:
    manifest = open_dataset(built).manifest
    contents = said_of(manifest)
    assert (contents.label, contents.classes) == ("species", tuple(sorted(NAMES)))
    assert contents.inputs.names == ("image", "audio", "caption")
    assert contents.groups == ()  # One of the species is not in the table, and the manifest has no families.
    assert ("a recording of a Pica pica", 1) in contents.prompts
    assert ("a photo of an American Robin (Turdus migratorius)", 2) in contents.prompts
    said = manifest.information
    assert said["ceilings"] is None and said["licences"] == {"CC BY 4.0": 6, "CC0": 6}
    assert (said["source"]["rows"], said["source"]["rejected_rows"]) == (13, 1)
    assert said["source"]["findings"] == {"duplicate": 2}
    assert "/" not in json.dumps(manifest.config)  # No path: the same files elsewhere are the same dataset.
    assert settings_of(manifest) == SETTINGS
    rejects = pq.read_table(built / "rejects.parquet").to_pylist()
    assert [(one["key"], one["row"], one["file"]) for one in rejects] == [
        ("row-0000013", 13, "photos/3.jpg"),
        ("row-0000013", 13, "audio/3.wav"),
    ]
    assert (
        f"{hashlib.sha256((built / 'rejects.parquet').read_bytes()).hexdigest()}  rejects.parquet"
        in (built / "SHA256SUMS").read_text()
    )
    assert hashlib.sha256((built / "rejects.parquet").read_bytes()).hexdigest() == said["rejects_sha256"]


# webdataset leaves it to the garbage collector to close the tars.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_readers_of_others_load_it(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    loaded = datasets.load_dataset(str(built), cache_dir=str(tmp_path / "hf"))
    assert isinstance(loaded["train"].features["audio"], datasets.Audio)
    loaded = loaded.cast_column("audio", datasets.Audio(decode=False))
    splits = open_dataset(built).manifest.splits
    assert {name: len(one) for name, one in loaded.items()} == splits
    assert loaded["train"][0]["image"].size == (32, 32)
    tars = sorted(map(str, (built / "webdataset").glob("train-*.tar")))
    read = list(wds.WebDataset(tars, shardshuffle=False).decode("pilrgb", lambda key, data: data))
    assert len(read) == splits["train"]
    assert {one["__key__"] for one in read} == set(loaded["train"]["key"])


def test_a_second_run_decodes_nothing_again(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = real_recipe(Source(source), SETTINGS, cache=tmp_path)
    with monkeypatch.context() as patched:
        for name in ("picture", "sound"):
            verb = "look_at_picture" if name == "picture" else "listen_to_sound"
            patched.setattr(f"birdmml.ingest.inspect.{verb}", lambda *_: pytest.fail("decoded again"))
        assert real_recipe(Source(source), SETTINGS, cache=tmp_path).plan == first.plan
    # What is damaged, or of other settings, is found out again.
    for path in (tmp_path / "ingest/found").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    assert real_recipe(Source(source), SETTINGS, cache=tmp_path).plan == first.plan


def test_an_interrupted_inspection_goes_on_where_it_was(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("birdmml.ingest.inspect.CHUNK_FILES", 3)
    seen: list[bytes] = []

    def look(data: bytes) -> dict[str, Any]:
        if len(seen) == 7:
            raise KeyboardInterrupt
        seen.append(data)
        return look_at_picture(data)

    monkeypatch.setattr("birdmml.ingest.inspect.look_at_picture", look)
    with pytest.raises(KeyboardInterrupt):
        real_recipe(Source(source), SETTINGS, cache=tmp_path)
    assert len(list((tmp_path / "ingest/found").iterdir())) == 2  # Six pictures; the seventh was in the third chunk.
    seen.clear()
    real_recipe(Source(source), SETTINGS, cache=tmp_path)
    assert len(seen) == 6


def test_bad_shards_and_a_lost_list_are_written_again_from_the_source(source: Path, built: Path, copied: Path) -> None:
    (copied / "data/train-00000-of-00002.parquet").write_bytes(b"damage")
    (copied / "rejects.parquet").write_bytes(b"damage")
    assert call("verify", copied).exit_code == 1
    said = fails("verify", copied, "--repair", status=2)
    assert "is repaired from the files that it was built from; name them with --from" in said
    text = succeed("verify", copied, "--repair", "--from", source)
    assert "train-00000-of-00002.parquet: written again" in text and "rejects.parquet: written again" in text
    assert hashes(copied) == hashes(built)


def test_a_repair_from_other_files_is_refused(copied: Path, tmp_path: Path) -> None:
    other = make_source(tmp_path / "other", 6)
    said = fails("verify", copied, "--repair", "--from", other, status=1)
    assert "does not describe what would be built" in said


def test_the_verbs_tell_of_real_media(source: Path, built: Path, tmp_path: Path) -> None:
    text = succeed("build", "--from", source, "--out", tmp_path / "real", *DIALS)
    assert "12 triplets of 3 classes in " in text and "Left out: 1 of 13 rows, listed in rejects.parquet" in text
    assert "duplicate" in text and "none of which crosses splits" in text
    assert hashes(tmp_path / "real") == hashes(built)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "real").rglob("*")}
    told = json.loads(succeed("build", "--from", source, "--out", tmp_path / "real", *DIALS, "--json"))
    assert told["information"]["source"]["findings"] == {"duplicate": 2} and told["name"] == "birdmml-real"
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "real").rglob("*")} == before
    info = succeed("info", built)
    for part in ("Pica pica", "CC BY 4.0", "picture", "Left out: 1 of 13 rows", "Ceilings are not known"):
        assert part in info
    assert json.loads(succeed("info", built, "--json"))["classes"]["Pica pica"]["train"] >= 1
    assert "complete and unaltered" in succeed("verify", built, "--deep")


@pytest.mark.parametrize("formats", ["parquet", "webdataset"])
def test_a_preview_shows_pictures_sounds_and_captions(source: Path, tmp_path: Path, formats: str) -> None:
    succeed("build", "--from", source, "--out", tmp_path / "real", "--format", formats, *DIALS)
    told = json.loads(
        succeed("preview", tmp_path / "real", "--out", tmp_path / "g.html", "--per-species", "2", "--json")
    )
    assert (told["cards"], told["species"]) == (6, 3) and told["bytes"] == (tmp_path / "g.html").stat().st_size
    page = (tmp_path / "g.html").read_text()
    for part in ("<article", "data:image/jpeg;base64", "data:audio/flac;base64", 'class="spectrogram"'):
        assert page.count(part) == 6 if part != 'class="spectrogram"' else page.count("<svg") == 6
    assert "a bird, number" in page and "CC BY 4.0" in page and "http" not in page.replace("http-equiv", "")
    assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG")
    said = fails("preview", tmp_path / "real", "--out", tmp_path / "g.html", "--species", "Pica picca", status=2)
    assert "has no species 'Pica picca': did you mean 'Pica pica'?" in said


def test_captions_cannot_write_into_the_page(tmp_path: Path) -> None:
    source = make_source(tmp_path / "source", 4)
    rows = [{**row, "combined_caption": "<script>alert(1)</script>", "camera": "<b>"} for row in rows_of(4)]
    succeed("build", "--from", write_csv(source, rows), "--out", tmp_path / "real", *DIALS)
    succeed("preview", tmp_path / "real", "--out", tmp_path / "g.html")
    page = (tmp_path / "g.html").read_text()
    assert "<script>alert" not in page and "<b>" not in page and "&lt;script&gt;alert" in page


def test_the_published_release_with_one_part_missing_gives_what_is_complete(tmp_path: Path) -> None:
    """Photos in a folder, recordings in an archive of sixteen parts of which the eighth was never uploaded."""
    files = contents_of(40)
    write_files(tmp_path / "release", {name: data for name, data in files.items() if name.startswith("photos")})
    archive = tmp_path / "release/audio.tar.gz"
    with tarfile.open(tmp_path / "audio.tar", "w") as tar:
        for name, data in files.items():
            if name.startswith("audio"):
                noise = tarfile.TarInfo(f"{name}.txt")
                noise.size = 4000
                tar.addfile(noise, io.BytesIO(os.urandom(4000)))
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    packed = gzip.compress((tmp_path / "audio.tar").read_bytes(), 1)
    size = len(packed) // 16 + 1
    for place in range(16):
        if place != 7:
            part = archive.with_name(f"audio.tar.gz.part-a{'abcdefghijklmnop'[place]}")
            part.write_bytes(packed[place * size : (place + 1) * size])
    manifest = write_csv(
        tmp_path / "release/manifest.csv", [{**row, "individual": row["photo_file"]} for row in rows_of(40)]
    )
    roots = ["--root", tmp_path / "release", "--root", archive]
    text = succeed("build", "--from", manifest, *roots, "--out", tmp_path / "real", *DIALS)
    dataset = open_dataset(tmp_path / "real")
    (said,) = dataset.manifest.information["archives"]
    count = sum(dataset.manifest.splits.values())
    assert 14 <= count <= 18 and dataset.manifest.information["source"]["findings"] == {"missing": 40 - count}
    assert (said["parts"], said["missing"], said["complete"]) == (15, ["ah"], False)
    assert "audio.tar.gz: " in text and "of its parts ah is missing; it is cut behind 'audio/" in text
    numbers = sorted(
        row["audio_file"] for split in dataset.manifest.splits for row in dataset.rows(split, ["audio_file"])
    )
    assert numbers == sorted(f"audio/{i}.wav" for i in range(count))
    rejects = pq.read_table(tmp_path / "real/rejects.parquet").to_pylist()
    assert all("audio.tar.gz, which can be read up to" in one["detail"] for one in rejects)
    assert "ah is missing" in succeed("info", tmp_path / "real")
    assert verify(tmp_path / "real", deep=True).ok


def test_what_is_labelled_by_other_than_species_is_called_nothing_of_birds(source: Path, tmp_path: Path) -> None:
    rows = [
        {
            "label": ("Siamese", "Sphynx", "tabby")[at % 3],
            "image": str(source.parent / row["photo_file"]),
            "audio": str(source.parent / row["audio_file"]),
            "caption": f"a cat, number {at}",
            "license": "CC0",
        }
        for at, row in enumerate(rows_of(12))
    ]
    recipe = real_recipe(
        Source(write_csv(tmp_path / "cats.csv", rows), (source.parent,)), SETTINGS, cache=tmp_path / "cache"
    )
    build(recipe, tmp_path / "cats", formats=("parquet",))
    dataset = open_dataset(tmp_path / "cats")
    assert {row["label"] for row in dataset.table("train").to_pylist()} == {"Siamese", "Sphynx", "tabby"}
    known = describe(dataset)
    assert (known.contents.label, dataset.manifest.name) == ("label", "own-media")
    assert settings_of(dataset.manifest) == SETTINGS
    release = assemble(dataset, words_of(dataset), Edition("2026-01-01"))
    texts = [release.part(name) for name in ("README.md", "croissant.json", "CITATION.cff", "manifest.json")]
    said = " ".join(
        part.source.decode() if isinstance(part.source, bytes) else part.source.read_text() for part in texts
    )
    assert "Siamese" in said
    assert not re.search(r"(?i)\b(birds?|species|songs?)\b", said.replace("birdmml audit", ""))


def test_other_names_of_columns_come_from_flags_or_from_a_file(source: Path, tmp_path: Path) -> None:
    names = {"scientific_name": "species", "photo_file": "image_path", "combined_caption": "combined_text"}
    rows = [{names.get(name, name): value for name, value in row.items()} for row in rows_of(12)]
    manifest = write_csv(tmp_path / "other.csv", rows)
    root = ["--root", source.parent, "--format", "parquet"]
    said = fails("build", "--from", manifest, *root, "--out", tmp_path / "none", *DIALS, status=1)
    assert "has no column 'scientific_name'" in said and "'combined_caption' (did you mean 'combined_text'?)" in said
    given = ",".join(f"{role}={name}" for role, name in names.items())
    flags = [*root, "--map", given, "--window", "middle", "--loudness", "none", *DIALS]
    succeed("build", "--from", manifest, "--out", tmp_path / "flags", *flags)
    (tmp_path / "real.toml").write_text(
        f"size = 32\nseconds = 0.5\nsample_rate = {RATE}\nwindow = 'middle'\nloudness = 'none'\n[map]\n"
        + "\n".join(f"{role} = '{name}'" for role, name in names.items())
    )
    words = ["--config", tmp_path / "real.toml", "--shard-rows", "5", "--workers", "1"]
    succeed("build", "--from", manifest, *root, "--out", tmp_path / "file", *words)
    assert hashes(tmp_path / "flags") == hashes(tmp_path / "file")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--p", "0.5"], 2, "--p is a dial of generated data; leave it out with --from"),
        (["--preset", "tiny"], 2, "--preset is a dial of generated data; leave it out with --from"),
        (["--caption", "marks=1"], 2, "--caption is a dial of generated data; leave it out with --from"),
        (["--audio-reuse", "0.5"], 2, "--audio-reuse is a dial of generated data; leave it out with --from"),
        (["--window", "lodest"], 2, "window has no value 'lodest'; did you mean 'loudest'?"),
        (["--loudness", "loud"], 2, "'loud' is neither a level in dB nor none"),
        (["--split", "0.5,0.6,0.1"], 2, "split must be 3 shares that add up to 1"),
        (["--map", "photo=camera"], 2, "--map has no column 'photo': did you mean 'photo_file'?"),
        (["--map", "photo_file"], 2, "--map takes NAME=VALUE; got 'photo_file'"),
        (["--root", "nowhere"], 1, "the root nowhere does not exist"),
        (["--min-side", "100", *DIALS], 1, "no row of 13 can be used (too small 13)"),
        (["--format", "tar", *DIALS], 2, "unknown format 'tar'"),
    ],
)
def test_a_build_of_real_media_asked_for_wrongly_is_one_line(
    source: Path, tmp_path: Path, words: list[str], status: int, message: str
) -> None:
    assert message in fails("build", "--from", source, "--out", tmp_path / "real", *words, status=status)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--window", "middle"], 2, "--window is for real media; name them with --from manifest.csv"),
        (["--root", "photos"], 2, "--root is for real media; name them with --from manifest.csv"),
        (["--from", "none.csv"], 1, "none.csv does not exist; give a CSV or Parquet manifest"),
        (["--from", "ssw61:/data"], 2, "no dataset is read as 'ssw61:'; did you mean 'ssw60'?"),
        (["--from", "ssw60:/data", "--size", "32"], 2, "--size is for a manifest of files; options of ssw60: follow"),
        (["--from", "ssw60:/data", "--root", "x"], 2, "--root is for a manifest of files; options of ssw60: follow"),
    ],
)
def test_a_source_asked_for_wrongly_is_one_line(tmp_path: Path, words: list[str], status: int, message: str) -> None:
    assert message in fails("build", "--out", tmp_path / "real", *words, status=status)
    assert list(tmp_path.iterdir()) == []


def test_datasets_of_others_go_through_the_same_verbs(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    part = {name: random.normal(size=(4, 5, 3)).astype(np.float32) for name in ("vision", "audio", "text")}
    part |= {"labels": np.array([-1.0, 1.0, -2.0, 2.0]).reshape(4, 1, 1), "id": np.arange(4).reshape(4, 1)}
    (tmp_path / "mosi.pkl").write_bytes(pickle.dumps(dict.fromkeys(("train", "valid", "test"), part)))
    where, out = f"mosi:{tmp_path}/mosi.pkl", tmp_path / "mosi"
    text = succeed("build", "--from", where, "--out", out, "--workers", "1")
    assert "12 samples of 2 classes in 6 shards" in text and "cast_column" not in text
    info = succeed("info", out)
    assert "sequence" in info and "negative" in info and "Ceilings are not known" in info
    assert "complete and unaltered" in succeed("verify", out, "--deep")
    (out / "webdataset/test-000000.tar").unlink()
    assert "test-000000.tar: written again" in succeed("verify", out, "--repair", "--from", where)
    text = succeed("preview", out, "--out", tmp_path / "g.html")
    assert "8 samples of 2 classes" in text and "no pictures, no contact sheet" in text
    assert not (tmp_path / "g.png").exists()


def test_info_shows_dials_and_no_hashes(built: Path) -> None:
    head = succeed("info", built).partition("Splits")[0].replace("\n", " ")
    assert "apart individual, recording, author; columns licence license" in head and "split none;" in head
    assert "sha256" not in head and "{" not in head and open_dataset(built).manifest.config["manifest_sha256"]


def test_a_manifest_and_its_files_may_lie_behind_a_url(built: Path, source: Path, tmp_path: Path) -> None:
    root = RemotePath("memory://real-source")
    for path in source.parent.rglob("*"):
        if path.is_file():
            (root / path.relative_to(source.parent).as_posix()).write_bytes(path.read_bytes())
    recipe = real_recipe(Source(f"{root}/manifest.csv"), SETTINGS, cache=tmp_path / "cache")
    build(recipe, tmp_path / "real", formats=("parquet", "webdataset"), shard_rows=5)
    assert hashes(tmp_path / "real") == hashes(built)
    root.remove_tree()


def test_a_change_that_no_stamp_tells_is_found_and_healed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(source.parent, tmp_path / "source"))
    cache = tmp_path / "cache"
    monkeypatch.setattr("birdmml.ingest.files.FolderFiles.stamp", lambda self, name: "always the same")
    real_recipe(Source(root / "manifest.csv"), SETTINGS, cache=cache)
    (root / "photos/2.jpg").write_bytes(encoded(picture(99)))
    with pytest.raises(DatasetError, match="photos/2.jpg has changed .*; run the same build again, with another --out"):
        build(real_recipe(Source(root / "manifest.csv"), SETTINGS, cache=cache), tmp_path / "first")
    build(real_recipe(Source(root / "manifest.csv"), SETTINGS, cache=cache), tmp_path / "second")
    assert verify(tmp_path / "second", deep=True).ok


def test_another_seed_is_another_dataset(source: Path, copied: Path) -> None:
    said = fails("build", "--from", source, "--out", copied, *DIALS, "--seed", "1", status=1)
    assert "holds another dataset" in said and "seed: 0 there, 1 here" in said


def test_generated_settings_cannot_be_read_from_real_media(built: Path, source: Path) -> None:
    manifest = open_dataset(built).manifest
    with pytest.raises(DatasetError, match="it was not built from a manifest of files"):
        settings_of(type(manifest)(**{**vars(manifest), "name": "birdmml"}))


def test_a_recipe_is_read_in_place_as_it_is_built(source: Path, built: Path, tmp_path: Path) -> None:
    recipe = real_recipe(Source(source), SETTINGS, cache=tmp_path)
    there: Any = open_dataset(built).table("train")
    assert recipe.rows("train", 2, 5).to_pylist() == there.slice(2, 3).to_pylist()
