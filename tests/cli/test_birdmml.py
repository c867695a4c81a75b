"""The command `birdmml`: machine-readable output, and one line per error."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from calls import Calls, assert_one_line

from birdmml.data import design_of
from birdmml.settings import Settings
from birdmml.theory import additive_ceilings, structure
from confu_cli.birdmml import birdmml
from confu_core.shards import load_manifest

SMALL = ["--species", "20", "--per-species", "4", "--size", "48", "--seconds", "0.5", "--workers", "1"]
SETTINGS = Settings(species=20, per_species=4, size=48, seconds=0.5)

calls = Calls(birdmml)
invoke, succeed, said = calls.invoke, calls.succeed, calls.said


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that no test may change."""
    root = tmp_path_factory.mktemp("cli") / "birds"
    told = said("build", "--out", root, *SMALL)
    assert told["path"] == str(root) and told["seconds"] > 0
    assert told["splits"] == {"train": 48, "validation": 8, "test": 16, "shift": 8}
    assert told["formats"] == ["parquet", "webdataset"] and told["shards"] == 8
    assert told["config"] == SETTINGS.as_dict()
    return root


@pytest.fixture
def birds(built: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(built, tmp_path / "birds"))


def test_a_build_again_leaves_all_as_it_is_and_says_how_to_load_it(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    text = succeed("build", "--out", built, *SMALL)
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before
    assert "80 triplets of 20 species in 8 shards" in text
    (line,) = [line.strip() for line in text.splitlines() if "read_parquet" in line]
    path = line.partition('"')[2].partition('"')[0]
    assert pq.read_table(path).num_rows == 16


def test_info_is_one_object_with_the_exact_structure(built: Path) -> None:
    told = said("info", built)
    exact = json.loads(json.dumps(structure(design_of(SETTINGS)).as_dict()))
    additive = additive_ceilings(design_of(SETTINGS))
    for name, group in {**exact["groups"], "all": exact["overall"]}.items():
        group["additive_ceiling"] = additive[name]
    assert {name: told["information"][name] for name in exact} == exact
    assert told["captions"]["total"] == 80 and 75 <= told["captions"]["distinct"] <= 80
    assert told["splits"] == SETTINGS.splits and told["seed"] == 0


def test_info_of_an_older_dataset_has_what_its_manifest_lacks(birds: Path) -> None:
    whole = said("info", birds)["information"]
    path = birds / "manifest.json"
    manifest = json.loads(path.read_text())
    for one in (manifest["information"]["overall"], *manifest["information"]["groups"].values()):
        del one["connected_information"], one["single_ceiling"], one["higher_order_headroom"]
        one["pairwise_ceiling"] = max(one["bayes_image"], one["bayes_audio"])  # As it was called then.
    del manifest["digest"]  # Which manifests of then did not have either.
    path.write_text(json.dumps(manifest))
    assert said("info", birds)["information"] == whole
    assert "before there were ceilings of every order; they are computed." in invoke("info", birds).stderr


def test_info_for_readers_shows_splits_ceilings_and_informations(built: Path) -> None:
    text = succeed("info", built)
    overall = structure(design_of(SETTINGS)).overall
    for part in (
        "train",
        "shift",
        "additive",
        "headroom",
        "synergy",
        f"{overall.bayes_image:.4f}",
        f"{overall.mi_both:.4f}",
    ):
        assert part in text
    assert "distinct captions of 80" in text


def test_verify_is_one_object_and_ends_with_1_for_damage(birds: Path) -> None:
    assert said("verify", birds, "--deep")["ok"] is True
    assert "complete and unaltered" in succeed("verify", birds)
    (birds / "data/test-00000-of-00001.parquet").unlink()
    result = invoke("verify", birds, "--json")
    assert result.exit_code == 1
    assert [finding["path"] for finding in json.loads(result.stdout)["findings"]] == [
        "data/test-00000-of-00001.parquet"
    ]
    assert "data/test-00000-of-00001.parquet: is missing" in invoke("verify", birds).stdout


def test_preview_is_one_object_and_two_files(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "gallery.html"
    told = said("preview", built, "--out", out, "--split", "train,test", "--per-species", "1")
    assert told == {
        "page": str(out),
        "sheet": str(tmp_path / "gallery.png"),
        "splits": told["splits"],
        "species": 20,
        "bytes": out.stat().st_size,
        "cards": 20,
    }
    assert set(told["splits"]) == {"train", "test"} and sum(told["splits"].values()) == 20
    assert (tmp_path / "gallery.png").read_bytes().startswith(b"\x89PNG")
    sheet = tmp_path / "sheets" / "sheet.png"
    words = ["--sheet", sheet, "--species", "bobolink,Snow Goose", "--limit", "3", "--seed", "7"]
    assert succeed("preview", built, "--out", out, *words).startswith(f"{out}: 3 triplets of 2 species, ")
    assert sheet.exists() and {path.name for path in tmp_path.iterdir()} == {"gallery.html", "gallery.png", "sheets"}


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--split", "trian"], 2, "has no split 'trian': did you mean 'train'?"),
        (["--species", "Snowy Owls"], 2, "has no species 'Snowy Owls': did you mean 'Snowy Owl'?"),
        (["--limit", "0"], 2, "limit must be a whole number of at least 1; got 0"),
        (["--out", "/dev/null/gallery.html", "--limit", "1"], 1, "cannot write /dev/null/gallery.html: "),
    ],
)
def test_a_preview_that_cannot_be_is_one_line(
    built: Path, tmp_path: Path, words: list[str], status: int, message: str
) -> None:
    assert_one_line(invoke("preview", built, "--out", tmp_path / "g.html", *words), status, message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["info", "verify", "preview"])
