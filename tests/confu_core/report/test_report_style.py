"""A method looks the same in every report, no two series of a report look alike, and figures stay readable."""

from __future__ import annotations

import re
from itertools import permutations

from confu_core.methods import BUILT_IN
from confu_core.page.drawing import render
from confu_core.page.html import style, templates
from confu_core.report.panels import METHODS, looks
from confu_core.report.tidy import Series


def drawn_as(*named: str | tuple[str, str]) -> list[tuple[str, str]]:
    """Colour and marker of series, by method, or by method and variant."""
    given = [(one, one) if isinstance(one, str) else one for one in named]
    found = looks([Series("runs", group, variant, variant) for group, variant in given])
    return [(look.colour, look.marker) for look in found]


def test_a_known_method_looks_the_same_in_any_company_and_order() -> None:
    assert set(METHODS) == set(BUILT_IN)
    for chosen in permutations([*METHODS, "mine.py:Mine"], 3):
        assert all(METHODS.get(name, look) == look for name, look in zip(chosen, drawn_as(*chosen), strict=True))


def test_no_two_look_alike() -> None:
    own = [f"own {i}" for i in range(8)]
    for chosen in ([*METHODS, *own], ["clip", *own], own):
        assert len(set(drawn_as(*chosen))) == len(chosen)
    # As long as there are colours for all, no two share one.
    colours, markers = zip(*drawn_as("confu", *own[:5]), strict=True)
    assert len(set(colours)) == len(set(markers)) == 6


def test_the_first_variant_of_a_known_method_has_its_look() -> None:
    found = drawn_as(("confu", "confu, lam 0.3"), "clip", ("confu", "confu, lam 0.5"))
    assert found[:2] == [METHODS["confu"], METHODS["clip"]] and found[2] not in METHODS.values()


def test_a_figure_keeps_a_width_that_can_be_read_and_scrolls_where_a_page_is_narrower() -> None:
    image = render("one", "One", "", (7.2, 3), lambda figure: None)
    page = templates().from_string('{% import "parts.html.j2" as parts %}{{ parts.figure(image) }}')
    assert re.search(r'<figure[^>]*>\s*<div class="scroll"><svg', page.render(image=image))
    assert re.search(r"figure svg {[^}]*min-width: 36rem", style()) and ".scroll { overflow-x: auto; }" in style()
