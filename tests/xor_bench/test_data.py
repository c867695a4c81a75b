"""The task on disk: the same samples as in memory, for every reader, and an honest manifest."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import webdataset as wds

from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards import TableRecipe, build, open_dataset, verify
from confu_core.shards.manifest import draft_of
from xor_bench.data import XorData, XorRecipe, exact, open_xor, recipe_of
from xor_bench.task import XorSamples, XorTask, code_bits, directions, make_xor
from xor_bench.theory import (
    bayes_accuracy,
    connected_information,
    information,
    pairwise_ceiling,
    single_ceiling,
)

ROWS = {"train": 70, "validation": 10, "test": 30}
RECIPES = {
    "plain": XorRecipe(p=(0.5,), bits=3, rows_per_p=ROWS),
    "noisy": XorRecipe(p=(0.0, 0.25, 1.0), bits=2, noise=0.1, seed=9, rows_per_p=ROWS),
    "four": XorRecipe(p=(0.9, 0.1), bits=4, modalities=4, seed=2**40, rows_per_p=ROWS),
}
ANY_RECIPE = pytest.mark.parametrize("name", RECIPES)


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Datasets that no test may change, their shards shorter than the rows of one p."""
    folders = {name: tmp_path_factory.mktemp("xor") / name for name in RECIPES}
    for name, recipe in RECIPES.items():
        build(recipe, folders[name], formats=("parquet", "webdataset"), shard_rows=32)
    return folders


def drawn(recipe: XorRecipe, split: str, p: float) -> XorSamples:
    return make_xor(
        recipe.rows_per_p[split],
        p=p,
        bits=recipe.bits,
        modalities=recipe.modalities,
        noise=recipe.noise,
        random_state=recipe.seed,
        split=split,
    )


@ANY_RECIPE
def test_what_is_read_is_what_is_drawn(roots: dict[str, Path], name: str) -> None:
    recipe, data = RECIPES[name], open_xor(roots[name])
    assert isinstance(data, XorData)
    assert data.recipe == recipe and recipe.rows_per_p == ROWS
    for split in ROWS:
        for p in recipe.p:
            read, want = data.samples(split, p), drawn(recipe, split, p)
            assert read.codes.dtype == np.int64 and (read.codes == want.codes).all()
            assert (read.clean == want.clean).all() and (read.gate == want.gate).all()


@ANY_RECIPE
def test_any_range_of_rows_is_a_part_of_all(name: str) -> None:
    recipe = RECIPES[name]
    whole = recipe.rows("train", 0, recipe.splits["train"])
    assert whole.num_rows == 70 * len(recipe.p) and whole.schema == recipe.schema
    for start, stop in [(0, 1), (3, 70), (69, min(72, whole.num_rows)), (50, whole.num_rows)]:
        assert recipe.rows("train", start, stop) == whole.slice(start, stop - start)
    assert len(set(whole["key"].to_pylist())) == whole.num_rows


@ANY_RECIPE
def test_pandas_and_pyarrow_read_the_parquet(roots: dict[str, Path], name: str) -> None:
    recipe, root = RECIPES[name], roots[name]
    letters = "abcd"[: recipe.modalities]
    frame = pd.concat([pd.read_parquet(path) for path in sorted(root.glob("data/test-*.parquet"))], ignore_index=True)
    assert list(frame.columns)[:3] == ["key", "p", "gate"] and len(frame) == 30 * len(recipe.p)
    table = pq.read_table(root / "data", filters=[("key", ">=", "test-"), ("key", "<", "test.")])
    assert table.num_rows == len(frame)
    for p, part in frame.groupby("p"):
        want = drawn(recipe, "test", float(p))  # type: ignore[arg-type]
        assert (part[list(letters)].to_numpy() == want.codes).all()
        assert (part["gate"].to_numpy() == want.gate).all()
        for column, letter in enumerate(letters):
            assert (np.stack(part[f"{letter}_bits"]) == code_bits(want.codes[:, column], recipe.bits)).all()
    clean = [column for column in frame.columns if column.endswith("_clean")]
    assert clean == ([f"{letter}_clean" for letter in letters] if recipe.noise else [])