def test_no_dataset_is_one_line(verb: str, tmp_path: Path) -> None:
    words = ["--out", tmp_path / "g.html"] if verb == "preview" else []
    message = "none does not exist; build a dataset there first"
    assert_one_line(invoke(verb, tmp_path / "none", *words), 1, message)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shares", "redundant=0.6,xor=0.3"], "shares must add up to 1; got 0.9 (redundant 0.6, xor 0.3)"),
        (["--shares", "redundant=0.6,xr=0.4"], "unknown setting shares.xr: did you mean 'xor'?"),
        (["--shares", "xor=most"], "xor must be a number; got 'most'"),
        (["--shares", "redundant=0.99,xor=0.01"], "xor must have at least 2 species"),
        (["--p", "1.5"], "p must be in [0, 1]; got 1.5"),
        (["--per-species", "3"], "per_species must be in [4, 1e+06]; got 3.0"),
        (["--species", "5000"], "which the table has; got 5000"),
        (["--species", "Bleu Jay,Canada Jay"], "unknown species 'Bleu Jay': did you mean 'Blue Jay'?"),
        (["--species", "Blue Jay"], "species must be a number or at least 2 names; got ['Blue Jay']"),
        (["--species", "Blue Jay, blue jay"], "species must be named once each; got 'Blue Jay' and 'blue jay'"),
        (["--species", "20.5"], "'20.5' is neither a whole number nor names with commas"),
        (["--preset", "smal"], "no preset 'smal': did you mean 'small'?"),
        (["--caption", "name_shar=0.5"], "unknown setting caption.name_shar: did you mean 'name_share'?"),
        (["--caption", "marks=2"], "marks must be in [0, 1]; got 2.0"),
        (["--format", "parquet,tar"], "tar"),
        (["--workers", "0"], "workers must be a whole number of at least 1; got 0"),
        (["--size", "wide"], "wide"),
    ],
)
def test_a_build_asked_for_wrongly_is_one_line(tmp_path: Path, words: list[str], message: str) -> None:
    assert_one_line(invoke("build", "--out", tmp_path / "birds", *SMALL, *words), 2, message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("speces = 3", "unknown setting 'speces': did you mean 'species'?"),
        ("[caption]\nmark = 1", "unknown setting caption.mark: did you mean 'marks'?"),
        ("p = 'all'", "p must be in [0, 1]; got 'all'"),
        ("preset = 3", "preset must be the name of one (tiny, small, paper, xor); got 3"),
        ("caption = 3", "caption must be a table of name_share,"),
        ("p = ", "birds.toml is no TOML: "),
    ],
)
def test_a_file_with_something_wrong_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "birds.toml").write_text(text)
    words = ["--config", tmp_path / "birds.toml", "--caption", "nature=0.5"]
    assert_one_line(invoke("build", "--out", tmp_path / "birds", *words), 2, message)
    assert not (tmp_path / "birds").exists()


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    words = ["build", "--out", tmp_path / "birds", "--config", tmp_path / "none.toml"]
    assert_one_line(invoke(*words), 2, "none.toml cannot be read: No such file or directory")


