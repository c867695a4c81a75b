"""What a run was computed on: hardware and versions, without names of people, hosts or folders."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

__all__ = ["environment", "usable_cores"]

PACKAGES = ("confu-bench", "numpy", "pandas", "pyarrow", "scipy", "torch")


def environment() -> dict[str, Any]:
    """Describe the machine and the software.

    Returns
    -------
    dict
        ``platform``, ``python``, ``processor``, ``cores`` (usable by this process), ``memory_bytes`` (None where
        the system does not tell) and ``versions`` of the packages that numbers may depend on. JSON values.

    Examples
    --------
    >>> environment()["cores"] > 0
    True
    """
    return {
        "platform": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_bytes": _memory(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def usable_cores() -> int:
    """Return how many cores this process may use.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> usable_cores() >= 1
    True
    """
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
