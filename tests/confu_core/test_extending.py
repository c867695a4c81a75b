"""What docs/architecture.md promises of the core, done in a scratch copy of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
METHOD = """
from confu_core.methods import Method

class Product(Method):
    def score(self, query, key):
        return query.product(query.embeddings) @ key.product(key.embeddings).mT
"""
MEASURE = '''

@family(streams=True)
def _crowd(findings: Findings) -> Iterator[Measure]:
    """Samples of the test split, by modality."""
    for query in findings.task.queries:
        yield Measure("crowd", query_name(findings.task, query), "samples", float(findings.embedded(TEST).size))
'''
SECTION = """
from confu_core.report.sections import Section, declare, section
from confu_core.report.tables import Column

declare(500, "crowd", title="Crowd", lede="How many samples there are.", keys={"subject": Column("subject", "query")})


@section(510)
def greeting(measured, shown):  # One that no measure is needed for.
    return Section("greeting", "Greeting", "A section of its own.")
"""
READER = """
import pyarrow as pa
from confu_core.shards.recipe import TableRecipe

def open_squares(path, *, upto="3"):
    rows = range(int(upto))
    return TableRecipe("squares", {"train": pa.table({"key": [str(n) for n in rows], "square": [n * n for n in rows]})})
"""
SCHEME = '    "squares": "confu_core.datasets.squares:open_squares",\n'
DONE = """
import json
from pathlib import Path
from known_media import findings
from media_results import write_media
from confu_core.datasets.sources import open_source
from confu_core.media.evaluate import evaluate_media
from confu_core.report import write_report
from confu_core.runs.measures import read_measures, write_measures
from xor_bench.run import run
from xor_bench.settings import Settings

small = {"bits": 1, "epochs": 1, "train_samples": 200, "test_samples": 100, "batch_size": 100}
row = run(Settings(method="confu_core.methods.product:Product", **small))
measures = evaluate_media(findings(), families=("crowd",))
folder = write_media(Path("runs"), ["confu"], [0], families=("zero_shot",))
kept = read_measures(folder).to_pylist()
write_measures(folder, kept + [one.row(kept[0]["cell"]) for one in measures])
write_report([folder], Path("report"))
page = Path("report/index.html").read_text(encoding="utf-8")
print(json.dumps({
    "status": row["status"],
    "crowd": {one.subject: one.value for one in measures},
    "page": [words in page for words in ("How many samples there are.", "A section of its own.")],
    "table": Path("report/crowd.csv").read_text(encoding="utf-8"),
    "rows": open_source("squares:?upto=4").rows("train", 0, 4).to_pylist(),
}))
"""


def test_each_of_four_additions_is_one_file_and_at_most_a_line(tmp_path: Path) -> None:
    core = shutil.copytree(ROOT / "confu_core", tmp_path / "confu_core", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (core, *core.rglob("*")):  # A checkout may be one that nobody may write to.
        path.chmod(0o755 if path.is_dir() else 0o644)
    (core / "methods/product.py").write_text(METHOD)
    with (core / "media/evaluate.py").open("a") as families:
        families.write(MEASURE)
    (core / "report/sections/crowd.py").write_text(SECTION)
    (core / "datasets/squares.py").write_text(READER)
    sources = core / "datasets/sources.py"
    head, mark, tail = sources.read_text().partition("SOURCES: Mapping[str, str] = {\n")
    assert mark
    sources.write_text(head + mark + SCHEME + tail)

    beside = [tmp_path, ROOT, *(ROOT / "tests/confu_core" / name for name in ("media", "report"))]
    places = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, beside)), "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, "-c", DONE], capture_output=True, text=True, env=places, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["status"] == "done"
    assert found["crowd"] == {"image": 42, "audio": 42, "image+audio": 42}
    assert found["page"] == [True, True]
    assert found["table"].splitlines() == ["subject,confu", "image,42.0", "audio,42.0", "image+audio,42.0"]
    assert found["rows"] == [{"key": str(n), "square": n * n} for n in range(4)]
