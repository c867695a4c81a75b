"""What `birdmml info` says of datasets whose distribution is not known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from confu_cli.datasets import describe, print_dataset
from confu_cli.real_media import is_real, print_left_out
from confu_cli.show import echo, print_json, print_table

if TYPE_CHECKING:
    from confu_core.datasets import Contents
    from confu_core.shards import Dataset

__all__ = ["show_real"]

MOST_CLASSES = 20  # In the table; the others are one line.


def show_real(path: str | Path, dataset: Dataset, as_json: bool) -> None:
    """Print what a dataset holds: modalities, classes by split, licences, and what was left out.

    Parameters
    ----------
    path : str or Path
        As the user gave it.
    dataset : Dataset
        Opened from it.
    as_json : bool
        Whether as one JSON object.

    Raises
    ------
    DatasetError
        If its manifest does not say what its columns are, or of real media where they are from.
    """
    from birdmml.ingest import checked_information
    from confu_core.datasets import contents_of

    contents = contents_of(dataset.manifest)
    licences = checked_information(dataset.manifest)["licences"] if is_real(dataset.manifest) else {}
    counts = _class_counts(dataset, contents)
    if as_json:
        print_json({**describe(dataset.manifest), "classes": counts})
        return
    print_dataset(path, dataset.manifest)
    modalities = contents.inputs.as_dict()
    print_table(
        "Modalities", ["modality", "kind", "column"], [[n, m["kind"], m["column"]] for n, m in modalities.items()]
    )
    _print_classes(contents.label, counts, list(dataset.manifest.splits))
    if licences:
        print_table("Licences", ["licence", "samples"], [[name, f"{count:,}"] for name, count in licences.items()])
    print_left_out(dataset.manifest)
    echo("Ceilings are not known: the distribution of real media is not. What a probe reaches is no ceiling.")


def _class_counts(dataset: Dataset, contents: Contents) -> dict[str, dict[str, int]]:
    import pyarrow.compute as pc

    counts: dict[str, dict[str, int]] = {name: dict.fromkeys(dataset.manifest.splits, 0) for name in contents.classes}
    for split in dataset.manifest.splits:
        for one in pc.value_counts(dataset.table(split, [contents.label])[contents.label]).to_pylist():
            counts.setdefault(str(one["values"]), dict.fromkeys(dataset.manifest.splits, 0))[split] = one["counts"]
    return counts


def _print_classes(label: str, counts: dict[str, dict[str, int]], splits: list[str]) -> None:
    rows: list[list[Any]] = [[name, *(f"{held[split]:,}" for split in splits)] for name, held in counts.items()]
    print_table(f"{len(counts)} classes, by {label}", [label, *splits], rows[:MOST_CLASSES])
    if len(rows) > MOST_CLASSES:
        echo(f"and {len(rows) - MOST_CLASSES} more; --json has all of them")