# webdataset leaves its last file to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@ANY_RECIPE
def test_webdataset_reads_the_tars(roots: dict[str, Path], name: str) -> None:
    recipe, root = RECIPES[name], roots[name]
    urls = [str(path) for path in sorted(root.glob("webdataset/train-*.tar"))]
    assert len(urls) == -(-70 * len(recipe.p) // 32)
    samples = list(wds.WebDataset(urls, shardshuffle=False).decode())
    rows = recipe.rows("train", 0, recipe.splits["train"]).to_pylist()
    assert [sample["__key__"] for sample in samples] == [row.pop("key") for row in rows]
    assert [sample["json"] for sample in samples] == rows


def test_formats_hold_the_same_rows(roots: dict[str, Path]) -> None:
    dataset = open_dataset(roots["noisy"])
    for split in ROWS:
        columns = dataset.table(split).column_names
        assert dataset.table(split, columns, format="webdataset").to_pylist() == dataset.table(split).to_pylist()


@ANY_RECIPE
def test_the_manifest_tells_the_theory(roots: dict[str, Path], name: str) -> None:
    recipe = RECIPES[name]
    said = json.loads((roots[name] / "manifest.json").read_text())["information"]
    assert list(said) == [f"{p:g}" for p in recipe.p]
    law: dict[str, Any] = {"modalities": recipe.modalities, "noise": recipe.noise}
    for p in recipe.p:
        added = {str(order): value for order, value in connected_information(p, recipe.bits, **law).items()}
        exact = {**information(p, recipe.bits, **law).as_dict(), "connected_information": added}
        assert said[f"{p:g}"]["information"] == exact
        every = directions(recipe.modalities, range(1, recipe.modalities))
        ceilings = {
            f"{''.join(query)}->{target}": {
                "single_ceiling": single_ceiling(p, recipe.bits, query, target, **law),
                "pairwise_ceiling": pairwise_ceiling(p, recipe.bits, query, target, **law),
                "bayes_accuracy": bayes_accuracy(p, recipe.bits, query, target, **law),
            }
            for query, target in every
        }
        found = said[f"{p:g}"]["ceilings"]
        assert {name: {key: one[key] for key in ceilings[name]} for name, one in found.items()} == ceilings
        by_order = [one["ceiling_by_order"] for one in found.values() if recipe.modalities > 3]
        assert all(list(one) == ["2", "3", "4"] for one in by_order)


def test_unreliable_modalities_are_kept_and_none_leaves_manifests_as_they_were(tmp_path: Path) -> None:
    recipe = XorRecipe(p=(0.9,), bits=2, unreliable=0.4, unreliable_of="bc", rows_per_p={"train": 50, "test": 20})
    manifest = build(recipe, tmp_path)
    assert manifest.config["unreliable_of"] == "bc" and recipe_of(manifest) == recipe
    drawn, held = (
        make_xor(50, p=0.9, bits=2, unreliable=0.4, unreliable_of="bc"),
        open_xor(tmp_path).samples("train", 0.9),
    )
    for name in ("codes", "clean", "gate", "replaced"):
        assert np.array_equal(getattr(held, name), getattr(drawn, name))
    ceiling = manifest.information["0.9"]["ceilings"]["ac->b"]["bayes_accuracy"]
    assert ceiling == bayes_accuracy(0.9, 2, unreliable=0.4, unreliable_of="bc")
    plain = XorRecipe(unreliable_of="b")
    assert "unreliable" not in plain.config and "replaced" not in plain.schema.names
    assert plain == XorRecipe() and "unreliable_of" not in plain.config


def test_a_parity_of_a_pair_is_kept_and_that_of_all_leaves_manifests_as_they_were(tmp_path: Path) -> None:
    rows = {"train": 40, "validation": 2, "test": 2}
    pair = XorRecipe(p=(0.9,), bits=2, modalities=4, parity="pair", noise=0.1, rows_per_p=rows)
    manifest = build(pair, tmp_path / "xor")
    assert manifest.config["parity"] == "pair" and recipe_of(manifest) == pair
    data = open_xor(tmp_path / "xor")
    assert data.recipe.parity == "pair"
    clean = data.samples("train", 0.9).clean
    gate = data.samples("train", 0.9).gate
    assert gate.any() and (clean[gate, 3] == clean[gate, 0] ^ clean[gate, 1]).all()
    assert (clean[~gate, 3] == clean[~gate, 0]).all()
    assert "parity" not in XorRecipe(modalities=4).config and "parity" not in XorRecipe(parity="pair").config


def test_an_older_manifest_has_its_ceilings_computed(tmp_path: Path) -> None:
    manifest = build(XorRecipe(p=(0.3, 0.9), bits=2, rows_per_p={"train": 2}), tmp_path / "xor")
    older = {
        p: {
            "information": {k: v for k, v in said["information"].items() if k != "connected_information"},
            "ceilings": {},
        }
        for p, said in manifest.information.items()
    }
    dataset = open_dataset(tmp_path / "xor")
    data = XorData.of(replace(dataset, manifest=replace(manifest, information=older)))
    assert data.dataset.manifest.information == manifest.information


def test_what_another_version_added_is_kept_where_it_is_a_record_like_those_beside_it(tmp_path: Path) -> None:
    manifest = build(XorRecipe(p=(0.3,), bits=2, rows_per_p={"train": 2}), tmp_path / "xor")
    dataset, known = open_dataset(tmp_path / "xor"), manifest.information["0.3"]

    def opened(**more: object) -> dict[str, Any]:
        held = replace(manifest, information={"0.3": {**known, **more}})
        return XorData.of(replace(dataset, manifest=held)).dataset.manifest.information["0.3"]

    fitting = {**known["ceilings"], "d->a": known["ceilings"]["a->b"]}
    for more in ({"later": 1}, {"information": {**known["information"], "later": "x"}}, {"ceilings": fitting}):
        assert opened(**more) == {**known, **more}
    for unfit in (1, None, [1], {"x": 1}):
        with pytest.raises(DatasetError, match=r"ceilings\.x is .*, and no record like those beside it; restore it"):
            opened(ceilings={**known["ceilings"], "x": unfit})


def test_what_is_exact_is_json() -> None:
    for p in (0.0, 0.5, 1.0):
        said = exact(XorTask(p=p, bits=16, noise=0.01))
        assert json.loads(json.dumps(said, allow_nan=False)) == said


@ANY_RECIPE
def test_a_whole_dataset_verifies_and_one_flipped_bit_does_not(
    roots: dict[str, Path], name: str, tmp_path: Path
) -> None:
    assert verify(roots[name], deep=True).ok
    root = Path(shutil.copytree(roots[name], tmp_path / "copy"))
    for shard in ("data/train-00000-of-*.parquet", "webdataset/train-000001.tar"):
        (path,) = root.glob(shard)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        report = verify(root)
        assert path.relative_to(root).as_posix() in {finding.path for finding in report.findings}
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        assert verify(root).ok


def test_a_dataset_grows_only_with_its_recipe(tmp_path: Path) -> None:
    build(XorRecipe(rows_per_p={"train": 5}), tmp_path / "xor")
    for other in (XorRecipe(rows_per_p={"train": 5}, seed=1), XorRecipe(rows_per_p={"train": 5}, p=(0.4,))):
        with pytest.raises(DatasetError, match="holds another dataset"):
            build(other, tmp_path / "xor")


def test_samples_that_are_not_there_are_refused(roots: dict[str, Path], tmp_path: Path) -> None:
    data = open_xor(roots["noisy"])
    with pytest.raises(DatasetError, match="holds p = 0, 0.25, 1; got 0.3$"):
        data.samples("train", 0.3)
    with pytest.raises(DatasetError, match="has no split 'tset'; did you mean 'test'"):
        data.samples("tset", 0.25)
    with pytest.raises(DatasetError, match="does not exist; build a dataset there first"):
        open_xor(tmp_path / "nothing")
    build(TableRecipe("squares", {"train": pa.table({"key": ["a"], "square": [1]})}), tmp_path / "squares")
    with pytest.raises(DatasetError, match="holds the dataset 'squares', not 'xor'$"):
        open_xor(tmp_path / "squares")
    build(TableRecipe("xor", {"train": pa.table({"key": ["a"], "square": [1]})}), tmp_path / "pretends")
    with pytest.raises(DatasetError, match="the manifest does not describe an XOR task"):
        open_xor(tmp_path / "pretends")


class OutOfRange(XorRecipe):
    """The same config and other rows, as a mistaken or malicious writer might leave."""

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        table = super().rows(split, start, stop)
        return table.set_column(3, "a", pa.array([4] * table.num_rows, pa.int32()))


def test_codes_that_the_task_cannot_have_are_refused(tmp_path: Path) -> None:
    build(OutOfRange(bits=2, rows_per_p={"train": 5}), tmp_path / "xor")
    with pytest.raises(DatasetError, match=r"is damaged: a code is outside \[0, 3\]$"):
        open_xor(tmp_path / "xor").samples("train", 0.5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"p": ()}, "^p must name at least one value; got none$"),
        ({"p": (0.5, 0.5)}, "^p must name each value once; got 0.5, 0.5$"),
        ({"p": (0.5, 1.3)}, r"^p must be in \[0, 1\]; got 1.3$"),
        ({"bits": 17}, "use 16 or fewer$"),
        ({"seed": -1}, "^random_state must be a whole number of at least 0; got -1$"),
        ({"rows_per_p": {"train": 0}}, "^rows of the split 'train' must be a whole number of at least 1; got 0$"),
        ({"rows_per_p": {"train": 2.5}}, "^rows of the split 'train' must be a whole number of at least 1; got 2.5$"),
    ],
)
def test_recipes_out_of_range_are_refused_in_one_sentence(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        XorRecipe(**values)


def test_values_of_p_that_print_alike_are_all_described() -> None:
    recipe = XorRecipe(p=(0.1234567, 0.1234568), bits=1, rows_per_p={"train": 1})
    assert len(recipe.information()) == 2


@pytest.mark.parametrize(
    "recipe",
    [
        XorRecipe(),
        XorRecipe(p=(0, 0.1234567, 1), bits=2, modalities=4, noise=0.1, seed=7, rows_per_p={"test": 3, "train": 5}),
    ],
)
def test_the_recipe_of_a_manifest_is_the_one_that_made_it(recipe: XorRecipe) -> None:
    manifest = draft_of(recipe, ("parquet",), 10, {})
    again = recipe_of(manifest)
    assert again == recipe and list(again.splits) == list(recipe.splits)
    assert draft_of(again, ("parquet",), 10, {}) == manifest


@pytest.mark.parametrize("config", [{}, {"p": 0.5}, {"p": [2.0]}, {"p": [0.5], "bits": 5, "colour": "red"}])
def test_a_manifest_of_no_xor_task_has_no_recipe(config: dict[str, Any]) -> None:
    manifest = replace(draft_of(XorRecipe(), ("parquet",), 10, {}), config=config)
    with pytest.raises(DatasetError, match="^the manifest does not describe an XOR task: .*; restore it$"):
        recipe_of(manifest)


def test_ceilings_that_do_not_follow_from_the_settings_are_refused(tmp_path: Path) -> None:
    """Even in a manifest of a version that wrote no digest of it; what such a version did not write is added."""
    build(XorRecipe(rows_per_p={"train": 4, "validation": 2, "test": 2}), tmp_path)
    path = tmp_path / "manifest.json"
    said = json.loads(path.read_bytes())
    del said["digest"]
    wanted = said["information"]["0.5"]["ceilings"]["ac->b"].pop("pairwise_ceiling")
    path.write_text(json.dumps(said))
    found = open_xor(tmp_path).dataset.manifest.information["0.5"]["ceilings"]["ac->b"]
    assert found["pairwise_ceiling"] == pytest.approx(wanted)
    said["information"]["0.5"]["ceilings"]["ac->b"]["bayes_accuracy"] += 0.01
    path.write_text(json.dumps(said))
    line = r"is damaged: information\.0\.5\.ceilings\.ac->b\.bayes_accuracy is 0\.52\d*, and by its settings 0\.51"
    with pytest.raises(DatasetError, match=line):
        open_xor(tmp_path)
