"""What a report calls classes and modalities: species, pictures and songs; or digits, images and audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confu_core.runs.results import Results

__all__ = ["SPECIES", "ClassWords", "class_words"]


@dataclass(frozen=True)
class ClassWords:
    """Words for classes.

    Attributes
    ----------
    one, many : str
        Such as ``"species"``, or ``"digit"`` and ``"classes"``.
    exact : bool
        Whether the classes are told apart by design, so that ceilings are known exactly.
    described : bool
        Whether texts describe the classes; if not, linear probes tell them.
    """

    one: str = "species"
    many: str = "species"
    exact: bool = True
    described: bool = True

    @property
    def birds(self) -> bool:
        """Whether the data are birds made to a design, which have words of their own."""
        return self.one == "species" and self.exact


SPECIES = ClassWords()


def class_words(sources: Sequence[Results]) -> ClassWords:
    """Return the words of results folders.

    Parameters
    ----------
    sources : sequence of Results
        One or several; where they differ, a class is a class.

    Returns
    -------
    ClassWords
        From ``sweep.json``, and from which ceilings and ways of telling the rows have.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"told_by": ["probe"], "bayes_accuracy": pa.nulls(1, pa.float64())})
    >>> class_words([Results("runs", "avmnist", table, {"label": "digit"})])
    ClassWords(one='digit', many='classes', exact=False, described=False)
    """
    labels = {str(source.sweep.get("label", "species")) for source in sources}
    one = labels.pop() if len(labels) == 1 else "class"
    told = [way for source in sources for way in _values(source, "told_by")]
    exact = any(value is not None for source in sources for value in _values(source, "bayes_accuracy"))
    described = not told or any(way != "probe" for way in told)
    return ClassWords(one, "species" if one == "species" else "classes", exact, described)


def _values(source: Results, column: str) -> list[object]:
    return source.table[column].to_pylist() if column in source.table.column_names else []
