"""The verbs of `birdmml` for what others bring along: trained models and embeddings."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.birdmml_runs import FEATURES, THREADS, WHAT, by_modality
from confu_cli.group import Verb
from confu_cli.options import PATH, cache_folder_option, diagnostics, kept_in, say_logged, setting_options, together
from confu_cli.results import check_results_folder, finish, print_run
from confu_cli.show import progress_bar, say, verbose
from confu_core.errors import InvalidValue
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from confu_core.media.opened import MediaData


MODEL = "File that `birdmml run --model` wrote"
READ = together(FEATURES, cache_folder_option, THREADS)


@click.command(cls=Verb, epilog="Example: birdmml evaluate --model confu.pt --data ssw60:/data/ssw60 --out runs/real")
@click.option("--data", required=True, metavar="DATA", help=f"{WHAT}.")
@click.option("--model", type=PATH, help=f"{MODEL}.")
@click.option(
    "--embeddings",
    type=PATH,
    help="Embeddings of any model: Parquet by key, or npz with keys, a column or array for each modality.",
)
@click.option("--name", help="What it is called in tables.  [default: the method, or the name of the file]")
@click.option("--seed", type=int, help="Of embeddings: seeds of one name are averaged in reports.  [default: 0]")
@click.option(
    "--temperature", type=float, help="Of embeddings: divides scores in log-mean-exp of several.  [default: 0.07]"
)
@click.option(
    "--split",
    help="Of a model: which samples it is measured on: a split such as shift, COLUMN=VALUE, a file of keys or "
    "FILE.py:FUNCTION.  [default: test]",
)
@click.option("--norm-probe", is_flag=True, help="Of a model: fit the probe of CoMM's comparison besides.")
@setting_options("confu_core.media.settings:MediaSettings", "measures")
@click.option(
    "--protocol",
    type=click.Choice(["default", "published"]),
    help="Of a model: published is how ConFu's authors measured on videos.  [default: default]",
)
@click.option(
    "--prompts",
    metavar="own|names|DATA",
    help="Of a model: what describes the classes; DATA, those of the same names there.  [default: by the protocol]",
)
@kept_in
@READ
@diagnostics
def evaluate(
    data: str, model: Path | None, embeddings: Path | None, out: Path | None, as_json: bool, **options: Any
) -> None:
    """Measure a trained model on any data, or embeddings of any model, as a run is measured.

    A model needs no more than one modality in common with the data. Where the data lack training and validation splits
    there are no probes, and where nothing describes the classes it takes probes to tell them.
    """
    if (model is None) == (embeddings is None):
        raise InvalidValue(f"give either --model or --embeddings; got {'neither' if model is None else 'both'}")
    if options["threads"] < 1:
        raise InvalidValue(f"threads must be at least 1; got {options['threads']}")
    if not (sys.stderr.isatty() or verbose()):
        say_logged(click.get_current_context(), "confu_core.media.evaluate")
    opened = data if out is None else _for_place(out, data)
    names = ("name", "seed", "temperature", "split", "measures", "protocol", "prompts")
    given = {name: options[name] for name in names if options[name] is not None}
    from birdmml.evaluation import evaluate as measure
    from birdmml.evaluation import evaluate_model

    if model is None:
        assert embeddings is not None
        if options["feature_files"] or options["cache"]:
            raise InvalidValue("embeddings stand for what is decoded; leave out --features and --cache")
        if "split" in given:
            raise InvalidValue("embeddings are measured on the test split; leave out --split")
        if options["norm_probe"]:
            raise InvalidValue("the norm probe is for models; leave out --norm-probe")
        if "protocol" in given or "prompts" in given:
            raise InvalidValue("embeddings are measured as they are; leave out --protocol and --prompts")
        found = measure(embeddings, opened, **{"name": embeddings.stem, **given})
    else:
        if "seed" in given or "temperature" in given:
            raise InvalidValue("a model has its seed and its temperature; leave out --seed and --temperature")
        with progress_bar("evaluating", "rows", always=True) as bar:
            how = {**given, **_reading(options, bar), "norm_probe": options["norm_probe"]}
            found = evaluate_model(model, opened, **how)
    saving = [] if out is None else [lambda: found.save(out)]
    finish(found.row, found.seconds, as_json, functools.partial(print_run, label=found.label), *saving)


@click.command(cls=Verb, epilog="Example: birdmml embed --model confu.pt --data data/birds --out embeddings.parquet")
@click.option("--data", required=True, metavar="DATA", help=f"{WHAT}.")
@click.option("--model", required=True, type=PATH, help=f"{MODEL}.")
@click.option("--out", required=True, type=PATH, help="Parquet file to write.")
@READ
@diagnostics
def embed(data: str, model: Path, out: Path, as_json: bool, **options: Any) -> None:
    """Write what a trained model makes of data, by key.

    There is a vector of each modality, of several together where the method makes one, and of each description of a
    class.
    """
    from birdmml.evaluation import embed_model
    from confu_core.io.atomic import check_writable

    check_writable(out)
    with progress_bar("embedding", "rows", always=True) as bar:
        found = embed_model(model, data, out, **_reading(options, bar))
    rows = {split: len(next(iter(vectors.values()))) for split, vectors in found.splits.items()}
    queries = list(next(iter(found.splits.values())))
    described = 0 if found.descriptions is None else len(found.descriptions)
    counts = ", ".join(f"{count:,} of {split}" for split, count in rows.items())
    told = f"{out}, {size(out.stat().st_size)}: {counts}, {described} descriptions; {', '.join(queries)}"
    say(as_json, {"file": str(out), "rows": rows, "queries": queries, "descriptions": described}, told)


def _for_place(out: Path, data: str) -> MediaData:
    """Open data, and refuse a results folder that could not be written to, before anything is computed."""
    from birdmml.bench import open_data
    from confu_core.media.sweep import benchmark_of

    opened = open_data(data)
    check_results_folder(out, benchmark_of([opened]))
    return opened


def _reading(options: dict[str, Any], bar: Any) -> dict[str, Any]:
    """Return how data are read."""
    from confu_core.runs.environment import usable_cores

    return {
        "cache": options["cache"],
        "features": by_modality(options["feature_files"], "--features"),
        "threads": options["threads"],
        "workers": usable_cores(),
        "progress": lambda done, total: bar(done, total, "decoding"),
    }
