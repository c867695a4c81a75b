"""A connection that is cut in the middle: it passes bytes on to a server until so many were sent, and then none."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit


class Cut:
    """Between a client and a server.

    Attributes
    ----------
    sent : int
        Bytes that clients have sent.
    left : int or None
        How many more they may send; None for any number.
    """

    def __init__(self, endpoint: str) -> None:
        at = urlsplit(endpoint)
        self._server = (at.hostname, at.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.sent = 0
        self.left: int | None = None
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._drop()
        for thread in self._threads:
            thread.join(5)
        for one in [self._listener, *self._open]:
            one.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.left == 0:
                client.close()
                continue
            server = socket.create_connection(self._server)
            with self._lock:
                self._open += [client, server]
            self._start(self._pass, client, server, True)
            self._start(self._pass, server, client, False)

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if counted:
                    data = data[: self._allowed(len(data))]
                    if not data:
                        self._drop()
                        return
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _allowed(self, count: int) -> int:
        with self._lock:
            if self.left is not None:
                count = min(count, self.left)
                self.left -= count
            self.sent += count
            return count

    def _drop(self) -> None:
        with self._lock:
            opened = list(self._open)
        for one in opened:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cut_connection(endpoint: str) -> Iterator[Cut]:
    cut = Cut(endpoint)
    try:
        yield cut
    finally:
        cut.close()
