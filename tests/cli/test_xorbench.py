"""The command `xorbench`: machine-readable output, one line per error, and nothing half-done after Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from calls import PROGRESS, Calls, assert_one_line, unasked

from confu_cli.options import ListOf
from confu_cli.xorbench import xorbench
from confu_core.errors import ResultsError
from confu_core.runs.results import read_results
from confu_core.shards import TableRecipe
from confu_core.shards import build as build_shards
from confu_core.shards import verify as verify_shards
from xor_bench.data import XorRecipe
from xor_bench.theory import bayes_accuracy, information, pairwise_ceiling

SHORT = ["--epochs", "2", "--train-samples", "200", "--test-samples", "100", "--batch-size", "100"]
QUICK = ["--bits", "2", *SHORT]
METHODS = ["clip", "confu", "gram", "hub", "symile", "triangle", "eao", "pmrl", "gated-symile", "bimodal"]
SHARD = "data/train-00001-of-00003.parquet"
# A shell that starts a process in the background has it ignore Ctrl-C; a terminal does not.
SCRIPT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from confu_cli.xorbench import xorbench
xorbench(prog_name="xorbench")
"""
METHOD_FILE = """
import torch
from confu_core.methods import Method, Term

class Raising(Method):
    def score(self, query, key):
        raise KeyError("no such thing")

class NotFinite(Method):
    def score(self, query, key):
        return torch.full((query.embeddings[0].shape[-2], key.embeddings[0].shape[-2]), torch.nan)

class Pairwise(Method):
    def terms(self):
        return [Term((0,), (1,), 1.0)]

    def score(self, query, key):
        if len(query.modalities) > 1:
            raise NotImplementedError("pairs only")
        return query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT

class NotFiniteLater(Pairwise):
    def score(self, query, key):
        scores = query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT
        return scores if len(query.modalities) == 1 else scores * torch.nan

class Greedy(Pairwise):
    def __init__(self, space):
        super().__init__(space)
        raise RuntimeError("no room")
"""

