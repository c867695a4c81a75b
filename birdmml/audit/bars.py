"""Tables of headroom: accuracies as bars with intervals and ceilings, and gains with a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from birdmml.audit.headroom import Gain, Headroom, Subset
from confu_core.page.html import text
from confu_core.statistics.bootstrap import Estimate

__all__ = ["gains_table", "subsets_table"]


def subsets_table(found: Headroom) -> str:
    """Return what every subset gets, as a table with bars.

    Parameters
    ----------
    found : Headroom
        What was measured.

    Returns
    -------
    str
        A ``table`` element.
    """
    exact = any(one.ceiling is not None for one in found.subsets)
    headings = ["subset", "accuracy", "95% interval", *(["Bayes"] if exact else []), ""]
    rows = [
        (
            one.name,
            f"{one.accuracy.value:.3f}",
            _interval(one.accuracy),
            *([_number(one.ceiling)] if exact else []),
        )
        for one in found.subsets
    ]
    bars = [f'<td class="track-cell">{_bar(one, found.chance)}</td>' for one in found.subsets]
    return _table(headings, rows, bars)


def gains_table(found: Headroom) -> str:
    """Return what subsets gain over the best of their parts, as a table.

    Parameters
    ----------
    found : Headroom
        What was measured.

    Returns
    -------
    str
        A ``table`` element.
    """
    exact = any(one.available is not None for one in found.gains)
    headings = ["subset", "beyond", "gain", "95% interval", *(["there is, exactly"] if exact else []), "headroom"]
    rows = [_gain(one, exact) for one in found.gains]
    return _table(headings, rows, [f'<td class="{one.verdict}">{one.verdict}</td>' for one in found.gains])


def _gain(one: Gain, exact: bool) -> Sequence[str]:
    known = [_number(one.available)] if exact else []
    return (one.name, one.over, f"{one.gain.value:+.3f}", _interval(one.gain), *known)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], ends: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{text(heading)}</th>' for heading in headings)
    lines = "\n".join(
        f'<tr><th scope="row">{text(row[0])}</th>{"".join(f"<td>{text(cell)}</td>" for cell in row[1:])}{end}</tr>'
        for row, end in zip(rows, ends, strict=True)
    )
    return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody></table></div>'


def _bar(one: Subset, chance: float) -> str:
    low, high = one.accuracy.low, one.accuracy.high
    marks = [
        f'<i style="left:0;width:{one.accuracy.value:.2%}"></i>',
        f'<b style="left:{low:.2%};width:{high - low:.2%}"></b>',
        f'<s style="left:{chance:.2%}"></s>',
    ]
    if one.ceiling is not None:
        marks.append(f'<u style="left:calc({one.ceiling:.2%} - 2px)"></u>')
    return f'<div class="track" role="img" aria-label="{one.accuracy.value:.3f}">{"".join(marks)}</div>'


def _interval(estimate: Estimate) -> str:
    return f"{estimate.low:.3f} to {estimate.high:.3f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
