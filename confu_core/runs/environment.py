"""What a run is computed on: hardware and versions, without names of people, hosts or folders; and how many cores."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from confu_core.errors import InvalidValue

PACKAGES = ("confu-bench", "numpy", "pandas", "pyarrow", "scipy", "torch")


def environment() -> dict[str, Any]:
    """Describe the day, in UTC, the machine and the software; the accelerator, if this process may compute on one."""
    torch = sys.modules.get("torch")  # Whoever has not loaded it computes on none.
    accelerator = {"accelerator": torch.cuda.get_device_name(0)} if torch and torch.cuda.is_available() else {}
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "platform": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_bytes": _memory(),
        **accelerator,
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def usable_cores() -> int:
    """Return how many cores this process may use."""
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


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute on a number of cores for the length of a block.

    On one, sums are formed in one order, and a run gives the same numbers on machines of any size; a sweep fills the
    cores with processes.
    """
    import torch  # Whoever counts cores alone, as a build does, needs none.

    most = max(os.cpu_count() or 1, torch.get_num_threads())
    if not 1 <= count <= most:
        raise InvalidValue(f"threads must be in [1, {most}], the cores of this machine; got {count}")
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        # NumPy, SciPy and scikit-learn multiply by libraries with threads of their own.
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)
