"""Text with separators: every line becomes a row, a reject or a blank line, and no cell swallows others."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confu_core.datasets.separated import MOST_CELL, Separated, read_separated

HEADINGS = ["name", "photo", "sound", "place"]
ROWS = [[f"bird {i}", f"{i}.jpg", f"{i}.wav", f"meadow {i}"] for i in range(10)]


def text_of(rows: list[list[str]], separator: str = "\t") -> str:
    return "".join(separator.join(row) + "\n" for row in [HEADINGS, *rows])


def with_places(**places: str) -> list[list[str]]:
    return [[*row[:3], places.get(f"at{i}", row[3])] for i, row in enumerate(ROWS)]


UNCLOSED = {
    "several": {"at2": '"Hof Lehmann, east hedge', "at6": '"Teich" behind the mill', "at8": 'sign says "no entry"'},
    "one": {"at2": '"Hof Lehmann, east hedge', "at8": 'sign says "no entry"'},
    "to the end": {"at2": '"Hof Lehmann'},
    "closed by chance": {"at2": '"Hof Lehmann', "at6": 'nest 15"'},
    "next row": {"at2": '"Hof Lehmann', "at3": 'nest 15"'},
}


@pytest.mark.parametrize("places", UNCLOSED.values(), ids=UNCLOSED)
def test_a_table_with_tabs_that_is_not_quoted_is_read_as_it_stands(places: dict[str, str]) -> None:
    rows = with_places(**places)
    found = read_separated(text_of(rows))
    assert found.rows == rows and not found.malformed and found.inner_lines == 0


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("places", UNCLOSED.values(), ids=UNCLOSED)
def test_a_quotation_mark_that_is_not_closed_costs_its_own_row_alone(places: dict[str, str], separator: str) -> None:
    rows = with_places(**places)
    found = read_separated(text_of(rows, separator))
    bad = {at for at, row in enumerate(rows) if row[3].startswith('"')}
    assert len(found.rows) == len(rows) and set(found.malformed) == bad
    assert all(found.malformed[at].startswith(f"line {at + 2}: a quotation mark ") for at in bad)
    assert [row for at, row in enumerate(found.rows) if at not in bad] == [
        row for at, row in enumerate(rows) if at not in bad
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_writers_quote_is_read_as_they_meant_it(separator: str, quoting: int, end: str) -> None:
    rows = with_places(at1=f'a "b"{separator} c', at3="two\nlines, really", at5='""', at7='the last"', at8="")
    file = io.StringIO()
    csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=end).writerows([HEADINGS, *rows])
    found = read_separated(file.getvalue())
    assert found.rows == rows and not found.malformed and found.inner_lines == 1
    for place in range(len(HEADINGS)):
        lines = [["two\nlines" if at == place else cell for at, cell in enumerate(row)] for row in ROWS]
        file = io.StringIO()
        csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=end).writerows([HEADINGS, *lines])
        found = read_separated(file.getvalue())
        assert found.rows == lines and not found.malformed


def read(text: str) -> tuple[list[str], list[list[str]]]:
    found = read_separated(text)
    assert not found.malformed
    return [heading.strip() for heading in found.headings], found.rows


def test_marks_first_lines_and_indexes_of_other_programs() -> None:
    table = (["a", "b"], [["1", "x"], ["2", "y"]])
    assert read("\ufeffa,b\n1,x\n2,y\n") == table == read("\n\na,b\n1,x\n2,y")
    assert read("sep=;\na;b\n1;x\n2;y\n") == table == read('\ufeff"sep=;"\r\na;b\r\n1;x\r\n2;y\r\n')
    assert read("SEP=\t\na\tb\n1\tx\n2\ty\n") == table
    assert read('a,b\n"1",1,x\n"2",2,y\n') == table == read("a,b\n7,1,x\n3,2,y\n")  # As R writes them.
    assert read("a,b\n1,x,\n2,y,\n") == table == read('a, b\n1, "x"\n2, "y"\n')
    assert read_separated("a,b\n7,1,x\n3,2,y\n").left_out == ["row numbers, which have no heading"]
    # Whatever else is too much is not dropped.
    assert set(read_separated("a,b\nu,1,x\nv,2,y\n").malformed) == {0, 1}


def test_the_separator_is_not_one_within_quotation_marks() -> None:
    assert read_separated('"name, Latin";photo;"a, b, c, d"\n1;2;3\n').headings == [
        "name, Latin",
        "photo",
        "a, b, c, d",
    ]
    assert read_separated('a;"b, c"\n1;2\n').headings == ["a", "b, c"]


def test_what_is_too_long_or_too_short_is_malformed_and_blank_lines_are_counted() -> None:
    found = read_separated(f"a,b\n\n1,{'x' * (MOST_CELL + 1)}\n ,\n1\n1,2,3\n\r\n4,5\n")
    assert found.malformed == {
        0: f"line 3: a cell of {MOST_CELL + 1} characters; at most {MOST_CELL} are read",
        1: "line 5: 1 cells for 2 columns",
        2: "line 6: 3 cells for 2 columns",
    }
    assert (found.rows[3], found.blank_lines) == (["4", "5"], 3)
    assert read_separated("") == Separated() and read_separated("\n \n").blank_lines == 2


@given(st.text(alphabet='a1",;\t\r\n ', max_size=60))
def test_every_line_is_accounted_for(text: str) -> None:
    found = read_separated(text)  # Which counts the lines in two ways.
    assert set(found.malformed) <= set(range(len(found.rows)))
    kept = [row for at, row in enumerate(found.rows) if at not in found.malformed]
    assert all(len(row) == len(found.headings) for row in kept)
    # No character of a cell is lost but quotation marks and separators.
    whole = "".join(map("".join, (found.headings, *found.rows)))
    if "sep=" not in text and not found.left_out:
        assert whole.count("a") == text.count("a") and whole.count("1") == text.count("1")