calls = Calls(xorbench)
invoke, succeed, said = calls.invoke, calls.succeed, calls.said


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that no test may change."""
    root = tmp_path_factory.mktemp("cli") / "xor"
    rows = ["--train", "200", "--validation", "10", "--test", "100", "--shard-rows", "150"]
    manifest = said(
        *["build", "--out", root, "--p", "0.3,0.8", "--bits", "2", "--noise", "0.05", "--seed", "3", *rows],
        *["--format", "parquet,webdataset"],
    )
    assert manifest["path"] == str(root)
    assert manifest["splits"] == {"train": 400, "validation": 20, "test": 200}
    assert (manifest["formats"], manifest["shards"]) == (["parquet", "webdataset"], 12)
    return root


@pytest.fixture
def dataset(built: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(built, tmp_path / "xor"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(METHOD_FILE)
    return path


@pytest.mark.parametrize("method", METHODS)
def test_a_run_is_one_json_object(method: str) -> None:
    row = said("run", "--method", method, "--p", "0.7", "--seed", "4", *QUICK)
    assert (row["method"], row["p"], row["bits"], row["modalities"], row["seed"]) == (method, 0.7, 2, 3, 4)
    assert row["bayes_accuracy"] == bayes_accuracy(0.7, 2)
    assert row["pairwise_ceiling"] == row["single_ceiling"] == pairwise_ceiling(0.7, 2) == 0.25
    assert 0 <= row["accuracy"] <= 1
    assert row["higher_order_capture"] == pytest.approx((row["accuracy"] - 0.25) / (bayes_accuracy(0.7, 2) - 0.25))
    assert row["total_correlation"] == information(0.7, 2).total_correlation
    assert row["total_correlation_bound"] >= 0
    assert row["seconds"] > 0 and row["peak_memory_bytes"] > 1e7
    headline = next(d for d in row["directions"] if d["direction"] == "ac->b")
    assert headline["accuracy"] == row["accuracy"]
    assert len(row["directions"]) == 9


def test_a_method_is_checked_in_one_screen(file: Path) -> None:
    shown = succeed("check-method", "pmrl", "-o", "tau1=0.1", "--modalities", "4")
    assert shown.count("yes  ") == 10 and "Ours, not in its paper: scores of two or more" in shown
    checks = said("check-method", "comm", "-o", "fused_width=16")["checks"]
    assert [check["holds"] for check in checks].count(None) == 2
    broken = invoke("check-method", f"{file}:NotFinite")
    assert broken.exit_code == 1 and " NO  scores of every direction" in broken.stdout and broken.stderr == ""
    causes = re.findall(r"^ NO  .* \((.*)\)$", broken.stdout, re.MULTILINE)
    assert "as above" in causes and len(set(causes)) == len(causes) - causes.count("as above") + 1
    assert_one_line(invoke("check-method", f"{file}:Greedy"), 1, "cannot be made: RuntimeError: no room")
    assert_one_line(invoke("check-method", "clip", "-o", "rank=1"), 2, "clip has no option 'rank'")


def test_of_a_file_the_one_method_that_it_defines_is_checked(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("from confu_core.methods.clip import CLIP\n\n\nclass Only(CLIP):\n    pass\n")
    assert said("check-method", own)["method"] == f"{own}:Only"
    assert_one_line(invoke("run", "--method", own), 2, f"{own} names no class; give {own}:Only")
    assert_one_line(invoke("check-method", file), 2, "must define one method, or be given as")
    assert_one_line(invoke("check-method", tmp_path / "no.py"), 1, "no file")


def test_a_process_of_its_own_prints_the_same_object_and_nothing_else() -> None:
    words = ["run", "--method", "clip", *QUICK, "--json"]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True)
    assert unasked(done.stderr) == "" and done.stdout.count("\n") == 1
    cost = {"seconds": 0, "peak_memory_bytes": 0}
    assert json.loads(done.stdout) | cost == said(*words[:-1]) | cost


def test_off_a_terminal_there_is_a_line_per_epoch_and_per_cell(tmp_path: Path) -> None:
    lines = invoke("run", "--method", "clip", *QUICK).stderr.splitlines()
    assert [PROGRESS.fullmatch(line)[2] for line in lines] == ["1", "2"]  # type: ignore[index]
    assert all(re.match(r"epoch \d of 2: loss \d\.\d{4}; ", line) for line in lines)
    words = ["sweep", "--method", "clip,gram", "--p", "0.5,1", *QUICK, "--workers", "1", "--stack", "1"]
    result = invoke(*words, "--out", tmp_path / "runs")
    rows = {(row["method"], row["p"]): row["accuracy"] for row in read_results(tmp_path / "runs").rows()}
    said = [
        re.match(r"cell (\d) of 4: method (\w+), p ([\d.]+): accuracy ([\d.]+); ", line)
        for line in result.stderr.splitlines()
    ]
    assert [one[1] for one in said if one] == ["1", "2", "3", "4"]
    assert {(one[2], float(one[3])): pytest.approx(float(one[4]), abs=1e-4) for one in said if one} == rows


def test_a_run_is_kept_for_reports(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    row = said("run", "--method", "clip", *QUICK, "--out", out)
    said("run", "--method", "gram", *QUICK, "--out", out)
    assert [one["method"] for one in read_results(out).rows()] == ["clip", "gram"]
    assert read_results(out).rows()[0]["cell"] == row["cell"]
    page, rest = succeed("report", out).splitlines()
    assert Path(page).is_file() and rest.startswith(f"{out / 'report'}: ")
    assert page in succeed("report", out, "-v").splitlines() and len(succeed("report", out, "-v").splitlines()) > 10
    assert_one_line(invoke("run", *QUICK, "--out", __file__), 1, "test_xorbench.py")


def test_methods_have_names_for_readers(tmp_path: Path) -> None:
    out, method = tmp_path / "runs", f"{Path(__file__).parents[2] / 'examples/own_method.py'}:LowRankTensor"
    assert succeed("run", "--method", method, *QUICK, "--out", out).startswith("LowRankTensor at p = 0.5")
    row = said("run", "--method", "clip", *QUICK, "--name", "ours", "--out", out)
    assert (row["method"], row["name"]) == ("clip", "ours")
    assert row["cell"] == said("run", "--method", "clip", *QUICK)["cell"]
    succeed("report", out)
    summary = (out / "report/summary.csv").read_text().splitlines()
    assert {line.split(",")[1] for line in summary[1:]} == {"LowRankTensor", "ours"}
    assert {row["method"] for row in read_results(out).rows()} == {"clip", method}
    assert_one_line(invoke("run", *QUICK, "--name", " "), 2, "--name must be text that can be printed; got ' '")


def test_embeddings_of_codes_are_measured_and_kept(tmp_path: Path) -> None:
    codes = np.eye(4)
    file, out = tmp_path / "mine.npz", tmp_path / "runs"
    np.savez(file, keys=np.array(list("0123")), a=codes, b=codes, c=codes)
    words = ["evaluate", "--embeddings", file, "--p", "0", "--test-samples", "50"]
    row = said(*words, "--out", out)
    assert (row["method"], row["bayes_accuracy"], row["brought"]) == ("mine", 0.25, "embeddings")
    assert {one["direction"]: one["accuracy"] for one in row["directions"]}["a->c"] == 1  # At p = 0 c is a.
    assert "ours at p = 0 (2 bits, 3 modalities, seed 0)" in succeed(*words, "--name", "ours", "--out", out)
    assert [one["method"] for one in read_results(out).rows()] == ["mine", "ours"]
    assert_one_line(invoke("evaluate", "--embeddings", tmp_path / "no.npz"), 1, "no.npz does not exist")
    assert_one_line(invoke(*words, "--parity", "odd"), 2, "parity")


@pytest.mark.parametrize(("package", "command"), [("xor_bench", "xorbench"), ("birdmml", "birdmml")])
def test_a_package_is_run_as_its_command(package: str, command: str) -> None:
    done = subprocess.run([sys.executable, "-m", package, "run", "-h"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Usage: python -m {package} run [OPTIONS]")
    assert f"Example: {command} run" in done.stdout and "-h, --help" in done.stdout


def test_a_run_for_readers_shows_ceilings_and_no_fallbacks() -> None:
    text = succeed("run", "--method", "symile", *QUICK)
    assert "symile at p = 0.5 (2 bits, 3 modalities, seed 0)" in text
    assert "direction accuracy single ceiling pairwise ceiling Bayes accuracy capture" in " ".join(text.split())
    assert "ac->b" in text and "0.6250" in text and "a->b - 0.2500" in " ".join(text.split())
    assert "-: the method defines no score of its own for this direction" in text
    assert "defines no score" not in succeed("run", "--method", "confu", *QUICK)


def test_a_run_on_shards_equals_a_run_without(built: Path) -> None:
    cost = {"seconds": 0, "peak_memory_bytes": 0}
    sampled = said("run", "--method", "clip", "--p", "0.8", "--noise", "0.05", "--seed", "3", *QUICK) | cost
    read = said("run", "--method", "clip", "--data", built, "--p", "0.8", "--epochs", "2", "--batch-size", "100") | cost
    assert read == sampled
    assert read["accuracy"] != said("run", "--method", "clip", "--data", built, "--p", "0.8", *SHORT[:2])["accuracy"]


def test_the_plain_path_ends_where_the_short_one_does() -> None:
    short, plain = (said("run", "--method", "gram", *QUICK, *flag) for flag in ([], ["--plain"]))
    assert plain["final_loss"] == pytest.approx(short["final_loss"], rel=1e-5)


def test_options_of_methods_come_by_name_or_as_pairs() -> None:
    cells = {
        said("run", *QUICK, *words)["cell"]
        for words in (
            ["--lam", "0.3"],
            ["-o", "lam=0.3"],
            ["--option", "lam=0.3"],
            ["-o", "fused-width=128", "-o", "lam=0.3"],
        )
    }
    assert len(cells) == 1
    assert said("run", *QUICK, "-o", "fused-width=32", "--lam", "0.3")["cell"] not in cells
    assert said("run", "--method", "symile", *QUICK, "-o", "negatives=n_squared")["negatives"] == "n_squared"


def test_verify_proves_a_dataset_whole(built: Path) -> None:
    assert "complete and unaltered (12 shards" in succeed("verify", built)
    report = said("verify", built, "--deep")
    assert (report["ok"], report["deep"], report["findings"]) == (True, True, [])


@pytest.mark.parametrize("deep", [[], ["--deep"]])
def test_verify_names_a_shard_with_one_flipped_bit(dataset: Path, deep: list[str]) -> None:
    flip(dataset / SHARD, 300)
    result = invoke("verify", dataset, *deep)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{dataset / SHARD}: ")
    assert result.stderr == f"{dataset}: {result.stdout.count(chr(10))} problems in 12 shards\n"
    report = json.loads(invoke("verify", dataset, *deep, "--json").stdout)
    assert not report["ok"] and {finding["path"] for finding in report["findings"]} == {SHARD}


def test_info_tells_what_a_dataset_holds(built: Path) -> None:
    manifest = said("info", built)
    assert manifest["config"]["p"] == [0.3, 0.8] and manifest["seed"] == 3
    for p in (0.3, 0.8):
        exact = manifest["information"][f"{p:g}"]
        assert information(p, 2, noise=0.05).as_dict().items() <= exact["information"].items()
        assert exact["ceilings"]["ac->b"]["bayes_accuracy"] == bayes_accuracy(p, 2, noise=0.05)
    text = succeed("info", built)
    assert "Information at p = 0.3" in text and "Ceilings at p = 0.8" in text and "a_bits" in text


def test_info_shows_what_settings_imply_of_a_manifest_that_holds_more(dataset: Path) -> None:
    path, text = dataset / "manifest.json", succeed("info", dataset)
    held = {key: value for key, value in json.loads(path.read_text()).items() if key != "digest"}
    held["information"]["0.3"]["information"]["later"] = "a text"
    path.write_text(json.dumps(held))
    assert succeed("info", dataset) == text
    assert said("info", dataset)["information"]["0.3"]["information"]["later"] == "a text"


def test_info_tells_what_is_known_of_a_task() -> None:
    exact = said("info", "--p", "0.5", "--modalities", "4")
    reliable = {"parity": "all", "unreliable": 0.0, "unreliable_of": "all"}
    assert exact["task"] == {"p": 0.5, "bits": 5, "modalities": 4, "noise": 0.0, **reliable}
    law = information(0.5, 5, modalities=4)
    assert law.as_dict().items() <= exact["information"].items()
    assert exact["information"]["connected_information"] == {"2": law.mi_ac, "3": 0.0, "4": law.mi_bc_given_a}
    assert len(exact["ceilings"]) == 12 + 12 + 4
    pair = said("info", "--p", "1", "--bits", "1", "--modalities", "4", "--parity", "pair")
    assert list(pair["ceilings"]["acd->b"]["ceiling_by_order"].values()) == [0.5, 1.0, 1.0]
    assert pair["ceilings"]["acd->b"]["additive_ceiling"] == pytest.approx(0.75)
    assert "additive" in succeed("info", "--bits", "1") and "additive" not in succeed("info", "--noise", "0.1")
    assert (
        exact["ceilings"]["acd->b"] | {"additive_ceiling": None, "additive_limit": 0.5 * 0.6875 + 0.5 / 32}
        == (exact["ceilings"]["acd->b"])
    )
    assert "at most 0.3594" in succeed("info", "--p", "0.5", "--modalities", "4")
    assert "0.5156" in succeed("info", "--p", "0.5", "--bits", "5")


def test_modalities_may_be_unreliable_in_every_verb(tmp_path: Path) -> None:
    dials = ["--unreliable", "0.5", "--unreliable-of", "cb"]
    exact = said("info", "--p", "1", "--bits", "2", *dials)
    assert exact["task"]["unreliable_of"] == "bc"
    ceiling = exact["ceilings"]["ac->b"]["bayes_accuracy"]
    assert ceiling == pytest.approx(0.5 + 0.5 / 4)
    said("build", "--out", tmp_path / "data", "--p", "1", "--bits", "2", "--train", "200", "--test", "100", *dials)
    quick = ["--epochs", "1", "--batch-size", "100"]
    row = said("run", "--method", "clip", "--data", tmp_path / "data", *quick)
    assert (row["unreliable"], row["unreliable_of"], row["bayes_accuracy"]) == (0.5, "bc", ceiling)
    words = ["run", "--data", tmp_path / "data", *quick, "--unreliable", "0.1"]
    assert_one_line(invoke(*words), 2, f"--unreliable is 0.5 in {tmp_path / 'data'}; got 0.1")
    assert_one_line(
        invoke("info", "--unreliable-of", "x"), 2, "unreliable_of must be all, or letters among abc; got 'x'"
    )
    swept = ["sweep", "--method", "clip", "--p", "1", "--bits", "2", "--unreliable", "0,0.5", "--unreliable-of", "bc"]
    said(*swept, *QUICK, "--seed", "0,1,2", "--workers", "1", "--out", tmp_path / "runs")
    found = {row["unreliable"]: row["bayes_accuracy"] for row in read_results(tmp_path / "runs").rows()}
    assert found == {0.0: 1.0, 0.5: pytest.approx(ceiling)}
    succeed("results", "check", tmp_path / "runs")


def test_nothing_of_a_solver_comes_before_the_one_object() -> None:
    words = ["info", "--p", "0.7", "--bits", "1", "--noise", "0.1", "--json"]  # A law that had HiGHS print.
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["ceilings"]["ac->b"]["additive_ceiling"] == pytest.approx(0.5896)


def test_a_sweep_is_kept_cell_by_cell_and_never_done_twice(tmp_path: Path) -> None:
    words = ["sweep", "--method", "clip,confu", "--p", "0:1:0.5", "--seed", "0,1", *QUICK, "--workers", "1"]
    out = tmp_path / "runs"
    first = said(*words, "--out", out)
    assert (first["cells"], first["computed"], first["failed"]) == (12, 12, [])
    assert said(*words, "--out", out)["computed"] == 0
    rows = read_results(out).rows()
    assert {(row["method"], row["p"], row["seed"]) for row in rows} == {
        (method, p, seed) for method in ("clip", "confu") for p in (0.0, 0.5, 1.0) for seed in (0, 1)
    }
    assert "12 cells, 0 computed" in succeed(*words, "--out", out)


def test_a_sweep_with_a_failed_cell_says_so_and_keeps_the_others(tmp_path: Path, file: Path) -> None:
    out = tmp_path / "runs"
    methods = ["Raising", "Pairwise", "NotFiniteLater", "Greedy"]
    words = ["sweep", "--method", ",".join(["clip", *(f"{file}:{name}" for name in methods)]), *QUICK, "--workers", "1"]
    result = invoke(*words, "--out", out)
    assert result.exit_code == 1 and result.stdout.count("\n") == 1
    lines = unasked(result.stderr).splitlines()
    assert len(lines) == 4 and all(line.startswith("cell ") for line in lines)
    rows = {row["method"].rpartition(":")[2]: row for row in read_results(out).rows()}
    assert {name for name, row in rows.items() if row["status"] == "failed"} == set(methods)
    assert rows["clip"]["accuracy"] is not None
    assert "pairs only" in rows["Pairwise"]["error"]


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("0.5", float, [0.5]),
        ("0,1", int, [0, 1]),
        (" 0.1, 0.2 ", float, [0.1, 0.2]),
        ("0:1:0.1", float, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        ("0:1:0.3", float, [0.0, 0.3, 0.6, 0.9]),
        ("2:4", int, [2, 3, 4]),
        ("0:4:2,7", int, [0, 2, 4, 7]),
        ("1:1", float, [1.0]),
        ("clip,a/b.py:C", str, ["clip", "a/b.py:C"]),
    ],
)
def test_lists_and_ranges_are_exact(text: str, kind: type, values: list[Any]) -> None:
    assert ListOf(kind).convert(text, None, None) == values


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *[(text, float) for text in ("", "a", "0,", "1:0", "0:1:0", "0:1:-0.1", "0:1:2:3", "0:", "0:nan", "nan:1")],
        *[(text, float) for text in ("0:inf", "inf:inf", "0:1e999999:1e-999999", "0:10000", "0:1e999999")],
        *[(text, int) for text in ("0.5", "0:1:0.5", "0.5:3", "5.0")],
    ],
)
def test_lists_that_are_none_are_refused(text: str, kind: type) -> None:
    with pytest.raises(click.BadParameter, match="is not a list of"):
        ListOf(kind).convert(text, None, None)


def test_the_values_of_p_may_be_a_range(tmp_path: Path) -> None:
    rows = ["--train", "2", "--validation", "1", "--test", "1", "--bits", "1"]
    assert said("build", "--out", tmp_path / "xor", "--p", "0:0.4:0.2,1", *rows)["config"]["p"] == [0.0, 0.2, 0.4, 1.0]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["run", "--p", "1.3"], 2, "p must be in [0, 1]; got 1.3"),
        (["run", "--p", "nan"], 2, "p must be in [0, 1]; got nan"),
        (["run", "--p", "abc"], 2, "'--p': 'abc' is not a valid float"),
        (["run", "--bits", "0"], 2, "bits must be a whole number of at least 1; got 0"),
        (["run", "--bits", "40"], 2, "got 40: the support of 2**40 codes does not fit; use 16 or fewer"),
        (["run", "--bits", "13"], 2, "bits must be in [1, 12] to train; got 13"),
        (["run", "--bits", "2.5"], 2, "'2.5' is not a valid integer"),
        (["run", "--modalities", "2"], 2, "modalities must be a whole number in [3, 26]; got 2"),
        (["run", "--noise", "0.7"], 2, "noise must be in [0, 0.5]; got 0.7"),
        (["run", "--seed", "-1"], 2, "seed must be a whole number in"),
        (["run", "--inputs", "bit"], 2, "did you mean 'bits'?"),
        (["run", "--temperature", "0", *QUICK], 2, "temperature must be above 0; got 0"),
        (["run", "--temperature", "inf", *QUICK], 2, "temperature must be finite; got inf"),
        (["run", "--lam", "1.5", *QUICK], 2, "lam must be in [0, 1]; got 1.5"),
        (["run", "--lam", "nan", *QUICK], 2, "lam must be finite; got nan"),
        (["run", "--fusion", "conact", *QUICK], 2, "did you mean 'concat'?"),
        (["run", "--method", "clip", "--lam", "0.5"], 2, "clip has no option 'lam': known: label_smoothing"),
        (["run", "--method", "gram", "--anchor", "3", *QUICK], 2, "anchor must be in [0, 2]; got 3"),
        (["run", "--method", "triangle", "--modalities", "4", *QUICK], 2, "use gram instead"),
        (["run", "-o", "lam"], 2, "--option takes NAME=VALUE; got 'lam'"),
        (["run", "-o", "lam=much"], 2, "lam must be of type float; got 'much'"),
        (["run", "-o", "lamm=1"], 2, "confu has no option 'lamm': did you mean 'lam'?"),
        (["run", "-o", "learn_temperature=maybe"], 2, "learn_temperature must be true or false; got 'maybe'"),
        (["run", "-o", "orders=2,x"], 2, "orders must be whole numbers with commas; got '2,x'"),
        (["run", "-o", "orders=3", *QUICK], 2, "orders must be in [2, 2]; got 3"),
        (["run", "--method", "confuu"], 2, "unknown method 'confuu': did you mean 'confu'?"),
        (["run", "--method", "no/such.py:Mine"], 1, "no file 'no/such.py' to load a method from"),
        (["run", "--method", "no.such:Mine"], 1, "module 'no.such' cannot be loaded: ModuleNotFoundError"),
        (["run", "--data", "no-such-folder"], 1, "no-such-folder does not exist; build a dataset there first"),
        (["run", "--ben"], 2, "No such option"),
        (["run", "surplus"], 2, "unexpected extra argument"),
        (["rnu"], 2, "no verb 'rnu': did you mean 'run'?"),
        (["xyzzy"], 2, "no verb 'xyzzy': known: build, check-method, evaluate, info, "),
        (["build"], 2, "Missing option '--out'"),
        (["build", "--out", "x", "--p", "2"], 2, "p must be in [0, 1]; got 2"),
        (["build", "--out", "x", "--p", "0.5,0.5"], 2, "p must name each value once; got 0.5, 0.5"),
        (["build", "--out", "x", "--p", "one"], 2, "'one' is not a list of numbers, such as 0,1,2 or 0:1:0.1"),
        (["build", "--out", "x", "--bits", "17"], 2, "use 16 or fewer"),
        (["build", "--out", "x", "--seed", "-1"], 2, "random_state must be a whole number of at least 0; got -1"),
        (["build", "--out", "x", "--train", "0"], 2, "rows of the split 'train' must be a whole number of at least 1"),
        (["build", "--out", "x", "--format", "csv"], 2, "known: parquet, webdataset"),
        (["build", "--out", "x", "--shard-rows", "0"], 2, "shard_rows must be a whole number of at least 1; got 0"),
        (["build", "--out", "x", "--workers", "0"], 2, "workers must be a whole number of at least 1; got 0"),
        (["verify", "no-such-folder"], 1, "no-such-folder does not exist; build a dataset there first"),
        (["verify"], 2, "Missing argument 'PATH'"),
        (["info", "no-such-folder"], 1, "no-such-folder does not exist; build a dataset there first"),
        (["info", "here", "--p", "0.5"], 2, "give either a dataset or the parameters of a task, not both"),
        (["info", "--bits", "17"], 2, "use 16 or fewer"),
        (["sweep", "--out", "x", "--preset", "figure4"], 2, "no preset 'figure4': did you mean 'figure3'?"),
        (["sweep", "--out", "x", "--p", "0:2:0.5"], 2, "p must be in [0, 1]; got 1.5"),
        (["sweep", "--out", "x", "--p", "0:inf"], 2, "'0:inf' is not a list of numbers"),
        (["sweep", "--out", "x", "--workers", "0"], 2, "workers must be at least 1; got 0"),
        (["sweep", "--out", "x", "--stack", "0"], 2, "stack_size must be at least 1; got 0"),
        (["sweep", "--out", "x", "--method", "clip,confuu"], 2, "unknown method 'confuu': did you mean 'confu'?"),
        (["sweep", "--out", "x", "--method", "clip", "--lam", "0.1,0.2"], 2, "clip has no option 'lam'"),
        (["sweep", "--out", "x", "-o", "lamm=0.1"], 2, "confu has no option 'lamm': did you mean 'lam'?"),
        (["report", "no-such-folder"], 1, "no-such-folder does not exist"),
    ],
)
def test_bad_input_is_one_line_that_says_what_would_be_good(
    words: list[str], status: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_one_line(invoke(*words), status, message)
    assert not list(tmp_path.iterdir())  # And nothing was begun.


def test_a_process_of_its_own_ends_with_one_line_too() -> None:
    words = ["build", "--out", "x", "--p", "1.3"]  # A verb that loads no PyTorch.
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: p must be in [0, 1]; got 1.3\n"


def test_debug_shows_where_an_error_comes_from() -> None:
    result = invoke("run", "--p", "1.3", "--debug")
    assert type(result.exception).__name__ == "InvalidValue"


def flip(path: Path, byte: int) -> None:
    content = bytearray(path.read_bytes())
    content[byte] ^= 4
    path.write_bytes(content)


def flip_a_code(path: Path) -> None:
    """Alter the last byte of the codes of modality a, which is within a page."""
    group = pq.read_metadata(path).row_group(0)
    column = next(group.column(i) for i in range(group.num_columns) if group.column(i).path_in_schema == "a")
    flip(path, (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size - 1)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def keep_the_length_only(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("damage", [flip_a_code, cut, keep_the_length_only, Path.unlink])
def test_a_run_on_a_damaged_shard_names_it(dataset: Path, damage: Callable[[Path], None]) -> None:
    damage(dataset / SHARD)
    assert_one_line(invoke("run", "--data", dataset, "--p", "0.3", *QUICK), 1, str(dataset / SHARD))


def test_a_run_on_a_dataset_must_fit_it(built: Path, tmp_path: Path) -> None:
    for words, status, message in [
        ([], 2, f"--p must pick one of 0.3, 0.8, which {built} holds"),
        (["--p", "0.5"], 1, "holds p = 0.3, 0.8; got 0.5"),
        (["--p", "0.3", "--bits", "3"], 2, f"--bits is 2 in {built}; got 3"),
        (["--p", "0.3", "--train-samples", "100"], 2, f"--train-samples is 200 in {built}; got 100"),
    ]:
        assert_one_line(invoke("run", "--data", built, *words), status, message)
    build_shards(XorRecipe(rows_per_p={"train": 4}), tmp_path / "only")
    assert_one_line(
        invoke("run", "--data", tmp_path / "only"), 1, "has no split 'test', which a run needs; it has train"
    )


def test_a_dataset_of_something_else_is_refused(tmp_path: Path) -> None:
    build_shards(TableRecipe("squares", {"train": pa.table({"key": ["a"], "square": [1]})}), tmp_path / "squares")
    for words in (["info"], ["run", "--data"]):
        assert_one_line(invoke(*words, tmp_path / "squares"), 1, "holds the dataset 'squares', not 'xor'")


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-20], lambda text: "[]", lambda text: text.replace('"p"', '"q"')]
)
@pytest.mark.parametrize("words", [["info"], ["verify"], ["run", "--p", "0.3", "--data"]])
def test_a_damaged_manifest_is_one_line(dataset: Path, words: list[str], damage: Callable[[str], str]) -> None:
    manifest = dataset / "manifest.json"
    manifest.write_text(damage(manifest.read_text()))
    result = invoke(*words, dataset)
    assert isinstance(result.exception, SystemExit) and result.exit_code == 1
    assert result.stderr.count("\n") == 1 and "manifest" in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Raising", "method Raising raised at step 0: KeyError: 'no such thing' (mine.py, line 7)"),
        ("NotFinite", "the loss is nan at step 0, in the term 0->1; try a lower learning rate"),
        ("Pairwise", "method Pairwise raised in evaluation: NotImplementedError: pairs only (mine.py, line 19)"),
        ("NotFiniteLater", "the scores of NotFiniteLater for 0+1->2 are not finite after training"),
        ("Greedy", "cannot be made: RuntimeError: no room (mine.py, line 30)"),
        ("Griddy", "has no class 'Griddy': did you mean 'Greedy'?"),
        ("torch", "is not a subclass of confu_core.methods.Method"),
    ],
)
def test_a_users_method_that_goes_wrong_is_one_line(file: Path, name: str, message: str) -> None:
    assert_one_line(invoke("run", "--method", f"{file}:{name}", *QUICK), 1, message)


def test_a_users_file_that_does_not_load_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\nclass (:\n")
    result = invoke("run", "--method", f"{tmp_path / 'broken.py'}:Mine", *QUICK)
    assert_one_line(result, 1, "broken.py cannot be loaded: SyntaxError: invalid syntax (line 2)")
    (tmp_path / "raising.py").write_text("raise OSError('two\\nlines')\n")
    result = invoke("run", "--method", f"{tmp_path / 'raising.py'}:Mine", *QUICK)
    assert_one_line(result, 1, "raising.py cannot be loaded: OSError: two lines (raising.py, line 1)")


@pytest.mark.parametrize("words", [["build", "--train", "5"], ["sweep", *QUICK]])
def test_a_folder_that_cannot_be_written_or_holds_other_data_is_left_alone(tmp_path: Path, words: list[str]) -> None:
    thesis = tmp_path / "thesis.tex"
    thesis.write_text("precious")
    assert_one_line(invoke(*words, "--out", tmp_path), 1, "thesis.tex); choose another --out")
    assert_one_line(invoke(*words, "--out", thesis / "deeper"), 1, "cannot write")
    assert_one_line(invoke(*words, "--out", thesis), 1, "choose another --out")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"] and thesis.read_text() == "precious"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("words", [["build", "--train", "5"], ["sweep", *QUICK]])
def test_a_folder_without_permission_is_one_line(tmp_path: Path, words: list[str]) -> None:
    tmp_path.chmod(0o500)
    try:
        result = invoke(*words, "--out", tmp_path / "new")
    finally:
        tmp_path.chmod(0o700)
    assert_one_line(result, 1, "not writable; choose another --out")


def test_a_dataset_of_another_recipe_is_not_overwritten(built: Path) -> None:
    before = {path: path.read_bytes() for path in built.rglob("*") if path.is_file()}
    assert_one_line(
        invoke("build", "--out", built, "--bits", "2"), 1, "holds another dataset (p: [0.3, 0.8] there, [0.5]"
    )
    assert {path: path.read_bytes() for path in built.rglob("*") if path.is_file()} == before


def test_results_of_another_version_are_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    words = ["sweep", "--method", "clip", *QUICK, "--workers", "1", "--out", out]
    succeed(*words)
    table = pq.read_table(out / "results.parquet")
    metadata = {b"confu_results": json.dumps({"schema_version": 99, "benchmark": "xor"})}
    pq.write_table(table.replace_schema_metadata(metadata), out / "results.parquet")
    before = (out / "results.parquet").read_bytes()
    assert_one_line(invoke(*words), 1, "was written with results version 99, this is version 2; ")
    (out / "results.parquet").write_bytes(before[: len(before) // 2])
    assert_one_line(invoke(*words), 1, "results.parquet is damaged or not Parquet")


def start(*words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches every process of a terminal's group.
    )


def stop_once(process: subprocess.Popen[str], ready: Callable[[], bool]) -> tuple[str, str]:
    """Press Ctrl-C as soon as something is the case; what was printed, after the line that ^C stands in."""
    limit = time.monotonic() + PATIENCE
    while not ready() and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGINT)
    printed, errors = process.communicate(timeout=PATIENCE)
    return printed, unasked(errors).removeprefix("\n")


def finished_cells(out: Path) -> int:
    try:
        return len(read_results(out).rows())
    except ResultsError:
        return 0


PATIENCE = 300  # Seconds, for a machine that does much else besides.
INTERRUPTED = "Error: interrupted; what is finished is kept, and the same command goes on from there\n"


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_finished_cells_and_leaves_no_partial_files(tmp_path: Path, workers: str) -> None:
    out = tmp_path / "runs"
    words: list[str | Path] = ["sweep", "--method", "clip", "--seed", "0:39", "--bits", "2", "--epochs", "30"]
    words += ["--train-samples", "2000", "--batch-size", "100", "--stack", "1", "--workers", workers, "--out", out]
    process = start(*words)
    printed, errors = stop_once(process, lambda: finished_cells(out) >= 2)
    assert (process.returncode, printed, errors) == (130, "", INTERRUPTED)
    held = read_results(out).rows()
    assert 2 <= len(held) < 40 and all(row["status"] == "done" for row in held)
    known = {"results.parquet", "costs.parquet", "sweep.json", "environment.json"}
    assert {path.name for path in out.iterdir()} == known
    words[words.index("0:39")] = f"{held[0]['seed']},{held[1]['seed']}"
    assert said(*words)["computed"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_in_a_build_leaves_a_folder_that_the_same_command_finishes(tmp_path: Path, workers: str) -> None:
    out = tmp_path / "xor"
    words = ["build", "--out", out, "--train", "30000", "--validation", "1", "--test", "1", "--shard-rows", "100"]
    words += ["--workers", workers]
    process = start(*words)
    _, errors = stop_once(process, lambda: len(list(out.glob("data/*.parquet"))) > 5)
    assert (process.returncode, errors) == (130, INTERRUPTED)
    assert not list(out.rglob("*.partial")) and not (out / "manifest.json").exists()
    assert 5 < len(list(out.glob("data/*.parquet"))) < 302
    assert_one_line(invoke("info", out), 1, "is unfinished; run the same build again to complete it")
    assert_one_line(invoke("verify", out), 1, "is unfinished; run the same build again to complete it")
    succeed(*words, "--workers", "1")  # Whatever number of workers it was interrupted with.
    assert verify_shards(out, deep=True).ok


VERBS = list(xorbench.commands.items())
EVERY_VERB = pytest.mark.parametrize(("name", "command"), VERBS, ids=[name for name, _ in VERBS])


def example(command: click.Command) -> list[str]:
    assert command.epilog is not None and command.epilog.startswith("Example: xorbench ")
    return shlex.split(command.epilog.removeprefix("Example: "))[1:]


@EVERY_VERB
def test_every_verb_explains_itself_and_all_its_options(name: str, command: click.Command) -> None:
    text = succeed(name, "--help")
    assert command.help and command.help.splitlines()[0] in " ".join(text.split())
    assert all(option.help for option in command.params if isinstance(option, click.Option))
    assert text.splitlines()[-1] == f"  {command.epilog}"  # On one line, to be copied.


@EVERY_VERB
def test_every_example_is_a_command_that_exists(name: str, command: click.Command) -> None:
    verb, *words = example(command)
    assert verb == name
    command.make_context(name, words)  # Raises for unknown options and values that do not parse.


def test_the_commands_own_example_exists_and_no_verb_means_help() -> None:
    verb, *words = example(xorbench)
    xorbench.commands[verb].make_context(verb, words)
    text = succeed()
    assert text == succeed("--help")
    assert text.splitlines()[-1] == f"  {xorbench.epilog}"
    assert all(f"  {name} " in text for name in xorbench.commands)
    assert "version" in succeed("--version")


@pytest.mark.slow
def test_ctrl_c_while_workers_start_is_one_line_too(tmp_path: Path) -> None:
    process = start("build", "--workers", "2", "--out", tmp_path / "out")
    known = {process.pid, os.getpid()}
    _, errors = stop_once(process, lambda: any(child not in known for child in children(process.pid)))
    assert (process.returncode, errors) == (130, INTERRUPTED)


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@pytest.mark.slow
def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small = {"build": ["--train", "100", "--validation", "10", "--test", "10"], "run": SHORT}
    small["sweep"] = [*SHORT, "--workers", "1"]
    printed = {
        name: succeed(*example(xorbench.commands[name]), *small.get(name, []))
        for name in ("build", "verify", "info", "run", "sweep")
    }
    assert all(printed.values())
    assert 0 < json.loads(printed["run"])["accuracy"] <= 1
    assert finished_cells(Path("runs/quick")) == 20


def test_a_report_marks_a_headline_that_the_method_does_not_define(tmp_path: Path) -> None:
    few = ["--epochs", "1", "--train-samples", "200", "--test-samples", "100", "--batch-size", "100", "--workers", "1"]
    said("sweep", "--method", "bimodal,clip", *few, "--out", tmp_path)
    said("report", tmp_path)
    report = (tmp_path / "report" / "report.md").read_text()
    matrix = report.split("## Accuracy, ac → b")[1].split("Mean ±")[0]
    head, _, row = (line.strip("| ").split(" | ") for line in matrix.strip().splitlines())
    assert [name for name, cell in zip(head, row, strict=True) if cell.endswith("†")] == ["bimodal"]
    assert report.count("† The method defines no score of its own for this") == 1
    said("leaderboard", tmp_path, "--out", tmp_path / "board.html")
    ranked = (tmp_path / "board.html").read_text().split("<table")[1].split("</table>")[0]
    assert "clip" in ranked and "bimodal" not in ranked
    said("leaderboard", tmp_path, "--out", tmp_path / "beside.html", "--reference")
    beside = (tmp_path / "beside.html").read_text()
    # Of what comes with the command every p is a dataset, with more than six methods.
    assert "Folder reference, xor-1" in beside and beside.count("Do they agree?") == 2
    assert "infmasking" in beside and "infmasking" not in (tmp_path / "board.html").read_text()
