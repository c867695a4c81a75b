"""What a check is: a code, the kinds of modality it needs, and a function from facts to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from birdmml.audit.facts import Facts
from birdmml.audit.finding import MOST_EXAMPLES, Example, Finding

__all__ = ["Check", "NotApplicable", "examples_of"]


class NotApplicable(Exception):
    """Raised by a check over data that have nothing it looks at; the audit says so."""


@dataclass(frozen=True)
class Check:
    """One kind of finding.

    Attributes
    ----------
    code : str
        Of all its findings.
    looks_for : str
        What it looks for, in a few words.
    run : callable
        Facts and the name of a modality to findings; raises `NotApplicable`. Called once for each modality of its
        kinds; once, with an empty name, where it has none.
    kinds : tuple of type
        Modalities of which there has to be one, such as `Picture`; none for checks of labels and columns.
    """

    code: str
    looks_for: str
    run: Callable[[Facts, str], Iterable[Finding]]
    kinds: tuple[type, ...] = ()

    def findings(self, facts: Facts) -> list[Finding]:
        """Return what it says of all modalities that it looks at."""
        names = facts.names(*self.kinds) if self.kinds else [""]
        return [finding for name in names for finding in self.run(facts, name)]


def examples_of(facts: Facts, rows: Iterable[int], what: Callable[[int], str]) -> tuple[Example, ...]:
    """Return the first rows of a finding as examples.

    Parameters
    ----------
    facts : Facts
        Which say where a row lies.
    rows : iterable of int
        In the order to be shown.
    what : callable
        Row to what is to be seen there.

    Returns
    -------
    tuple of Example
        At most `MOST_EXAMPLES`.
    """
    chosen = [row for row, _ in zip(rows, range(MOST_EXAMPLES), strict=False)]
    return tuple(Example((facts.where(row),), what(row)) for row in chosen)
