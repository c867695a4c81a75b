"""Files of settings, in TOML: read within limits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import read_small

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["read_config"]

MOST_CONFIG, MOST_DEPTH = 1 << 18, 5  # Bytes of a file of settings, and how deep its values are nested.


def read_config(path: Path) -> dict[str, Any]:
    """Read settings from a TOML file.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    dict
        Values by name, for `preset` to check.

    Raises
    ------
    InvalidValue
        If the file cannot be read or is no TOML.
    """
    try:
        values = tomllib.loads(read_small(path, MOST_CONFIG).decode("utf-8-sig"))
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read: {error.strerror}") from error
    except DatasetError as error:
        raise InvalidValue(str(error)) from error
    except (ValueError, RecursionError) as error:  # Numbers of thousands of digits are no error of TOML.
        raise InvalidValue(f"{path} is no TOML: {str(error).splitlines()[0]:.200}") from error
    _check_depth(path, values)
    return values


def _check_depth(path: Path, values: dict[str, Any]) -> None:
    level: list[Any] = [values]
    for _ in range(MOST_DEPTH):
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [one for held in inner for one in held]
    if level:
        raise InvalidValue(f"{path} nests values more than {MOST_DEPTH - 1} deep; settings are tables of values")
