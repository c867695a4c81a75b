"""Intervals, series and tables, against SciPy and against numbers computed by hand."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from results_for_reports import write_rows
from scipy import stats

from confu_core.errors import ResultsError
from confu_core.report.exact import BAYES, PLAIN, distinct, reference_curves, references_of
from confu_core.report.headline import (
    cell_tables,
    direction_series,
    direction_tables,
    headline_series,
    headline_tables,
    matrix_table,
    over_directions,
)
from confu_core.report.panels import draw_interval, is_line_plot
from confu_core.report.sources import ReportView, dataset_names, folder_labels, read_sources, view_of
from confu_core.report.tables import best_of, escape_latex, escape_markdown, to_csv, to_latex, to_markdown
from confu_core.report.tidy import DIRECTION, Measures, Point, read_tidy, x_values
from confu_core.report.words import ReportWords
from confu_core.runs.results import read_results
from confu_core.statistics.intervals import student_interval


def loaded(*folders: Path, words: ReportWords | None = None) -> tuple[Measures, ReportView]:
    sources = read_sources(folders, "hint")
    view = view_of(sources[0])
    return read_tidy(sources, folder_labels(folders), view, words or ReportWords()), view


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("n", [2, 3, 5, 30])
def test_intervals_are_those_of_scipy(n: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    found = student_interval(values)
    assert found is not None
    low, high = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)
    assert (found.n, found.minimum, found.maximum) == (n, values.min(), values.max())


def test_an_interval_covers_the_mean_as_often_as_it_says() -> None:
    draws = np.random.default_rng(0).normal(size=(4000, 4))
    intervals = [student_interval(row) for row in draws]
    covered = np.mean([found is not None and found.low <= 0 <= found.high for found in intervals])
    assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))


def test_a_single_value_has_no_interval_and_what_is_undefined_is_left_out() -> None:
    alone = student_interval([0.5, None, math.nan])
    assert alone is not None
    assert (alone.n, alone.half_width, alone.low, alone.high) == (1, None, 0.5, 0.5)
    equal = student_interval([1.0, 1.0])
    assert equal is not None and equal.half_width == 0
    assert student_interval([]) is None


def test_the_summary_holds_the_numbers_of_the_cells(swept: Path) -> None:
    measures, view = loaded(swept)
    frame = read_results(swept).frame
    rows = read_csv(to_csv(headline_tables(measures, view)[0]))
    assert [(row["method"], row["p"]) for row in rows] == [
        (method, p) for method in ("symile", "clip") for p in ("0.0", "0.5", "1.0")
    ]
    for row in rows:
        cells = frame[(frame["method"] == row["method"]) & (frame["p"] == float(row["p"]))]
        assert (row["folder"], int(row["seeds"])) == ("paper", len(cells))
        assert float(row["accuracy_mean"]) == pytest.approx(cells["accuracy"].mean(), abs=1e-15)
        spread = stats.t.ppf(0.975, 2) * cells["accuracy"].std() / math.sqrt(3)
        assert float(row["accuracy_half_width_95"]) == pytest.approx(spread, rel=1e-12)
        assert float(row["accuracy_min"]) == cells["accuracy"].min()
        assert float(row["accuracy_max"]) == cells["accuracy"].max()
        # Exact values come through unrounded.
        assert float(row["bayes_accuracy"]) == cells["bayes_accuracy"].iloc[0]
        assert float(row["total_correlation"]) == cells["total_correlation"].iloc[0]
        bound = cells["total_correlation_bound"].mean()
        assert float(row["total_correlation_bound_mean"]) == pytest.approx(bound, abs=1e-14)
        names = ("single_ceiling", "pairwise_ceiling", "chance")
        assert [float(row[name]) for name in names] == [cells[name].iloc[0] for name in names]
    assert rows[0]["higher_order_capture_mean"] == "" != rows[1]["higher_order_capture_mean"]
    header = list(rows[0])
    ceilings = ["single_ceiling", "pairwise_ceiling", "bayes_accuracy", "chance"]
    assert header[(at := header.index(ceilings[0])) : at + 4] == ceilings


def test_the_directions_table_holds_every_direction_that_is_defined(swept: Path) -> None:
    measures, view = loaded(swept)
    table, fallbacks = direction_tables(measures, view, fallbacks=True)
    rows = read_csv(to_csv(table))
    assert len(rows) == 3 * (9 + 3)
    # What a method does not define is no number of its own: it stands in a table of its own, marked.
    own = {name: [row for row in rows if row["method"] == name] for name in ("symile", "clip")}
    assert {row["order"] for row in own["symile"]} == {"2"} and {row["order"] for row in own["clip"]} == {"1", "2"}
    assert [table.name for table in direction_tables(measures, view, fallbacks=False)] == ["directions"]
    assert len(fallbacks.rows) == 6 * 3
    at = [column.name for column in fallbacks.columns].index("symile")
    assert fallbacks.marked == {(row, at) for row in range(18)} and not fallbacks.bold
    chosen = next(row for row in rows if (row["method"], row["p"], row["direction"]) == ("clip", "0.5", "a->c"))
    accuracies = [
        each["accuracy"]
        for row in read_results(swept).rows()
        if (row["method"], row["p"]) == ("clip", 0.5)
        for each in row["directions"]
        if each["direction"] == "a->c"
    ]
    assert float(chosen["accuracy_mean"]) == pytest.approx(sum(accuracies) / 3, abs=1e-15)


def test_every_cell_is_exported_with_all_digits(failing: Path) -> None:
    rows = read_csv(to_csv(cell_tables([read_results(failing)], ["here"])[0]))
    original = read_results(failing).rows()
    assert [row["cell"] for row in rows] == [row["cell"] for row in original]
    for row, cell in zip(rows, original, strict=True):
        assert row["folder"] == "here"
        assert row["accuracy"] == ("" if cell["accuracy"] is None else repr(cell["accuracy"]))
        assert (row["status"], row["error"]) == (cell["status"], cell["error"] or "")


def test_a_matrix_by_hand(tmp_path: Path) -> None:
    rows = [
        {"method": method, "x": x, "seed": seed, "accuracy": accuracy, "bayes_accuracy": ceiling}
        for method, x, ceiling, accuracies in [
            ("best", 0.0, 0.1, (0.1, 0.1)),
            ("best", 1.0, 0.9, (0.69, 0.71)),
            ("worse", 0.0, 0.1, (0.1, 0.1)),
            ("worse", 1.0, 0.9, (0.05, 0.05)),
        ]
        for seed, accuracy in enumerate(accuracies)
    ]
    measures, view = loaded(write_rows(tmp_path / "made", rows))
    table = matrix_table(headline_series(measures, view), view, view.ceiling)
    assert [column.label for column in table.columns] == ["x̂", "best", "worse", "Bayes accuracy", "chance"]
    assert [row[0] for row in table.rows] == [0.0, 1.0]
    # Where chance reaches the ceiling nobody is close to it or best; below chance is not less than far away.
    assert table.bold == {(1, 1)}
    assert table.tints == {(1, 1): pytest.approx(0.75), (1, 2): 0.0}
    assert [row[3:] for row in table.rows] == [(0.1, 0.1), (0.9, 0.1)]
    half_width = f"{stats.t.ppf(0.975, 1) * 0.01:.3f}"
    assert table.parts(1, 1) == ("0.700", f"± {half_width}")
    assert f"| 1 | **0.700 ± {half_width}** | 0.050 ± 0.000 | 0.900 | 0.100 |" in to_markdown(table)
    assert read_csv(to_csv(table))[1]["best"] == repr((0.69 + 0.71) / 2)


@pytest.mark.parametrize(
    ("one", "other", "leads"),
    [
        ((0.6, 0.7, 0.8), (0.5, 0.61, 0.69), True),
        ((0.6, 0.7, 0.8), (0.6, 0.7, 0.8), False),
        ((0.6, 0.7, 0.8), (0.8, 0.7, 0.5), False),
        ((0.6,), (0.1,), False),
    ],
    ids=["paired", "equal", "crossing", "one-seed"],
)
def test_bold_is_what_paired_seeds_tell_from_every_other(
    one: tuple[float, ...], other: tuple[float, ...], leads: bool
) -> None:
    points = [Point(None, each, tuple(range(len(each)))) for each in (other, one)]
    assert best_of(points) == (1 if leads else None)
    assert best_of([None, *points]) == (2 if leads else None)
    assert best_of(points, lowest=True) == (0 if leads else None)
    if len(one) > 1 and leads:
        low, _ = stats.t.interval(0.95, 2, *_moments(np.subtract(one, other)))
        assert low > 0


def _moments(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(stats.sem(values))


def test_lines_that_coincide_are_one_with_a_joint_name() -> None:
    def lines(*rows: tuple[float | None, ...]) -> list[str]:
        names = ("chance", "single_ceiling", "pairwise_ceiling", "bayes_accuracy")
        known = [{name: value for name, value in zip(names, row, strict=True) if value is not None} for row in rows]
        points = [Point(at, (), levels=levels) for at, levels in enumerate(known)]
        return [line.label for line in distinct(references_of("bayes_accuracy", "chance"), points)]

    assert lines((0.1, 0.2, 0.3, 0.4)) == ["chance", "single ceiling", "pairwise ceiling", "Bayes accuracy"]
    assert lines((0.1, 0.1, 0.1, 0.4)) == ["chance = single = pairwise ceiling", "Bayes accuracy"]
    # At one place they coincide and at another they do not.
    assert lines((0.1, 0.1, 0.4, 0.4), (0.1, 0.2, 0.4, 0.4)) == [
        *("chance", "single ceiling", "pairwise ceiling = Bayes accuracy"),
    ]
    assert lines((0.1, 0.3, None, 0.4)) == ["chance", "single ceiling", "Bayes accuracy"]


def test_intervals_end_where_the_axis_ends_and_two_seeds_have_none() -> None:
    from matplotlib.figure import Figure

    def drawn(values: list[float], ends: tuple[float, float]) -> tuple[list[list[float]], int]:
        axes, found = Figure().add_subplot(), student_interval(values)
        assert found is not None
        draw_interval(axes, found, 0.0, ends)
        lines = [[float(y) for y in line.get_ydata()] for line in axes.lines]
        return [line for line in lines if len(line) == 2], sum(len(line) == 1 for line in lines)

    assert drawn([0.5, 0.9], (0.0, 1.0)) == ([], 0)
    (inside,), arrows = drawn([0.5, 0.52, 0.54], (0.0, 1.0))
    half = stats.t.ppf(0.975, 2) * stats.sem([0.5, 0.52, 0.54])
    assert inside == pytest.approx([0.52 - half, 0.52 + half]) and arrows == 0
    # Cut on both sides, each with an arrow.
    assert drawn([0.1, 0.5, 0.9], (0.0, 1.0)) == ([[0.0, 1.0]], 2)


def test_datasets_are_named_by_what_tells_them_apart() -> None:
    rows = [
        {"dataset": None, "species": 20, "p": 0.5, "data": "a"},
        {"dataset": None, "species": 20, "p": 1.0, "data": "b"},
        {"dataset": "moods", "species": None, "p": None, "data": "c"},
    ]
    kinds = ["birdmml", "birdmml", "moods"]
    assert dataset_names(rows, kinds, None) == ["birdmml, p 0.5", "birdmml, p 1", "moods"]
    # Along p, each place has its dataset.
    assert dataset_names(rows[:2], kinds[:2], "p") == ["birdmml", "birdmml"]
    same = [{**rows[0], "data": name} for name in "ab"]
    assert dataset_names(same, kinds[:2], None) == ["birdmml, data a", "birdmml, data b"]
    assert dataset_names([{"bits": 2, "p": 0.5}, {"bits": 5, "p": 0.5}], ["xor"] * 2, "p") == [
        *("xor, bits 2", "xor, bits 5"),
    ]


def test_variants_of_a_method_are_lines_of_their_own(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"method": method, "x": x, "lam": lam, "accuracy": 0.5}
        for method, lam in (("confu", 0.2), ("confu", 0.1 + 0.2), ("clip", None))
        for x in (0.1, 0.9)
    ]
    measures, view = loaded(write_rows(tmp_path / "made", rows))
    series = headline_series(measures, view)
    assert [one.label for one in series] == ["clip", "confu, lam 0.2", "confu, lam 0.3"]
    assert all(len(point.values) == 1 for one in series for point in one.points)


def test_what_follows_from_the_axis_tells_no_lines_apart(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"method": method, "x": x, "data": f"built at {x}", "lam": lam, "accuracy": 0.5}
        for method, lam in (("confu", 0.2), ("confu", 0.3), ("clip", None))
        for x in (0.1, 0.9)
    ]
    series = loaded(write_rows(tmp_path / "made", rows), words=ReportWords(name="Made"))[0].groups
    assert [one.label for one in series] == ["clip", "confu, lam 0.2", "confu, lam 0.3"]
    assert {one.dataset for one in series} == {"Made"}
    rows.append({"method": "clip", "x": 0.9, "data": "built again", "accuracy": 0.6})
    series = loaded(write_rows(tmp_path / "again", rows))[0].groups
    # Other data have a table of their own, and no line beside these.
    assert [(one.label, one.dataset) for one in series][:2] == [
        *(("clip", "made, data built at 0.1"), ("clip", "made, data built at 0.9")),
    ]
    assert "made, data built again" in {one.dataset for one in series}


def test_a_method_without_the_axis_is_the_same_at_every_x(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"method": "confu", "x": x, "accuracy": x} for x in (0.2, 0.4)]
    rows.append({"method": "clip", "x": None, "accuracy": 0.3})
    measures, view = loaded(write_rows(tmp_path / "made", rows, grid={"method": ["confu", "clip"]}))
    series = headline_series(measures, view)
    assert x_values(series) == [0.2, 0.4]
    assert [matrix_table(series, view, view.ceiling).text(row, 2) for row in (0, 1)] == ["0.300", "0.300"]


def test_words_keep_the_order_in_which_they_were_asked_for(tmp_path: Path) -> None:
    rows = [{"x": word, "accuracy": 0.5} for word in ("a", "b", "c")]
    series = headline_series(*loaded(write_rows(tmp_path / "made", rows, grid={"x": ["c", "a", "b"]})))
    assert x_values(series) == ["c", "a", "b"]
    assert not is_line_plot(series)


def test_exact_curves_are_one_unless_tasks_differ(tmp_path: Path) -> None:
    rows = [
        {"method": method, "x": x, "accuracy": 0.5, "bayes_accuracy": x + shift}
        for method, shift in (("a", 0.0), ("b", 1e-15), ("c", 0.05))
        for x in (0.1, 0.9)
    ]
    series = headline_series(*loaded(write_rows(tmp_path / "made", rows)))
    assert reference_curves(series, BAYES) == [
        [(0.1, pytest.approx(0.1)), (0.9, pytest.approx(0.9))],
        [(0.1, pytest.approx(0.15)), (0.9, pytest.approx(0.95))],
    ]
    assert reference_curves(series, PLAIN) == []


def test_directions_are_series_too(swept: Path) -> None:
    measures, view = loaded(swept)
    names = measures.values(DIRECTION, "subject")
    assert names == ["a->b", "a->c", "b->a", "b->c", "c->a", "c->b", "ab->c", "ac->b", "bc->a"]
    point = direction_series(measures, view, "ac->b")[0].at(0.5)
    headline = headline_series(measures, view)[0].at(0.5)
    assert point is not None and headline is not None
    assert point.interval == headline.interval
    # What does not depend on the direction is that of the whole.
    assert point.levels["chance"] == 0.25
    assert x_values(over_directions(measures, view)) == names


def test_two_versions_of_a_method_are_not_averaged(tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "made", [{"x": 0.5, "accuracy": 0.1}, {"x": 0.5, "accuracy": 0.9}])
    with pytest.raises(ResultsError, match=r"holds two results of m with x 0.5 and the same seed.*another --out"):
        loaded(folder)
    brought = [{"x": 0.5, "accuracy": share, "brought": "embeddings"} for share in (0.1, 0.9)]
    with pytest.raises(ResultsError, match="holds two results brought as m; give each its own --name"):
        loaded(write_rows(tmp_path / "brought", brought))


def test_failed_cells_are_in_no_mean_and_make_no_line(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"x": 0.5, "seed": 0, "accuracy": 0.4},
        {"x": 0.5, "seed": 1, "accuracy": 0.8, "status": "failed"},
        {"x": 0.5, "method": "hopeless", "status": "failed"},
    ]
    series = headline_series(*loaded(write_rows(tmp_path / "made", rows)))
    assert [(one.label, point.interval) for one in series for point in one.points] == [("m", student_interval([0.4]))]


def test_text_of_a_user_is_escaped_in_every_format() -> None:
    assert escape_latex(r"a_b & 5% {x} #1 $2 \z ~ ^ p̂") == (
        r"a\_b \& 5\% \{x\} \#1 \$2 \textbackslash{}z \textasciitilde{} \textasciicircum{} $\hat{p}$"
    )
    assert escape_markdown("a|b\n*c* `d` [e](f) <script>") == r"a\|b \*c\* \`d\` \[e\](f) &lt;script&gt;"


def test_latex_tables_are_balanced_and_long_ones_break_over_pages(swept: Path) -> None:
    measures, view = loaded(swept)
    short, long = headline_tables(measures, view)[0], direction_tables(measures, view, fallbacks=False)[0]
    for table, kind in ((short, "table"), (replace(long, rows=long.rows * 2), "longtable")):
        text = to_latex(table)
        assert text.count(rf"\begin{{{kind}}}") == text.count(rf"\end{{{kind}}}") == 1
        assert text.count("{") == text.count("}")
        assert text.count(r"\bottomrule") == 1
        body = [line for line in text.splitlines() if line.endswith(r"\\") and " & " in line]
        assert len({line.count(" & ") for line in body}) == 1
        assert len(body) >= 1 + len(table.rows)


def test_a_view_that_names_no_column_is_refused(tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "made", [{"x": 0.5, "accuracy": 0.1}], view={"x": "acuracy"})
    with pytest.raises(ResultsError, match="wants x = 'acuracy', which the results lack: did you mean 'accuracy'"):
        loaded(folder)
    with pytest.raises(ResultsError, match="its view is no object of texts"):
        loaded(write_rows(tmp_path / "other", [{"x": 0.5, "accuracy": 0.1}], view=["x"]))


def test_results_without_a_plan_show_what_varies(swept: Path, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "results.parquet").write_bytes((swept / "results.parquet").read_bytes())
    view = view_of(read_results(tmp_path / "bare"))
    assert (view.x, view.y, view.group, view.ceiling, view.floor) == (
        "p",
        "accuracy",
        "method",
        "bayes_accuracy",
        "chance",
    )
