"""What has arrived of a release that is not yet whole: the note that lies beside it until it is."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Any

from confu_core.errors import DatasetError
from confu_core.io.atomic import write_whole
from confu_core.io.storage import Location, RemotePath
from confu_core.publish.release import Part, Release
from confu_core.shards.read import PUBLISHING

__all__ = ["LEDGER", "Ledger"]

LEDGER = f"{PUBLISHING}/ledger.json"


class Ledger:
    """What has arrived at a place, and was read back and found equal.

    It is trusted only where the store says that the file has not changed since. Its first use is to say whose the
    files are that already lie there.

    Parameters
    ----------
    root : Path or RemotePath
        Of the release.
    release : Release
        Which is being sent.
    """

    def __init__(self, root: Location, release: Release) -> None:
        self._root, self._release = root, release
        self._lock = threading.Lock()
        found = self.of(root)
        same = found is not None and found.get("fingerprint") == release.fingerprint
        arrived = found["arrived"] if found is not None and same else {}
        self._arrived: dict[str, list[str]] = {str(name): said for name, said in arrived.items() if _is_pair(said)}

    @staticmethod
    def of(root: Location) -> dict[str, Any] | None:
        """Return what a place's ledger says, or None where there is none, or none that can be read."""
        with contextlib.suppress(DatasetError, OSError, ValueError, RecursionError):
            found = json.loads((root / LEDGER).read_bytes())
            if isinstance(found, dict) and isinstance(found.get("arrived"), dict):
                return found
        return None

    def open(self) -> None:
        """Write it, before anything of the release is there."""
        self._write()

    def has(self, part: Part) -> bool:
        """Return whether a part arrived and has not changed since."""
        said = self._arrived.get(part.name)
        return said is not None and said[0] == part.sha256 and said[1] == _state(self._root / part.name)

    def note(self, part: Part) -> None:
        """Write down that a part arrived whole; threads may call it at once."""
        state = _state(self._root / part.name)
        with self._lock:
            self._arrived[part.name] = [part.sha256, state]
            self._write()

    def close(self) -> None:
        """Remove it: the release is whole."""
        (self._root / LEDGER).unlink()
        if not isinstance(self._root, RemotePath):
            with contextlib.suppress(OSError):
                (self._root / LEDGER).parent.rmdir()

    def _write(self) -> None:
        said = {"name": self._release.name, "fingerprint": self._release.fingerprint, "arrived": self._arrived}
        write_whole(self._root / LEDGER, (json.dumps(said, sort_keys=True) + "\n").encode())


def _state(path: Location) -> str:
    if isinstance(path, RemotePath):
        return path.state()
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def _is_pair(said: object) -> bool:
    return isinstance(said, list) and len(said) == 2 and all(isinstance(one, str) for one in said)
