"""Numbers and settings as readers see them."""

from __future__ import annotations

from typing import Any


def show(value: float | None, digits: int = 3) -> str:
    """Write a number with so many digits after the point; a dash for None, which is undefined.

    >>> show(0.51562), show(-0.0001), show(None)
    ('0.516', '0.000', '-')
    """
    # Adding zero turns a negative zero into a positive one.
    return "-" if value is None else f"{round(value, digits) + 0.0:.{digits}f}"


def show_setting(value: Any) -> str:
    """Write the value of a setting as it was given, without digits that only rounding has made.

    >>> show_setting(0.1 + 0.2), show_setting(1e-4), show_setting(True), show_setting(None)
    ('0.3', '0.0001', 'yes', '-')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def size(count: float) -> str:
    """Write a number of bytes with a decimal unit.

    >>> size(999), size(1_234_567)
    ('999 B', '1.2 MB')
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