def test_another_config_says_what_differs_and_harms_nothing(birds: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in birds.rglob("*")}
    result = invoke("build", "--out", birds, *SMALL, "--p", "0.5", "--seed", "9")
    assert_one_line(result, 1, f"{birds} holds another dataset (p: 1.0 there, 0.5 here; seed: 0 there, 9 here)")
    assert {path: path.stat().st_mtime_ns for path in birds.rglob("*")} == before


def test_species_are_named_by_a_flag_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "birds.toml").write_text("species = ['Blue Jay', 'Canada Jay']\nsize = 16\nseconds = 0.25\n")
    words = ["--config", tmp_path / "birds.toml", "--shares", "redundant=1", "--per-species", "4", "--workers", "1"]
    told = said("build", "--out", tmp_path / "file", *words)
    assert told["config"]["species"] == ["Canada Jay", "Blue Jay"]
    text = succeed("build", "--out", tmp_path / "flag", *words, "--species", "canada jay, Turdus migratorius")
    assert "8 triplets of 2 species" in text
    config = load_manifest(tmp_path / "flag" / "manifest.json").config
    assert config["species"] == ["Canada Jay", "American Robin"]
    text = succeed("info", tmp_path / "flag")
    assert "Canada Jay" in text and "additive" not in text  # Pairs are everything.


def test_flags_go_before_the_file_and_the_file_before_the_preset(tmp_path: Path) -> None:
    (tmp_path / "birds.toml").write_text(
        "preset = 'tiny'\nspecies = 10\nper_species = 4\nsize = 16\nseconds = 0.25\np = 1\n"
        "[shares]\nxor = 1\n[caption]\nmarks = 0.25\nnature = 0.125\n"
    )
    words = ["--config", tmp_path / "birds.toml", "--p", "0.5", "--caption", "nature=1", "--workers", "1"]
    config = said("build", "--out", tmp_path / "birds", *words, "--species", "20", "--format", "parquet")["config"]
    assert (config["species"], config["per_species"], config["size"], config["p"]) == (20, 4, 16, 0.5)
    assert config["shares"]["xor"] == 1 and config["shares"]["redundant"] == 0
    assert (config["caption"]["marks"], config["caption"]["nature"]) == (0.25, 1)
    assert load_manifest(tmp_path / "birds" / "manifest.json").config == config
    (tmp_path / "preset.toml").write_text("preset = 'paper'\nper_species = 4\nsize = 16\n")
    words = ["--config", tmp_path / "preset.toml", "--preset", "tiny", "--seconds", "0.25", "--workers", "1"]
    assert said("build", "--out", tmp_path / "tiny", *words)["config"]["species"] == 12


def test_the_same_dials_from_a_file_and_from_flags_are_the_same_dataset(built: Path, tmp_path: Path) -> None:
    (tmp_path / "birds.toml").write_text("species = 20\nper_species = 4.0\nsize = 48\nseconds = 0.5\np = 1\n")
    assert said("build", "--out", built, "--config", tmp_path / "birds.toml")["path"] == str(built)


@pytest.mark.parametrize("verb", ["build", "info", "verify", "preview"])
def test_help_ends_with_an_example(verb: str) -> None:
    text = succeed(verb, "--help")
    assert text.rstrip().splitlines()[-1].strip().startswith(f"Example: birdmml {verb} ")
