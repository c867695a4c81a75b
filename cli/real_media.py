"""What the verbs of `birdmml` say and ask of real media: their options, their source, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.datasets import manifest_dict, print_dataset
from confu_cli.options import key_values, together
from confu_cli.show import echo, number, print_json, print_table, progress_bar
from confu_core.errors import DatasetError

if TYPE_CHECKING:
    from confu_core.datasets import Contents
    from confu_core.shards import Dataset, Manifest, Recipe


def source_options(mapped: bool = True) -> Callable[[Any], Any]:
    """Return a decorator that adds where real media come from."""
    named = click.option(
        "--map",
        "columns",
        multiple=True,
        metavar="COLUMN=NAME,...",
        help="Columns of the manifest that are named otherwise.",
    )
    return together(
        click.option(
            "--from",
            "source",
            metavar="MANIFEST|SCHEME:PATH",
            help="CSV or Parquet that lists files of others, or a dataset such as ssw60:/data/ssw60.",
        ),
        click.option(
            "--root",
            "roots",
            multiple=True,
            help="Folder, URL or tar of the files; several are tried in order.  [default: beside the manifest]",
        ),
        *([named] if mapped else []),
    )


def source_recipe(
    source: str,
    roots: tuple[str, ...],
    columns: tuple[str, ...],
    config: Path | None,
    dials: dict[str, Any],
    workers: int,
) -> Recipe:
    """Return the recipe of real media, having looked at all files; or that of a dataset of others."""
    from birdmml.ingest import Source, settings_from
    from confu_core.datasets import is_source, open_source
    from confu_core.datasets.sources import SOURCES
    from confu_core.io.config import read_config
    from confu_core.io.storage import location

    if is_source(source):
        options = {**dials, **({"root": roots} if roots else {}), **({"map": columns} if columns else {})}
        options |= {"config": config} if config is not None else {}
        scheme = source.partition(":")[0]
        for name in options if scheme in SOURCES else ():
            raise click.UsageError(
                f"--{name.replace('_', '-')} is for a manifest of files; options of {scheme}: follow its path, "
                f"as in {scheme}:/path?option=value"
            )
        return open_source(source)
    values = read_config(config) if config is not None else {}
    in_file = values.pop("map", {})
    if not isinstance(in_file, dict):
        raise click.UsageError(f"map in {config} must be a table of columns; got {in_file!r}")
    settings = settings_from({**values, **{name: _listed(name, value) for name, value in dials.items()}})
    pairs = [pair for text in columns for pair in text.split(",")]
    named = {**{role: str(name) for role, name in in_file.items()}, **key_values(pairs, "--map")}
    return _looked(Source(location(source), roots, named), settings, workers)


def repair_recipe(manifest: Manifest, source: str | None, roots: tuple[str, ...]) -> Recipe:
    """Return the recipe that a dataset of real media, or of others, was built from."""
    from birdmml.ingest import Source, settings_of
    from confu_core.datasets import is_source, open_source
    from confu_core.io.storage import location
    from confu_core.runs.environment import usable_cores

    if source is None:
        raise click.UsageError(
            f"a dataset of {manifest.name!r} is repaired from the files that it was built from; name them with --from"
        )
    if is_source(source):
        return open_source(source)
    settings = settings_of(manifest)
    return _looked(Source(location(source), roots, manifest.config["columns"]), settings, usable_cores())


def is_real(manifest: Manifest) -> bool:
    """Return whether a dataset was built from a manifest of files."""
    from birdmml.ingest import NAME

    return manifest.name == NAME


def print_left_out(manifest: Manifest) -> None:
    """Print what was left out of a dataset, and of real media how their splits were made."""
    if is_real(manifest):
        _print_rejects(manifest)
        return
    counts = {name.replace("_", " "): one for name, one in manifest.information.items() if type(one) is int and one}
    if counts:
        echo(f"Counted: {', '.join(f'{name} {count:,}' for name, count in counts.items())}.")


def _print_rejects(manifest: Manifest) -> None:
    from birdmml.ingest import REJECTS, checked_information

    information = checked_information(manifest)
    said = information["source"]
    kept = said["rows"] - said["rejected_rows"]
    lines = "".join(
        f", {said[name]:,} {what}"
        for name, what in (("blank_lines", "blank lines"), ("inner_lines", "lines within cells"))
        if said[name]
    )
    echo(f"Rows: {said['rows']:,} = {kept:,} kept + {said['rejected_rows']:,} left out{lines}.")
    if information["columns_left_out"]:
        echo(f"Columns left out: {', '.join(information['columns_left_out'])}.")
    for name, spellings in said["spellings"].items():
        echo(f"One class: {name!r} is written {', '.join(map(repr, spellings))} too.")
    for one, other in said["alike"]:
        echo(f"Perhaps one class: {one!r} and {other!r}; they stay two.")
    for archive in information["archives"]:
        echo(archive["summary"])
    crossing = f"; {said['crossing']} of them cross splits" if said["crossing"] else ", none of which crosses splits"
    how = {"given": "Splits as given", "made": "Splits made here"}[said["splits"]]
    echo(f"{how}, of {said['groups']:,} groups of rows{crossing}.")
    if said["findings"]:
        echo(f"Left out: {said['rejected_rows']:,} of {said['rows']:,} rows, listed in {REJECTS}.")
        print_table("Why", ["reason", "findings"], [[why, f"{count:,}"] for why, count in said["findings"].items()])


def _listed(name: str, value: Any) -> Any:
    if not isinstance(value, list) or (name == "na" and len(value) > 1):  # Where "none" is what cells say.
        return value
    return [one for one in value if one != "none"]


def _looked(source: Any, settings: Any, workers: int) -> Recipe:
    from birdmml.ingest import real_recipe

    with progress_bar("looking at files", "files") as bar:
        return real_recipe(source, settings, workers=workers, progress=lambda done, total: bar(done, total, ""))


MOST_CLASSES = 20  # In the table; the others are one line.


def show_real(path: str | Path, dataset: Dataset, as_json: bool) -> None:
    """Print what a dataset holds: modalities, classes by split, licences, and what was left out."""
    from birdmml.ingest import checked_information
    from confu_core.datasets import contents_of
    from confu_core.datasets.contents import EXACT

    contents = contents_of(dataset.manifest)
    licences = checked_information(dataset.manifest)["licences"] if is_real(dataset.manifest) else {}
    counts = _class_counts(dataset, contents)
    if as_json:
        print_json({**manifest_dict(dataset.manifest), "classes": counts})
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
    exact = dataset.manifest.information.get(EXACT)
    if exact is None:
        echo("Ceilings are not known: the distribution of real media is not. What a probe reaches is no ceiling.")
        return
    try:
        _print_exact(exact, contents.inputs.names)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"the manifest of {dataset.manifest.name!r} is damaged: its {EXACT} cannot be read"
        ) from error


def _print_exact(exact: Mapping[str, Any], modalities: Sequence[str]) -> None:
    """Print what is known of every task that the law of a dataset answers."""
    tasks = exact["tasks"]
    accuracies = [*(f"bayes_{name}" for name in modalities), "pairwise_ceiling", "additive_ceiling", "bayes_both"]
    shown = {name: [number(task[one]) for one in accuracies] for name, task in tasks.items()}
    for name, task in tasks.items():
        # Where all classes are equally likely, the mean over classes says nothing new.
        if (means := [number(task["macro"][one]) for one in accuracies]) != shown[name]:
            shown[f"{name}, macro"] = means
    print_table(
        f"Best accuracies of each task, of {exact['of']}",
        ["task", *modalities, "pairwise", "additive", "all"],
        [[name, *values] for name, values in shown.items()],
    )
    print_table(
        f"Information on the class, in {exact['unit']} (C2, C3: what pairs and triples of variables hold)",
        ["task", *modalities, "all", "redundant", *(f"unique {name}" for name in modalities), "synergy", "C2", "C3"],
        [
            [
                name,
                *(number(task[f"mi_{given}"], 3) for given in (*modalities, "both")),
                *(number(value, 3) for part in ("atoms", "connected_information") for value in task[part].values()),
            ]
            for name, task in tasks.items()
        ],
    )
    for what, accuracy in exact.get("lines", {}).items():
        echo(f"Synergy on the test pairs, macro: {100 * accuracy:.1f} by {what}.")


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
