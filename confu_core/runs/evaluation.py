"""What was measured of something that somebody brought along: a short table, a frame, a row of results."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confu_core.runs.sweep import keep

if TYPE_CHECKING:
    import pandas as pd

# Columns of the short table: of a direction of a row, and their headings.
SHOWN = {
    "direction": "direction",
    "accuracy": "accuracy",
    "single_ceiling": "single ceiling",
    "pairwise_ceiling": "pairwise ceiling",
    "bayes_accuracy": "Bayes accuracy",
    "higher_order_capture": "capture",
}


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What was measured; shown as a short table.

    Attributes
    ----------
    row : dict
        One row of results with its directions, and where there are any its ``measures`` and ``examples``.
    plan : dict
        What a results folder says of it.
    seconds : float
        How long it took.
    label : str
        What is told of a sample, such as ``"species"``.
    """

    row: dict[str, Any]
    plan: dict[str, Any]
    seconds: float
    label: str = ""

    @property
    def frame(self) -> pd.DataFrame:
        """Every measure, one a line; of a benchmark that has none the directions."""
        import pandas as pd

        return pd.DataFrame(self.row.get("measures") or self.row["directions"]).drop(columns="cell", errors="ignore")

    @property
    def table(self) -> pd.DataFrame:
        """Accuracy of every direction beside what can be reached, where that is known exactly."""
        import pandas as pd

        rows = [{heading: one[name] for name, heading in SHOWN.items()} for one in self.row["directions"]]
        return pd.DataFrame(rows).set_index("direction").dropna(axis="columns", how="all")

    def __repr__(self) -> str:
        return f"{self._title()}\n{self.table.to_string(float_format='{:.3f}'.format, na_rep='')}"

    def _repr_html_(self) -> str:
        table = self.table.to_html(float_format="{:.3f}".format, na_rep="")
        return f"<p>{escape(self._title())}</p>{table}"

    def _title(self) -> str:
        return f"{self.row['method']} on {self.plan['title']}"

    def save(self, folder: str | Path) -> None:
        """Keep it in a results folder, new or not, beside what that holds; reports show all of it together.

        A ResultsError says that the folder holds results of another benchmark, or cannot be written.
        """
        keep(dict(self.row), folder, plan=self.plan, seconds=self.seconds)
