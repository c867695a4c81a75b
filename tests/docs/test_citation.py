"""CITATION.cff keeps to its format and says what the project says; CONTRIBUTING.md names what there is."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from markdown_pages import ROOT, blocks, text

if sys.version_info >= (3, 11):
    import tomllib

# What the schema of CFF 1.2.0 asks of every file, and allows in the places that are used here.
REQUIRED = {"authors", "cff-version", "message", "title"}
ALLOWED = REQUIRED | {"abstract", "keywords", "license", "preferred-citation", "type", "version"}
PERSON = {"family-names", "given-names", "name-particle"}
REFERENCE = {"authors", "identifiers", "title", "type", "url", "year"}


@pytest.fixture(scope="module")
def citation() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")  # Which a reader of the shards, for tests, brings along.
    found: dict[str, Any] = yaml.safe_load(text("CITATION.cff"))
    return found


def test_it_has_the_fields_of_the_format(citation: dict[str, Any]) -> None:
    assert REQUIRED <= citation.keys() <= ALLOWED
    assert (citation["cff-version"], citation["type"]) == ("1.2.0", "software")
    assert all(set(author) == {"name"} or set(author) <= PERSON for author in citation["authors"])
    assert len(set(citation["keywords"])) == len(citation["keywords"])
    paper = citation["preferred-citation"]
    assert paper.keys() == REFERENCE and paper["type"] == "article" and isinstance(paper["year"], int)
    assert all({"family-names"} < set(author) <= PERSON for author in paper["authors"])
    assert all(one.keys() <= {"type", "value", "description"} for one in paper["identifiers"])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_it_says_what_the_project_says(citation: dict[str, Any]) -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert (str(citation["version"]), citation["license"]) == (project["version"], project["license"])
    assert citation["keywords"] == project["keywords"] and citation["title"].startswith(project["name"])


def test_it_cites_the_paper_of_the_readme(citation: dict[str, Any]) -> None:
    (bibtex,) = blocks("README.md", "bibtex")
    paper = citation["preferred-citation"]
    assert f"{{{paper['title']}}}" in bibtex and f"{{{paper['year']}}}" in bibtex
    number = re.search(r"eprint +=\s*\{([\d.]+)\}", bibtex)
    assert number and paper["url"].endswith(number[1]) and paper["identifiers"][0]["value"].endswith(number[1])
    named = [
        " ".join(part for part in (one.get("name-particle"), one["family-names"]) if part) + f", {one['given-names']}"
        for one in paper["authors"]
    ]
    said = re.search(r"author\s+= \{(.+?)\},\n", bibtex, re.DOTALL)
    assert said and re.split(r"\s+and\s+", said[1]) == named


def test_contributing_names_targets_scripts_and_folders_that_there_are() -> None:
    page, make = text("CONTRIBUTING.md"), text("Makefile")
    targets = re.findall(r"^make (\w+)", page, re.MULTILINE)
    assert targets == ["test", "lint", "docs"] and all(f"\n{target}:" in make for target in targets)
    places = re.findall(r"(?:\bpython |`|\]\(|-q )((?:docs|examples|tests|confu_core)/[\w/.]*|LICENSE)", page)
    assert len(places) > 8 and all((ROOT / place).exists() for place in places)
