"""Reports on disk: whole, the same every time, self-contained, and nowhere they would do harm."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image as Picture
from results_for_reports import FIXED, GRID, VIEW, write_rows

from confu_core.errors import ResultsError
from confu_core.report import write_report
from confu_core.runs.results import read_results, write_results
from xor_bench.sweep import run_sweep

FIGURES = ("accuracy", "higher_order_capture", "total_correlation", "directions")
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """What a page holds, and whether its elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "xlink:href", "srcset", "data"):
                self.links.append(str(value))
            if name == "id":
                self.ids.append(str(value))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


@pytest.fixture(scope="module")
def written(swept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("written") / "report"
    files = write_report([swept], out)
    assert files[0] == out / "index.html"
    assert sorted(path.name for path in files) == sorted(path.name for path in out.iterdir())
    return out


def test_a_report_has_every_file(written: Path) -> None:
    names = ("summary", "matrix", "directions", "fallbacks")
    tables = {f"{name}.{suffix}" for name in names for suffix in ("csv", "md", "tex")}
    figures = {f"{name}.{suffix}" for name in FIGURES for suffix in ("svg", "png")}
    pages = {"index.html", "report.md", "results.csv", "results_directions.csv"}
    assert {path.name for path in written.iterdir()} == tables | figures | pages


def test_the_same_results_give_the_same_bytes(swept: Path, written: Path, tmp_path: Path) -> None:
    for path in write_report([swept], tmp_path / "again"):
        assert path.read_bytes() == (written / path.name).read_bytes(), path.name


def test_bytes_do_not_depend_on_the_process_or_on_a_users_matplotlib(
    swept: Path, written: Path, tmp_path: Path
) -> None:
    (tmp_path / "matplotlibrc").write_text("axes.labelpad: 30\nxtick.direction: in\nbackend: svg\n")
    code = (
        "import sys, confu_core.report as r; from pathlib import Path; r.write_report([Path(sys.argv[1])], Path('r'))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code, str(swept)], cwd=tmp_path, check=True)
    for name in ("accuracy.svg", "directions.png", "index.html"):
        assert (tmp_path / "r" / name).read_bytes() == (written / name).read_bytes()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_whole(written: Path, name: str) -> None:
    root = ElementTree.fromstring((written / f"{name}.svg").read_bytes())
    assert root.tag.endswith("svg")
    assert b"<dc:date>" not in (written / f"{name}.svg").read_bytes()
    with Picture.open(written / f"{name}.png") as picture:
        assert min(picture.size) > 300
        assert picture.info["dpi"][0] == pytest.approx(200, abs=0.1)


def test_the_page_is_well_formed_and_needs_nothing_else(written: Path) -> None:
    text = (written / "index.html").read_text()
    page = Page(text)
    assert "script" not in page.tags and "link" not in page.tags and "img" not in page.tags
    assert not re.search(r"@import|url\((?!#)|(src|href)\s*=\s*[\"']?(https?:)?//", text)
    files = {path.name for path in written.iterdir()} - {"index.html"}
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert {link for link in page.links if not link.startswith("#")} == files
    # Figures share a page: none may take another's clip path or glyph.
    assert len(page.ids) == len(set(page.ids))
    assert inside <= set(page.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(page.ids)


def test_the_page_follows_light_and_dark(written: Path) -> None:
    text = (written / "index.html").read_text()
    assert "prefers-color-scheme: dark" in text
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
    # No colour of the drawings is fixed, in either of the places where SVG keeps colours.
    assert set(re.findall(r"#[0-9a-f]{6}\b", drawn)) == set()
    assert "currentColor" in drawn and "var(--series-1)" in drawn  # Symile's.


def test_the_page_says_what_a_reader_needs(written: Path) -> None:
    words = Page((written / "index.html").read_text()).words
    for expected in (
        "The XOR synergy task",
        "2 methods, 3 values of mixing probability p̂, 3 seeds: 18 finished cells.",
        "Accuracy, ac → b",
        "Bayes accuracy",
        "What the best possible predictor reaches",
        "(accuracy - pairwise ceiling) / (Bayes accuracy - pairwise ceiling)",
        "The accuracy of the best guess by all that pairs of modalities tell",
        "† The method defines no score of its own for this",
        "batch_size",
        "peak memory",
        "numpy",
    ):
        assert expected in words
    assert "Failed cells" not in words


def test_the_markdown_page_links_to_what_is_there(written: Path) -> None:
    text = (written / "report.md").read_text()
    linked = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert linked == [f"{name}.svg" for name in FIGURES]
    assert "| mixing probability p̂ | symile | clip | chance = single = pairwise ceiling | Bayes accuracy |" in text
    tables = re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE)
    assert len(tables) == 4
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_failed_cells_are_shown_and_names_are_escaped(failing: Path, tmp_path: Path) -> None:
    held, named = read_results(failing), tmp_path / "named"
    rows = [{**row, "name": "my_<b>&name" if row["method"].endswith("Fragile") else None} for row in held.rows()]
    shutil.copytree(failing, named)
    write_results(named, held.benchmark, rows, costs=held.cost_rows())
    for folder, shown in ((failing, "Fragile"), (named, "my_<b>&name")):
        write_report([folder], tmp_path / "out")
        text = (tmp_path / "out" / "index.html").read_text()
        page = Page(text)
        assert "b" in page.tags and "<b>&name" not in text and "<b>&file" not in text
        assert shown in page.words
    # The folder that the method lies in is nobody's business on a page that is passed around.
    assert str(failing.parent) not in text
    assert "2 of 6 cells failed" in page.words
    assert page.words.count("at step 0, in the term 0 → 1") == 2
    assert "failed" in page.ids
    markdown = (tmp_path / "out" / "report.md").read_text()
    assert "my\\_&lt;b&gt;&amp;name, breaks yes" in markdown
    assert "<b>" not in markdown


def test_a_report_says_beneath_its_first_table_which_scores_no_paper_defines(swept: Path, tmp_path: Path) -> None:
    held, named = read_results(swept), tmp_path / "named"
    shutil.copytree(swept, named)
    rows = [{**row, "method": "pmrl"} for row in held.rows() if row["method"] == held.rows()[0]["method"]]
    write_results(named, held.benchmark, rows, costs=held.cost_rows())
    for folder, times in ((named, 1), (swept, 0)):
        write_report([folder], tmp_path / "out")
        for file in ("index.html", "report.md"):
            text = (tmp_path / "out" / file).read_text()
            assert text.count("Ours, not in the paper of pmrl: scores of two or more modalities") == times


def test_folders_are_compared(swept: Path, failing: Path, tmp_path: Path) -> None:
    run_sweep({**GRID, "method": ["clip"], "seed": [0]}, tmp_path / "mine", fixed={**FIXED, "epochs": 3})
    write_report([swept, tmp_path / "mine", failing], tmp_path / "out")
    page = Page((tmp_path / "out" / "index.html").read_text())
    assert "Comparing paper with mine with runs." in page.words
    for label in ("paper: symile", "paper: clip", "mine: clip", "runs: clip"):
        assert label in page.words
    assert "1 to 3 seeds" in page.words
    summary = (tmp_path / "out" / "summary.csv").read_text().splitlines()
    assert {line.partition(",")[0] for line in summary[1:]} == {"paper", "mine", "runs"}


@pytest.mark.parametrize(
    ("axes", "pattern"),
    [
        ({}, "mixing probability p̂ 0.5"),
        ({"inputs": ["bits", "onehot"]}, "2 values of inputs"),
        ({"dim": [4, 8, 32]}, "3 values of dim"),
    ],
    ids=["single", "words", "geometric"],
)
def test_any_axis_makes_a_figure(tmp_path: Path, axes: dict[str, Any], pattern: str) -> None:
    run_sweep({"method": ["symile", "clip"], "seed": [0, 1], **axes}, tmp_path / "runs", fixed={**FIXED, "p": 0.5})
    out = tmp_path / "runs" / "report"
    write_report([tmp_path / "runs"], out)
    page = Page((out / "index.html").read_text())
    assert pattern in page.words
    assert all((out / f"{name}.png").is_file() for name in FIGURES)


def test_a_single_cell_is_enough(tmp_path: Path) -> None:
    rows = [{"x": 0.5, "method": "_$hidden$", "accuracy": 0.4}]
    folder = write_rows(tmp_path / "made", rows, title="100% <of> $it$")
    files = write_report([folder], tmp_path / "out")
    # No directions, no capture, no bound: none of their files.
    assert {path.name for path in files} >= {"index.html", "accuracy.svg", "summary.csv", "results.csv"}
    assert not any(path.name.startswith(("directions", "higher", "total")) for path in files)
    page = Page((tmp_path / "out" / "index.html").read_text())
    assert "100% <of> $it$" in page.words and "_$hidden$" in page.words


@pytest.mark.usefixtures("unpainted")
def test_a_report_leaves_the_results_folder_open_to_more(swept: Path, tmp_path: Path) -> None:
    runs = Path(shutil.copytree(swept, tmp_path / "runs"))
    write_report([runs], runs / "report")
    write_report([runs], runs / "report")
    assert run_sweep(GRID, runs, fixed=FIXED).computed == 0


@pytest.mark.usefixtures("unpainted")
def test_places_that_are_no_place_for_a_report(swept: Path, tmp_path: Path) -> None:
    runs = Path(shutil.copytree(swept, tmp_path / "runs"))
    for place in (runs, runs / "figures"):
        with pytest.raises(
            ResultsError, match="must hold nothing but results; choose runs/report or an --out elsewhere"
        ):
            write_report([runs], place)
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ResultsError, match=r"thesis.tex is not a folder; choose another --out"):
        write_report([runs], tmp_path / "thesis.tex")
    with pytest.raises(ResultsError, match="cannot write"):
        write_report([runs], tmp_path / "thesis.tex" / "report")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "thesis.tex"]
    assert not (runs / "report").exists()


