"""What an audit says: one finding each, with how grave it is, how often it occurs, examples, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from confu_core.errors import InvalidValue

__all__ = ["MOST_EXAMPLES", "SEVERITIES", "Example", "Finding", "at_least"]

SEVERITIES = ("error", "warning", "info")
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Example:
    """One case of a finding.

    Attributes
    ----------
    keys : tuple of str
        Of the rows it is about, each after its split, such as ``"test/test-0000003"``.
    what : str
        What is to be seen there.
    """

    keys: tuple[str, ...]
    what: str


@dataclass(frozen=True)
class Finding:
    """What one check says.

    Attributes
    ----------
    code : str
        Of the check, for ``--only`` and ``--skip``.
    severity : {"error", "warning", "info"}
        Error: results on these data do not mean what they seem to mean. Warning: look before you use them. Info: a
        fact worth knowing.
    summary : str
        One sentence.
    count : int
        Items concerned.
    total : int
        Items looked at.
    unit : str
        What an item is, in the plural.
    advice : str
        What to do; empty where there is nothing to be done.
    examples : tuple of Example
        At most `MOST_EXAMPLES`.

    Raises
    ------
    InvalidValue
        If there is no such severity.

    Examples
    --------
    >>> finding = Finding("sound-silent", "warning", "Recordings are silent", 3, 12, "recordings", "Leave them out.")
    >>> finding.share
    0.25
    """

    code: str
    severity: str
    summary: str
    count: int
    total: int
    unit: str
    advice: str = ""
    examples: tuple[Example, ...] = ()

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise InvalidValue(f"severity must be one of {', '.join(SEVERITIES)}; got {self.severity!r}")

    @property
    def share(self) -> float:
        """Count over total; 0 where nothing was looked at."""
        return self.count / self.total if self.total else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {**asdict(self), "share": self.share, "examples": [asdict(one) for one in self.examples]}


def at_least(severity: str, limit: str) -> bool:
    """Return whether one severity is as grave as another.

    Parameters
    ----------
    severity, limit : {"error", "warning", "info"}
        To be compared.

    Returns
    -------
    bool
        True for equal ones.

    Examples
    --------
    >>> at_least("error", "warning"), at_least("info", "warning")
    (True, False)
    """
    return SEVERITIES.index(severity) <= SEVERITIES.index(limit)
