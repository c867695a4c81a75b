"""Reports: tables and figures of finished runs, as one page, as Markdown, CSV, LaTeX, SVG and PNG."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confu_core.report.write import write_report

__all__ = ["write_report"]


def __getattr__(name: str) -> Any:
    # Only when it is asked for: whoever imports this package for its name does not pay for pandas and matplotlib.
    if name in __all__:
        return getattr(import_module("confu_core.report.write"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