@pytest.mark.usefixtures("unpainted")
def test_only_what_a_report_has_written_is_overwritten(swept: Path, tmp_path: Path) -> None:
    for name in ("index.html", "summary.csv"):
        place = tmp_path / name.partition(".")[0]
        place.mkdir()
        (place / name).write_text("mine")
        (place / "notes.txt").write_text("mine, too")
        with pytest.raises(ResultsError, match=f"{name} is not of a report, and is not overwritten; choose another"):
            write_report([swept], place)
        assert {path.name: path.read_text() for path in place.iterdir()} == {name: "mine", "notes.txt": "mine, too"}
        (place / name).unlink()
        (place / "report.md").symlink_to(place / "notes.txt")
        with pytest.raises(ResultsError, match=r"report.md is not of a report"):
            write_report([swept], place)
        (place / "report.md").unlink()
        write_report([swept], place)
        write_report([swept], place)
        assert (place / "notes.txt").read_text() == "mine, too"


def test_a_dataset_is_no_place_for_a_report(swept: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ResultsError, match="holds a dataset; choose another --out"):
        write_report([swept], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_folders_that_cannot_be_compared(swept: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ResultsError, match="paper is given twice; name each results folder once"):
        write_report([swept, swept / ".." / swept.name], out)
    other = write_rows(tmp_path / "made", [{"x": 0.5, "accuracy": 0.1}])
    with pytest.raises(ResultsError, match="holds results of the benchmark 'made', .*paper of 'xor'; report each"):
        write_report([swept, other], out)
    third = write_rows(tmp_path / "xor", [{"x": 0.5, "accuracy": 0.1}], benchmark="xor")
    with pytest.raises(ResultsError, match="has no column 'p' to compare; report it on its own"):
        write_report([swept, third], out)
    with pytest.raises(ResultsError, match="does not exist; sweep first"):
        write_report([tmp_path / "missing"], out, hint="sweep first")
    with pytest.raises(ResultsError, match="at least one results folder; got none; sweep first"):
        write_report([], out, hint="sweep first")
    broken = write_rows(tmp_path / "broken", [{"x": 0.5, "status": "failed", "error": "no luck"}])
    with pytest.raises(ResultsError, match=r"holds no finished cell \(1 failed: no luck\); sweep first"):
        write_report([broken], out, hint="sweep first")
    blank = write_rows(tmp_path / "blank", [{"x": 0.5, "accuracy": None}])
    with pytest.raises(ResultsError, match="no finished cell has a value of accuracy"):
        write_report([blank], out)
    assert not out.exists()


def test_the_package_is_cheap_to_import() -> None:
    code = "import sys, confu_core.report; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"matplotlib", "pandas", "scipy", "torch", "pyarrow"} & set(done.stdout.split())


def test_forged_results_put_no_markup_into_pages_and_no_formula_into_tables(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    rows = [{"method": name, "x": x, "accuracy": 0.5} for name in (evil, "=1+1") for x in (-1.0, 1.0)]
    rows.append({"method": evil, "x": 1.0, "seed": 1, "status": "failed", "error": evil, "cell": evil})
    folder = write_rows(tmp_path / "runs", rows, view={**VIEW, "x_label": evil, "y_label": evil})
    write_report([folder], tmp_path / "report")
    for path in (tmp_path / "report").glob("*.md"):
        assert "<img" not in path.read_text(), path.name
    tables = [path.read_text().splitlines() for path in (tmp_path / "report").glob("*.csv")]
    cells = [cell for lines in tables for row in csv.reader(lines) for cell in row]
    assert "'=1+1" in cells and "-1.0" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t")) or re.match(r"-(?!\d|$)", cell)]
