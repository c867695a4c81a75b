"""What docs/architecture.md promises of the birds, done in a scratch copy: a shape and a column touch one file each."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHAPE = """
[shape.avocet]
base = "wader"
nouns = ["upcurved wader"]
seen = [["shallows", "reeds", 1]]
bill = 1.3
"""
COLUMN = (
    '    Column("caption_words", "int32", "words of the caption", lambda drawn: len(drawn.caption.text.split())),\n'
)
ROWS = """
import json
from birdmml.data import BirdRecipe, schema
from birdmml.caption import CaptionDials
from birdmml.design import Shares
from birdmml.settings import Settings
dials = CaptionDials(marks=1.0, song=0.0, nature=0.0)
names = ("Scratch Avocet", "Killdeer")
settings = Settings(names, per_species=8, shares=Shares(redundant=1.0), size=64, seconds=0.3, caption=dials)
rows = BirdRecipe(settings).rows("train", 0, 6).to_pylist()
kept = ("species", "background", "activity", "caption", "caption_words")
print(json.dumps({"last": schema(22_050).names[-1], "rows": [{name: row[name] for name in kept} for row in rows]}))
"""


def test_a_shape_is_one_record_and_a_column_one_line(tmp_path: Path) -> None:
    copied = shutil.copytree(ROOT / "birdmml", tmp_path / "birdmml", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (copied, *copied.rglob("*")):  # A checkout may be one that nobody may write to.
        path.chmod(0o755 if path.is_dir() else 0o644)
    with (copied / "shapes.toml").open("a") as shapes:
        shapes.write(SHAPE)
    with (copied / "species.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    avocet = next(row for row in rows if row["common_name"] == "Killdeer")
    names = {"common_name": "Scratch Avocet", "scientific_name": "Recurvirostra ficta", "shape": "avocet"}
    with (copied / "species.csv").open("a", newline="", encoding="utf-8") as table:
        csv.DictWriter(table, list(avocet), lineterminator="\n").writerow({**avocet, **names})
    columns = copied / "columns.py"
    text = columns.read_text()
    assert text.endswith(")\n")
    columns.write_text(text.removesuffix(")\n") + COLUMN + ")\n")

    places = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    done = subprocess.run([sys.executable, "-c", ROWS], capture_output=True, text=True, env=places, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    drawn = json.loads(done.stdout)
    assert drawn["last"] == "caption_words"
    assert {row["species"] for row in drawn["rows"]} == {"Scratch Avocet", "Killdeer"}
    for row in drawn["rows"]:
        assert row["caption_words"] == len(row["caption"].split()) > 3
        avocet_seen = row["species"] == "Scratch Avocet"
        assert ("upcurved wader" in row["caption"]) == avocet_seen
        assert not avocet_seen or (row["background"], row["activity"]) == ("reeds", "wading")
