"""Reports of runs on media: every section, with the numbers of the measures, whole and the same every time."""

from __future__ import annotations

import base64
import csv
import io
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from media_results import (
    CEILING_NAMES,
    CEILINGS,
    METHODS,
    OVERALL,
    QUERIES,
    media_examples,
    media_measures,
    picture,
    write_media,
)
from scipy import stats
from test_report_files import Page

from birdmml.bench import report_words
from confu_core.errors import InvalidValue
from confu_core.report import sections, write_report
from confu_core.report.sections.claims import Claim, verdict
from confu_core.report.sections.fusion import SHARES
from confu_core.report.tables import Column
from confu_core.runs.measures import Measure, read_measures, write_examples, write_measures
from confu_core.runs.results import read_results, write_results
from confu_core.statistics.intervals import Interval

SECTIONS = {
    "claims": "Claims of the paper",
    "zero_shot_group": "By kind of interaction",
    "zero_shot": "Zero-shot species",
    "plain": "What needs no method",
    "complementarity": "Complementarity",
    "late_fusion": "Late fusion",
    "overlap": "What fusing adds and loses",
    "dependence": "Does the fused embedding use both?",
    "retrieval": "Retrieval",
    "few_shot": "Few-shot",
    "probe": "Probes",
    "robustness": "Robustness to damage",
    "missing": "Missing modalities",
    "confusion": "Confusions",
    "examples": "Examples",
    "history": "Training",
    "fallbacks": "Appendix: fallbacks",
}
DRAWN = {*SECTIONS, "who_captures_what"} - {"claims", "confusion", "examples", "plain", "fallbacks"}
WORDS = report_words()
HOSTILE = '<script>alert("&")</script> $\\alpha$ | _x_'


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three methods, two seeds."""
    return write_media(tmp_path_factory.mktemp("media") / "birds")


@pytest.fixture(scope="module")
def written(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("written") / "report"
    write_report([media], out, words=WORDS)
    return out


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def frame_of(folder: Path) -> pd.DataFrame:
    """The measures with the method of each cell."""
    methods = {row["cell"]: row["method"] for row in read_results(folder).rows()}
    frame = read_measures(folder).to_pandas()
    return frame.assign(method=frame["cell"].map(methods))


def report(folder: Path, out: Path) -> tuple[Page, str]:
    write_report([folder], out, words=WORDS)
    text = (out / "index.html").read_text()
    return Page(text), text


def rewritten(media: Path, folder: Path, change: Any) -> Path:
    """The same results with other measures."""
    results = read_results(media)
    folder.mkdir()
    write_results(folder, "birdmml", results.rows())
    (folder / "sweep.json").write_bytes((media / "sweep.json").read_bytes())
    write_measures(folder, [changed for row in read_measures(media).to_pylist() if (changed := change(row))])
    return folder


def test_every_section_is_there_in_order(written: Path) -> None:
    text = (written / "index.html").read_text()
    page = Page(text)
    found = [name.removeprefix("section-") for name in page.ids if name.startswith("section-")]
    assert found == list(SECTIONS)
    assert re.findall(r'<h2 id="section-\w+">([^<]*)</h2>', text) == list(SECTIONS.values())
    assert {link.removeprefix("#section-") for link in page.links if link.startswith("#section-")} == set(SECTIONS)
    for name in DRAWN:
        assert (written / f"{name}.svg").is_file() and (written / f"{name}.png").is_file()


def test_a_measure_has_its_table_and_figure_by_declaring_them(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections, "_SECTIONS", [])
    said = {"title": "Calibration", "lede": "How sure it is.", "exact": ""}
    sections.declare(
        1, "calibration", keys={"subject": Column("query", "query"), "x": Column("x", "bin", None)}, **said
    )
    renamed = {"family": "calibration", "condition": ""}
    folder = rewritten(
        media, tmp_path / "birds", lambda row: {**row, **renamed} if row["family"] == "few_shot" else None
    )
    page, _ = report(folder, tmp_path / "out")
    assert [name for name in page.ids if name.startswith("section-")] == ["section-calibration"]
    rows, frame = rows_of(tmp_path / "out" / "calibration.csv"), frame_of(media)
    frame = frame[frame["family"] == "few_shot"]
    assert len(rows) == len(frame.drop_duplicates(["subject", "x"]))
    own = frame[(frame["subject"] == rows[0]["query"]) & (frame["x"] == float(rows[0]["x"]))]
    assert float(rows[0]["clip"]) == pytest.approx(own[own["method"] == "clip"]["value"].mean(), abs=1e-12)
    assert (tmp_path / "out" / "calibration.svg").is_file()


def test_every_table_comes_in_every_format(written: Path) -> None:
    tables = {path.stem for path in written.glob("*.tex")}
    assert tables >= {*SECTIONS, "confused_pairs", "retrieval_ranks", "retrieval_paired", "zero_shot_top_5", "matrix"}
    assert tables >= {"capture", "zero_shot_accuracy_log_mean_exp", "probe_balanced_accuracy"}
    for name in tables:
        latex = (written / f"{name}.tex").read_text()
        assert latex.count("{") == latex.count("}")
        body = [line for line in latex.splitlines() if line.endswith(r"\\") and " & " in line]
        assert len({len(re.findall(r"(?<!\\)&", line)) for line in body}) == 1
        lines = (written / f"{name}.md").read_text().splitlines()
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
        # A heading, a rule, and as many rows as the CSV has.
        assert len(lines) - 2 == len(rows_of(written / f"{name}.csv")) > 0


def test_the_page_is_well_formed_and_needs_nothing_else(written: Path) -> None:
    text = (written / "index.html").read_text()
    page = Page(text)
    assert "script" not in page.tags and "link" not in page.tags
    assert not re.search(r"@import|url\((?!#)|(src|href)\s*=\s*[\"']?(https?:)?//", text)
    files = {path.name for path in written.iterdir()} - {"index.html"}
    outside = {link for link in page.links if not link.startswith(("#", "data:"))}
    assert outside == files
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert len(text) < 3_000_000


def test_the_same_results_give_the_same_bytes(media: Path, written: Path, tmp_path: Path) -> None:
    for path in write_report([media], tmp_path / "again", words=WORDS):
        assert path.read_bytes() == (written / path.name).read_bytes(), path.name


def test_means_are_those_of_the_measures(media: Path, written: Path) -> None:
    names = ["family", "subject", "metric", "condition", "x"]
    groups = frame_of(media).groupby(["method", *names], dropna=False)
    found = {
        (row["method"], *(row[name] for name in names[:-1]), row["x"]): row
        for row in rows_of(written / "measure_means.csv")
    }
    assert len(found) == len(groups)
    for key, cells in groups:
        row = found[(*key[:-1], "" if math.isnan(key[-1]) else repr(key[-1]))]
        values = cells["value"].dropna()
        assert int(row["seeds"]) == len(values)
        if len(values):
            assert float(row["mean"]) == pytest.approx(values.mean(), abs=1e-12)
            assert float(row["half_width_95"]) == pytest.approx(stats.t.ppf(0.975, 1) * values.sem(), abs=1e-9)
    assert len(rows_of(written / "measures.csv")) == len(frame_of(media))


@pytest.mark.parametrize(
    ("table", "family", "keys", "fixed"),
    [
        ("zero_shot", "zero_shot", {"split": "condition", "query": "subject"}, {"metric": "accuracy"}),
        ("zero_shot_group", "zero_shot_group", {"group": "condition", "query": "subject"}, {"metric": "accuracy"}),
        ("retrieval", "retrieval", {"direction": "subject", "metric": "metric"}, {"condition": "equal"}),
        ("retrieval_paired", "retrieval", {"direction": "subject", "metric": "metric"}, {"condition": "paired"}),
        ("few_shot", "few_shot", {"query": "subject", "x": "x"}, {}),
        ("overlap", "overlap", {"share": "metric"}, {}),
        ("missing", "missing", {"condition": "condition", "x": "x"}, {}),
        ("robustness", "robustness", {"condition": "condition", "query": "subject", "x": "x"}, {}),
        ("dependence", "dependence", {"modality": "condition"}, {"metric": "R²"}),
    ],
)
def test_tables_hold_the_means(
    media: Path, written: Path, table: str, family: str, keys: dict[str, str], fixed: dict[str, str]
) -> None:
    frame = frame_of(media)
    frame = frame[frame["family"] == family]
    for name, value in fixed.items():
        frame = frame[frame[name] == value]
    rows = [row for row in rows_of(written / f"{table}.csv") if row.get("metric") in (None, *set(frame["metric"]))]
    assert rows
    for row in rows:
        chosen = frame
        for column, name in keys.items():
            chosen = chosen[chosen[name].astype(str) == row[column]]
        for method in METHODS:
            own = chosen[chosen["method"] == method]
            assert len(own) == 2
            if own["defined"].all():
                assert float(row[method]) == pytest.approx(own["value"].mean(), abs=1e-12)
            else:
                assert row[method] == ""
        if "reference" in row:
            assert float(row["reference"]) == pytest.approx(chosen["reference"].iloc[0], abs=1e-12)


def test_the_headline_has_a_row_per_method_beside_the_ceilings(media: Path, written: Path) -> None:
    frame = read_results(media).frame
    rows = rows_of(written / "matrix.csv")
    assert [row["method"] for row in rows] == list(METHODS)
    for row in rows:
        own = frame[frame["method"] == row["method"]]
        for name in ("accuracy", *CEILING_NAMES, "higher_order_capture", "fusion_gain_captured"):
            assert float(row[name]) == pytest.approx(own[name].mean(), abs=1e-12)
    assert "method" not in rows_of(written / "summary.csv")[0]["series"]
    markdown = (written / "report.md").read_text()
    heading = next(line for line in markdown.splitlines() if line.startswith("| method |"))
    # No number stands there twice, whatever floor the sweep asked for.
    assert heading == (
        "| method | zero-shot accuracy, image + audio | higher-order capture | single ceiling | pairwise ceiling "
        "| Bayes accuracy | chance | fusion gain captured | total correlation bound (nats) |"
    )
    first = Page((written / "index.html").read_text()).words
    assert "3 methods, 2 seeds: 6 finished cells." in first


def test_directions_begin_with_zero_shot(written: Path) -> None:
    rows = rows_of(written / "direction_accuracy.csv")
    assert [row["direction"] for row in rows[:3]] == ["audio->species", "image->species", "image+audio->species"]
    assert len(rows) == 12
    assert [row["reference"] != "" for row in rows] == [True] * 3 + [False] * 9


def test_what_a_method_does_not_define_is_empty_and_stands_in_the_appendix(media: Path, written: Path) -> None:
    frame = frame_of(media)
    for path in written.glob("*.md"):
        assert ("†" in path.read_text()) == (path.stem in ("fallbacks", "report"))
    lines = (written / "retrieval.md").read_text().splitlines()
    direct = [line for line in lines if line.startswith("| caption → image |")]
    fused = [line for line in lines if line.startswith("| image+audio → caption |")]
    assert len(direct) == len(fused) == 3
    assert all(line.split("|")[5].strip(" \\") == "-" != line.split("|")[3].strip(" \\") for line in direct)
    assert not any(cell.strip(" \\") == "-" for line in fused for cell in line.split("|"))
    rows = rows_of(written / "fallbacks.csv")
    left = frame[~frame["defined"]]
    assert len(rows) == len(left.drop_duplicates(["family", "subject", "metric", "condition"]))
    assert {row["confu"] for row in rows} == {row["clip"] for row in rows} == {""}
    for row in rows:
        own = left[(left["family"] == row["family"].replace(" ", "_")) & (left["subject"] == row["subject"])]
        own = own[(own["metric"] == row["metric"]) & (own["condition"] == row["condition"])]
        assert float(row["symile"]) == pytest.approx(own["value"].mean(), abs=1e-12)
    assert r"\textdagger{}" in (written / "fallbacks.tex").read_text()
    assert "The method defines no score of its own" in (written / "index.html").read_text()


def test_probes_are_compared_within_their_kind(media: Path, written: Path) -> None:
    frame = frame_of(media)
    frame = frame[frame["family"] == "probe"]
    for table, metric in (("probe", "accuracy"), ("probe_balanced_accuracy", "balanced accuracy")):
        rows = rows_of(written / f"{table}.csv")
        assert len(rows) == 4 * len(METHODS)
        for row in rows:
            own = frame[(frame["subject"] == row["embedding"]) & (frame["method"] == row["method"])]
            for kind in ("linear", "bilinear", "mlp", "fused"):
                found = own[(own["metric"] == metric) & (own["condition"].str.lower() == kind)]["value"]
                assert row[kind] == "" if found.empty else float(row[kind]) == pytest.approx(found.mean(), abs=1e-12)
    assert {row["fused"] for row in rows if row["method"] == "clip"} == {""}
    heading = (written / "probe.md").read_text().splitlines()[0]
    assert heading == "| embedding | method | linear | bilinear | MLP | own fused vector |"


def test_capture_stands_beside_three_ceilings_in_every_group(media: Path, written: Path) -> None:
    frame = frame_of(media)
    rows = {row["group"]: row for row in rows_of(written / "capture.csv")}
    assert list(rows) == ["all", *CEILINGS]
    for group, (image, audio, pairwise, both) in {"all": OVERALL, **CEILINGS}.items():
        row = rows[group]
        assert [float(row[name]) for name in CEILING_NAMES] == [max(image, audio), pairwise, both]
        where = ("zero_shot", "test") if group == "all" else ("zero_shot_group", group)
        own = frame[(frame["family"] == where[0]) & (frame["condition"] == where[1])]
        own = own[(own["subject"] == "image+audio") & (own["metric"] == "accuracy")]
        for method in METHODS:
            mean = own[own["method"] == method]["value"].mean()
            if pairwise == both:
                assert row[method] == ""
            else:
                assert float(row[method]) == pytest.approx((mean - pairwise) / (both - pairwise), abs=1e-12)


def test_plain_features_stand_in_the_report(written: Path) -> None:
    assert {row["query"]: float(row["accuracy"]) for row in rows_of(written / "plain.csv")} == {
        **{"image": 0.31, "audio": 0.28, "image+audio": 0.43},
    }
    assert "image 0.310, audio 0.280, image+audio 0.430." in Page((written / "index.html").read_text()).words


def test_the_first_figure_says_who_captures_what(written: Path) -> None:
    text = (written / "index.html").read_text()
    assert 0 < text.index('aria-label="Who captures what: the species from image and audio"') < text.index("<h2")
    assert "two seeds are too few for an interval" in text
    assert not (written / "accuracy.png").exists()


def test_claims_are_paired_over_seeds(media: Path, written: Path) -> None:
    frame = frame_of(media).merge(read_results(media).frame[["cell", "seed"]], on="cell")
    frame = frame[(frame["family"] == "zero_shot") & (frame["metric"] == "accuracy") & (frame["condition"] == "test")]

    def by_seed(method: str, query: str) -> np.ndarray:
        own = frame[(frame["method"] == method) & (frame["subject"] == query)]
        return own.sort_values("seed")["value"].to_numpy()

    best = max(("image", "audio"), key=lambda query: by_seed("confu", query).mean())
    expected = {
        "confu image+audio - pairwise ceiling": (np.full(2, OVERALL[2]), "image+audio", 0.0),
        f"confu image+audio - confu {best}": (by_seed("confu", best), "image+audio", 0.0),
        "confu image+audio - symile image+audio": (by_seed("symile", "image+audio"), "image+audio", 0.0),
        "confu image+audio - clip image+audio": (by_seed("clip", "image+audio"), "image+audio", 0.0),
        "confu image - clip image": (by_seed("clip", "image"), "image", -0.02),
        "confu audio - clip audio": (by_seed("clip", "audio"), "audio", -0.02),
    }
    rows = rows_of(written / "claims.csv")
    assert [row["difference"] for row in rows] == list(expected)
    for row, (other, query, least) in zip(rows, expected.values(), strict=True):
        differences = by_seed("confu", query) - other
        half = stats.t.ppf(0.975, 1) * stats.sem(differences)
        assert float(row["mean"]) == pytest.approx(differences.mean(), abs=1e-12)
        assert float(row["half_width_95"]) == pytest.approx(half, abs=1e-9)
        low, high = differences.mean() - half, differences.mean() + half
        assert row["verdict"] == ("holds" if low > least else "does not" if high <= least else "open")
        one_sided = row["difference"].endswith(("ceiling", f"confu {best}"))
        assert row["settings"] == ("" if one_sided else "as given")


@pytest.mark.parametrize(
    ("mean", "half_width", "least", "said"),
    [
        (0.1, 0.05, 0.0, "holds"),
        (0.1, 0.1, 0.0, "open"),
        (-0.1, 0.05, 0.0, "does not"),
        (-0.01, 0.005, -0.02, "holds"),
        (0.1, None, 0.0, "open"),
    ],
)
def test_verdicts(mean: float, half_width: float | None, least: float, said: str) -> None:
    assert verdict(Claim("", least, Interval(2, mean, mean, mean, half_width))) == said


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize(
    ("methods", "seeds"), [(("clip", "gram"), (0, 1)), (("confu", "clip"), (0,))], ids=["no-confu", "one-seed"]
)
def test_claims_need_the_method_and_two_seeds(tmp_path: Path, methods: tuple[str, ...], seeds: tuple[int, ...]) -> None:
    page, _ = report(write_media(tmp_path / "birds", methods, seeds, families=["zero_shot"]), tmp_path / "out")
    assert "section-claims" not in page.ids and "section-zero_shot" in page.ids


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize("family", ["probe", "history", "confused_pair", "examples"])
def test_a_family_that_is_missing_leaves_only_its_section(tmp_path: Path, family: str) -> None:
    page, _ = report(write_media(tmp_path / "birds", families=[family]), tmp_path / "out")
    sections = [name for name in page.ids if name.startswith("section-")]
    assert sections == [f"section-{ {'confused_pair': 'confusion'}.get(family, family) }".replace(" ", "")]


@pytest.mark.usefixtures("unpainted")
def test_results_without_measures_have_no_sections(media: Path, tmp_path: Path) -> None:
    bare = rewritten(media, tmp_path / "bare", lambda row: None)
    (bare / "measures.parquet").unlink()
    page, text = report(bare, tmp_path / "out")
    assert not any(name.startswith("section-") for name in page.ids)
    assert "<nav" not in text and ".cards" not in text
    assert not (tmp_path / "out" / "measures.csv").exists()


def test_a_single_run_shows_its_interval_over_samples(tmp_path: Path) -> None:
    folder = write_media(tmp_path / "run", ("confu",), (0,), families=["zero_shot", "robustness"])
    page, _ = report(folder, tmp_path / "out")
    assert "One seed; lines show the 95% interval over test samples." in page.words
    measure = next(one for one in media_measures("confu", 0) if one.family == "zero_shot")
    assert measure.value is not None and measure.low is not None and measure.high is not None
    assert f"{measure.value:.3f}[{measure.low:.3f}, {measure.high:.3f}]" in page.words
    markdown = (tmp_path / "out" / "zero_shot.md").read_text()
    assert rf"{measure.value:.3f} \[{measure.low:.3f}, {measure.high:.3f}\]" in markdown
    row = next(row for row in rows_of(tmp_path / "out" / "measure_means.csv") if row["family"] == "zero_shot")
    assert (float(row["low_95"]), row["half_width_95"]) == (measure.low, "")


def test_confusions_are_shares_over_all_seeds(media: Path, written: Path) -> None:
    frame = frame_of(media)
    frame = frame[frame["family"] == "confusion"]
    rows = rows_of(written / "confusion.csv")
    assert [(row["method"], row["true"]) for row in rows] == [(name, group) for name in METHODS for group in CEILINGS]
    for row in rows:
        own = frame[(frame["method"] == row["method"]) & (frame["condition"] == row["true"])]
        assert int(row["samples"]) == own["value"].sum()
        for group in CEILINGS:
            share = own[own["metric"] == group]["value"].sum() / own["value"].sum()
            assert float(row[group]) == pytest.approx(share, abs=1e-12)
    assert "--closeness: 0.7" in (written / "index.html").read_text()


def test_the_most_confused_pairs_come_first(written: Path) -> None:
    rows = rows_of(written / "confused_pairs.csv")
    assert len(rows) == len(QUERIES) * len(METHODS) * 5
    shares = [float(row["share"]) for row in rows[:5]]
    assert shares == sorted(shares, reverse=True) and shares[0] == 0.4
    assert {row["seeds"] for row in rows} == {"2"}


def test_overlap_is_stacked_in_one_order(written: Path) -> None:
    assert [row["share"] for row in rows_of(written / "overlap.csv")] == list(SHARES)
    for method in METHODS:
        assert sum(float(row[method]) for row in rows_of(written / "overlap.csv")) == pytest.approx(1)


def test_examples_hold_picture_song_and_verdicts(written: Path) -> None:
    text = (written / "index.html").read_text()
    page = Page(text)
    assert page.tags.count("audio") == page.tags.count("img") == 4 * len(METHODS)
    first = media_examples("", "confu")[0]
    assert f'src="data:image/jpeg;base64,{base64.b64encode(first["image"]).decode()}"' in text
    assert f'src="data:audio/flac;base64,{base64.b64encode(first["audio"]).decode()}"' in text
    # Right and wrong are a sign and a word, whatever the colours.
    assert page.words.count("By design the label is not what is seen or heard") == 2 * len(METHODS)
    assert page.words.count("✓") == 2 * len(METHODS) and page.words.count("✗") == 10 * len(METHODS)
    assert 'aria-label="right"' in text and 'aria-label="wrong"' in text
    assert rows_of(written / "examples.csv")[0]["image+audio"] == "Garden Warbler (right)"


@pytest.mark.usefixtures("unpainted")
def test_examples_are_few_and_light(media: Path, tmp_path: Path) -> None:
    folder = rewritten(media, tmp_path / "birds", lambda row: row if row["family"] == "probe" else None)
    cell = read_results(media).rows()[0]["cell"]
    many = media_examples(cell, "m", [("only together", 9), ("failure", 1)])
    write_examples(folder, many)
    page, text = report(folder, tmp_path / "out")
    assert page.tags.count("audio") == 6
    assert text.count('class="kind">failure') == 1
    heavy = picture((1, 2, 3)) + bytes(900_000)
    write_examples(folder, [{**row, "image": heavy} for row in many])
    page, _ = report(folder, tmp_path / "heavy")
    assert page.tags.count("img") == 2
    write_examples(folder, [{**row, "image": None, "audio": None, "caption": None} for row in many])
    page, _ = report(folder, tmp_path / "bare")
    assert "img" not in page.tags and "audio" not in page.tags and "section-examples" in page.ids


def test_text_of_a_user_is_escaped_everywhere(media: Path, tmp_path: Path) -> None:
    texts = ("subject", "condition", "metric")
    kept = {
        "retrieval",
        "zero_shot",
        "zero_shot_group",
        "probe",
        "confusion",
        "confused_pair",
        "robustness",
        "dependence",
    }

    def spoiled(row: dict[str, Any]) -> dict[str, Any] | None:
        changed = {name: row[name] + HOSTILE if row[name] else row[name] for name in texts}
        return {**row, **changed} if row["family"] in kept else None

    folder = rewritten(media, tmp_path / "birds", spoiled)
    cell = read_results(media).rows()[0]["cell"]
    spoiled_example = dict.fromkeys(("kind", "key", "caption", "label"), HOSTILE)
    write_examples(
        folder, [{**media_examples(cell, "m")[0], **spoiled_example, "predicted": {HOSTILE: HOSTILE, "image": "<b>"}}]
    )
    page, text = report(folder, tmp_path / "out")
    assert "script" not in page.tags and "<script" not in text and "<b>" not in text.replace("<figcaption><b>", "")
    assert HOSTILE in page.words
    assert all(path.is_file() and re.fullmatch(r"\w+\.\w+", path.name) for path in (tmp_path / "out").iterdir())
    markdown = (tmp_path / "out" / "report.md").read_text()
    assert "<script" not in markdown
    for path in (tmp_path / "out").glob("*.tex"):
        latex = path.read_text()
        assert "<script" not in latex and latex.count("{") == latex.count("}")


@pytest.mark.usefixtures("unpainted")
def test_folders_are_compared(media: Path, tmp_path: Path) -> None:
    other = write_media(tmp_path / "mine", ("confu",), (0, 1, 2))
    write_report([media, other], tmp_path / "out", words=WORDS)
    page = Page((tmp_path / "out" / "index.html").read_text())
    assert set(SECTIONS) <= {name.removeprefix("section-") for name in page.ids}
    head = rows_of(tmp_path / "out" / "zero_shot.csv")[0]
    assert [name for name in head if ":" in name] == [*(f"birds: {name}" for name in METHODS), "mine: confu"]
    # Methods of another folder are no rivals: its seeds are of other runs.
    claimed = [row["difference"] for row in rows_of(tmp_path / "out" / "claims.csv")]
    assert not any("birds:" in name and "mine:" in name for name in claimed)
    assert "Mean over 2 to 3 seeds" in page.words


@pytest.mark.usefixtures("unpainted")
def test_datasets_are_never_in_one_ranking(tmp_path: Path) -> None:
    families = ["zero_shot", "zero_shot_group", "ceiling", "probe"]
    one = write_media(tmp_path / "one", ("confu", "clip"), families=families, data={"data": "a1", "p": 0.5})
    two = write_media(tmp_path / "two", ("confu",), families=families, data={"data": "b2", "p": 1.0})
    write_report([one, two], tmp_path / "out", words=WORDS)
    names = {"matrix_bird_mml_p_0_5": 2, "matrix_bird_mml_p_1": 1}
    assert {name: len(rows_of(tmp_path / "out" / f"{name}.csv")) for name in names} == names
    assert not (tmp_path / "out" / "matrix.csv").exists()
    page = Page((tmp_path / "out" / "index.html").read_text())
    assert "on Bird-MML, p 0.5 and on Bird-MML, p 1, each in tables of its own" in page.words
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    head = list(rows_of(tmp_path / "out" / "zero_shot_bird_mml_p_1.csv")[0])
    assert "two: confu" in head and not any("one:" in name for name in head)


@pytest.mark.usefixtures("unpainted")
def test_along_datasets_every_table_is_of_one(tmp_path: Path) -> None:
    view = {"x": "p", "y": "accuracy", "x_label": "p̂", "y_label": "accuracy", "group": "method"}
    view |= {"ceiling": "bayes_accuracy", "floor": "chance"}
    folder = write_media(
        tmp_path / "birds", ("confu", "clip"), samples=(1000, 4000), families=["zero_shot"], view=view, along="p"
    )
    page, _ = report(folder, tmp_path / "out")
    found = sorted(path.stem for path in (tmp_path / "out").glob("zero_shot_p*.csv"))
    assert found == ["zero_shot_p_1000", "zero_shot_p_4000"]
    for name in found:
        assert list(rows_of(tmp_path / "out" / f"{name}.csv")[0])[2:4] == ["confu", "clip"]
    assert "Zero-shot accuracy, p̂ 1000" in page.words


@pytest.mark.usefixtures("unpainted")
def test_a_search_is_settled_on_validation_and_said_so(tmp_path: Path) -> None:
    folder = write_media(tmp_path / "birds", ("confu", "clip"), rates=(0.1, 0.2), families=["zero_shot", "ceiling"])
    page, _ = report(folder, tmp_path / "out")
    write_report([folder], tmp_path / "all", words=WORDS, select="none")
    frame = frame_of(folder).merge(read_results(folder).frame[["cell", "lr"]], on="cell")
    frame = frame[(frame["subject"] == "image+audio") & (frame["metric"] == "accuracy")]
    means = frame.groupby(["condition", "method", "lr"])["value"].mean()
    chosen, matrix, claims, every = (
        rows_of(tmp_path / place / f"{name}.csv")
        for place, name in (("out", "chosen"), ("out", "matrix"), ("out", "claims"), ("all", "claims"))
    )
    assert [row["method"] for row in matrix] == ["confu", "clip"] and not (tmp_path / "all" / "chosen.csv").exists()
    for row, shown in zip(chosen, matrix, strict=True):
        rate = means["validation", row["method"]].idxmax()
        assert (row["chosen"], row["settings"], row["runs"]) == (f"lr {rate:g}", "2", "4")
        assert float(row["validation"]) == pytest.approx(means["validation", row["method"], rate])
        assert float(shown["accuracy"]) == pytest.approx(means["test", row["method"], rate])
        assert any(f"{row['method']}, lr {rate:g} image+audio" in one["difference"] for one in every)
    assert "best on validation" in page.words and "best on validation" in (tmp_path / "out" / "report.md").read_text()
    for rows in (claims, every):
        assert len(rows) == 5 and {row["settings"] for row in rows} == {"", "chosen by the same search"}


@pytest.mark.usefixtures("unpainted")
def test_what_was_searched_is_no_axis_of_what_was_chosen(tmp_path: Path) -> None:
    view = {"x": "lr", "y": "accuracy", "x_label": "lr", "y_label": "accuracy", "group": "method"}
    folder = write_media(tmp_path / "birds", ("confu",), rates=(0.1, 0.2), families=["zero_shot"], view=view)
    report(folder, tmp_path / "out")
    write_report([folder], tmp_path / "all", select="none")
    assert [row.get("lr") for row in rows_of(tmp_path / "out" / "matrix.csv")] == [None]
    assert [row["lr"] for row in rows_of(tmp_path / "all" / "matrix.csv")] == ["0.1", "0.2"]


@pytest.mark.usefixtures("unpainted")
def test_each_condition_has_a_choice_of_its_own(tmp_path: Path) -> None:
    folder = write_media(tmp_path / "birds", ("clip",), rates=(0.1, 0.2), samples=(10, 20), families=["zero_shot"])
    report(folder, tmp_path / "out")
    found = rows_of(tmp_path / "out" / "chosen.csv")
    assert [(row["condition"], row["settings"]) for row in found] == [
        ("train_samples 10", "2"),
        ("train_samples 20", "2"),
    ]


@pytest.mark.usefixtures("unpainted")
def test_without_a_validation_accuracy_all_settings_are_shown_and_one_line_says_so(tmp_path: Path) -> None:
    folder = write_media(tmp_path / "birds", ("clip",), rates=(0.1, 0.2), families=["probe"])
    page, _ = report(folder, tmp_path / "out")
    assert "clip has no accuracy on validation samples to choose one by: all are shown." in page.words
    assert len(rows_of(tmp_path / "out" / "matrix.csv")) == 2
    with pytest.raises(InvalidValue, match="select must be one of validation, none; got 'test'"):
        write_report([folder], tmp_path / "out", select="test")


@pytest.mark.usefixtures("unpainted")
def test_results_of_version_1_say_what_they_lack(media: Path, written: Path, tmp_path: Path) -> None:
    folder = rewritten(
        media, tmp_path / "birds", lambda row: row if row["family"] not in ("ceiling", "plain") else None
    )
    results = read_results(media)
    new = ("pairwise_ceiling", "higher_order_capture")
    blank = [{**row, **dict.fromkeys(new), "directions": []} for row in results.rows()]
    write_results(folder, "birdmml", blank)
    page, _ = report(folder, tmp_path / "out")
    lacks = read_results(folder).lacks
    assert lacks and lacks in page.words and lacks not in Page((written / "index.html").read_text()).words
    assert "higher_order_capture" not in rows_of(tmp_path / "out" / "matrix.csv")[0]
    assert float(rows_of(tmp_path / "out" / "matrix.csv")[0]["single_ceiling"]) == max(OVERALL[:2])


def test_along_an_axis_tables_have_all_and_figures_the_last(tmp_path: Path) -> None:
    view = {"x": "train_samples", "y": "accuracy", "x_label": "training samples", "y_label": "accuracy"}
    view |= {"group": "method", "ceiling": "bayes_accuracy", "floor": "chance"}
    families = ["probe", "zero_shot", "history"]
    folder = write_media(tmp_path / "birds", ("confu", "clip"), samples=(1000, 4000), families=families, view=view)
    page, _ = report(folder, tmp_path / "out")
    head = rows_of(tmp_path / "out" / "zero_shot.csv")[0]
    labels = [f"{name}, training samples {size}" for name in ("confu", "clip") for size in (1000, 4000)]
    assert [name for name in head if "," in name] == labels
    assert "Drawn for training samples 4000; the tables have all." in page.words
    claimed = [row["difference"] for row in rows_of(tmp_path / "out" / "claims.csv")]
    assert not any("1000" in name and "4000" in name for name in claimed)
    assert len(claimed) == 2 * 4


def test_values_that_are_not_there_are_no_numbers(media: Path, tmp_path: Path) -> None:
    def holey(row: dict[str, Any]) -> dict[str, Any] | None:
        if row["family"] == "probe" and row["subject"] == "image":
            return {**row, "value": None}
        return row if row["family"] == "probe" else None

    folder = rewritten(media, tmp_path / "birds", holey)
    page, _ = report(folder, tmp_path / "out")
    rows = [row for row in rows_of(tmp_path / "out" / "probe.csv") if row["embedding"] == "image"]
    assert len(rows) == len(METHODS) and {(row["linear"], row["mlp"]) for row in rows} == {("", "")}
    empty = rewritten(
        media, tmp_path / "empty", lambda row: {**row, "value": None} if row["family"] != "confusion" else None
    )
    page, _ = report(empty, tmp_path / "nothing")
    assert "section-probe" in page.ids and not (tmp_path / "nothing" / "probe.svg").exists()


def test_nothing_exact_is_promised_where_nothing_is_known(media: Path, written: Path, tmp_path: Path) -> None:
    results = read_results(media)
    folder = rewritten(
        media, tmp_path / "birds", lambda row: {**row, "reference": None} if row["family"] == "history" else None
    )
    write_results(folder, "birdmml", [{**row, "total_correlation": None} for row in results.rows()])
    page, text = report(folder, tmp_path / "out")
    promised = "beside its exact value"
    assert "section-history" in page.ids
    assert promised in (written / "index.html").read_text() and promised not in text
    # Its line is in the one figure, twice with the legend, and not in the other.
    drawn = [
        (place / "total_correlation.svg").read_text().count('id="line2d_') for place in (written, tmp_path / "out")
    ]
    assert drawn[0] == drawn[1] + 2


@pytest.mark.usefixtures("unpainted")
def test_an_exact_value_of_other_variables_is_no_line_and_says_of_what_it_is(media: Path, tmp_path: Path) -> None:
    folder = rewritten(media, tmp_path / "birds", lambda row: row if row["family"] == "history" else None)
    rows = read_results(media).rows()
    write_results(folder, "birdmml", [{**row, "total_correlation": None} for row in rows])
    exact = Measure("data", "species, shown look and shown song", "total correlation", 3.21)
    write_measures(folder, [*read_measures(folder).to_pylist(), *(exact.row(row["cell"]) for row in rows)])
    _, text = report(folder, tmp_path / "out")
    assert "Exactly 3.210 nats is that of species, shown look and shown song: other variables" in text
    assert "The total correlation of species, shown look and shown song is exactly 3.210 nats" in text
    assert "beside the exact value of the same" not in text


@pytest.mark.usefixtures("unpainted")
def test_a_measure_of_no_finished_cell_is_left_out(media: Path, tmp_path: Path) -> None:
    folder = rewritten(media, tmp_path / "birds", lambda row: row if row["family"] == "probe" else None)
    stray = replace(Measure("probe", "stray", "accuracy", 0.5)).row("no such cell")
    write_measures(folder, [*read_measures(folder).to_pylist(), stray])
    page, _ = report(folder, tmp_path / "out")
    assert "stray" not in page.words


@pytest.mark.usefixtures("unpainted")
def test_measures_of_ones_own_have_a_table_each(tmp_path: Path) -> None:
    folder = write_media(tmp_path / "birds", ("confu",), (0,), families=["zero_shot"])
    rows = read_measures(folder).to_pylist()
    own = [Measure("own:hardest", query, "accuracy", 0.125 * at) for at, query in enumerate(QUERIES)]
    write_measures(folder, [*rows, *(one.row(rows[0]["cell"]) for one in own)])
    page, _ = report(folder, tmp_path / "out")
    assert "section-own" in page.ids and "hardest" in page.words
    table = (tmp_path / "out" / "own_hardest.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1 + len(QUERIES) and "0.25" in table[-1]
