"""What probes say as findings: where there is headroom for complementarity, and where there is none."""

from __future__ import annotations

from collections.abc import Iterator

from birdmml.audit.finding import Example, Finding
from birdmml.audit.headroom import Gain, Headroom

__all__ = ["HEADROOM", "headroom_findings"]

HEADROOM = "headroom"
# What one modality gets beyond, no fused query can improve by more than a test of a thousand rows would show.
SATURATED = 0.97


def headroom_findings(found: Headroom) -> Iterator[Finding]:
    """Yield what probes say.

    Parameters
    ----------
    found : Headroom
        What simple features get.

    Yields
    ------
    Finding
        A warning where a single modality leaves nothing to be gained, and one line on the gains of subsets.
    """
    singles = [one for one in found.subsets if one.name in found.signs.values()]
    full = [one for one in singles if one.accuracy.low >= SATURATED]
    if full and len(singles) > 1:
        yield Finding(
            HEADROOM,
            "warning",
            f"{', '.join(one.name for one in full)} alone tells the class by simple features: nothing is left to gain",
            len(full),
            len(singles),
            "modalities",
            "Do not judge fusion on these data: make the modality harder, or leave it out of the query.",
            tuple(Example((), f"{one.name}: accuracy {one.accuracy.value:.3f}") for one in full),
        )
    if found.gains:
        gaining = [one for one in found.gains if one.verdict == "yes"]
        said = ", ".join(f"{one.name} {one.gain.value:+.3f}" for one in gaining)
        yield Finding(
            HEADROOM,
            "info",
            f"together more than each part: {said}" if gaining else "no subset gets more than the best of its parts",
            len(gaining),
            len(found.gains),
            "subsets of modalities",
            examples=tuple(Example((), _said(one)) for one in found.gains[:5]),
        )


def _said(one: Gain) -> str:
    known = "" if one.available is None else f"; of {one.available:.3f} that there is"
    interval = f"{one.gain.value:+.3f} [{one.gain.low:+.3f}, {one.gain.high:+.3f}]"
    return f"{one.name} over {one.over}: {interval}{known}, headroom {one.verdict}"
