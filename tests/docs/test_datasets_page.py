"""The page of datasets names every scheme and every option."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest
from markdown_pages import section, table, text

from confu_core.datasets import SOURCES, is_source

PAGE = "docs/datasets.md"
SECTIONS = {
    "ssw60": "SSW60",
    "vb100": "VB100",
    "cub200": "CUB-200-2011",
    "avmnist": "AV-MNIST",
    "mosi": "MOSI, MOSEI, UR-FUNNY, MUStARD",
}
OWN_PAGE = {"digits", "trifeature"}  # Built, and not read in place: docs/av-mnist.md and docs/trifeature.md.


def test_the_table_has_every_scheme() -> None:
    assert {row["scheme"].strip("`") for row in table(text(PAGE), "scheme")} == set(SOURCES) - OWN_PAGE


@pytest.mark.parametrize("scheme", SECTIONS)
def test_every_option_is_named(scheme: str) -> None:
    module, _, name = SOURCES[scheme].partition(":")
    options = list(inspect.signature(getattr(importlib.import_module(module), name)).parameters)[1:]
    (line,) = [line for line in section(PAGE, SECTIONS[scheme]).splitlines() if line.startswith("| options |")]
    assert set(re.findall(r"`(\w+)`", line)) == set(options)


def test_every_command_names_a_dataset() -> None:
    named = re.findall(r'(?:--data|--from) "?([^\s"]+)', text(PAGE))
    assert len(named) >= 4 and all(is_source(one) for one in named)
