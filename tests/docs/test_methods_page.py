"""The tables of options on the page of methods are the options that the methods have."""

from __future__ import annotations

from typing import Any

import pytest
from markdown_pages import section, table, text

from confu_core.media.settings import MEDIA_OPTIONS
from confu_core.methods import BUILT_IN, load_method, method_options
from xor_bench.settings import BENCH_OPTIONS


def written(value: Any) -> str:
    """A value as one gives it on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("method", BUILT_IN)
def test_each_method_lists_its_options_with_their_defaults(method: str) -> None:
    said = {row["option"]: row["default"] for row in table(section("docs/methods.md", method), "option")}
    assert said == {name: written(value) for name, value in method_options(load_method(method)).items()}


def test_the_changed_defaults_of_the_bench_are_said() -> None:
    small = {"fused_width": 64, "head_width": 64}
    confu = {"fused_width": 128, "dropout": 0.0}
    said = {"confu": confu, "eao": {"fused_width": 128}, "comm": small, "infmasking": small}
    assert said == BENCH_OPTIONS
    wide = {"fused_width": 128, "head_width": 128}
    assert {"eao": {"fused_width": 128}, "comm": wide, "infmasking": wide} == MEDIA_OPTIONS
    both = (
        "Runs on media set both widths to 128, what encoders yield, and the XOR bench to 64, for `infmasking` as well"
    )
    assert both in text("docs/methods.md")
    assert "published is 4096, and runs on media and codes set 128" in text("docs/methods.md")
    assert "`fused_width` is 128, `dropout` is 0" in text("docs/methods.md")


def test_the_first_table_names_every_method() -> None:
    assert {row["method"].strip("`") for row in table(text("docs/methods.md"), "method")} == set(BUILT_IN)
