"""Jobs on several processes: a death costs the one job that the process had, and an interrupt stops all."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["ATTEMPTS", "WorkerDied", "completed", "interrupts_held_back"]

ATTEMPTS = 3

# Forked children of a process with threads can deadlock; spawned ones are the same on every platform.
_CONTEXT = multiprocessing.get_context("spawn")


class WorkerDied(Exception):
    """Raised after all other jobs have finished; `jobs` are those whose process died `attempts` times."""

    def __init__(self, jobs: Sequence[Any], attempts: int = ATTEMPTS) -> None:
        super().__init__(f"{len(jobs)} jobs lost their worker {attempts} times")
        self.jobs = tuple(jobs)
        self.attempts = attempts


def completed(function: Callable[[Any], Any], jobs: Sequence[Any], workers: int) -> Generator[Any, None, None]:
    """Yield the results of jobs as they finish; close the iterator to stop everything at once.

    Parameters
    ----------
    function : callable
        Job to result; picklable where there are several workers, to which it is sent once.
    jobs : sequence
        Small picklable values.
    workers : int
        Number of processes; 1 computes in this process, in order.

    Yields
    ------
    object
        Results, in the order in which they finish.

    Raises
    ------
    WorkerDied
        At the end, if the process of a job died `ATTEMPTS` times. An exception of `function` comes at once.

    Examples
    --------
    >>> list(completed(abs, [-1, 2, -3], workers=1))
    [1, 2, 3]
    """
    if workers == 1:
        yield from map(function, jobs)
    else:
        yield from _parallel(deque(jobs), [_Worker(function) for _ in range(min(workers, len(jobs)))])


@contextlib.contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Hold Ctrl-C back until the end of a block, and for good from the processes that are started in it.

    An interrupt is this process's to handle. The others would print tracebacks, as early as while they import.

    Examples
    --------
    >>> with interrupts_held_back():
    ...     signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    True
    """
    if sys.platform == "win32":  # Signals cannot be held back there.
        yield
        return
    resource_tracker.ensure_running()  # Started with the first process, it would let interrupts through again.
    held: list[int] = []
    # Children inherit the mask; here it is not enough, since any thread of a library's may take the signal.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, frame: held.append(number)) if main else None
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if held:
            signal.raise_signal(signal.SIGINT)


class _Worker:
    """A pool of one process: when it dies there is no doubt which job it was doing."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function
        self._start()

    def _start(self) -> None:
        lifeline, self._lifeline = _CONTEXT.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(1, _CONTEXT, initializer=_prepare, initargs=(lifeline, self._function))

    def submit(self, job: Any) -> Future[Any]:
        try:
            return self._pool.submit(_call, job)
        except BrokenProcessPool:  # It died while it had nothing to do.
            self.restart()
            return self._pool.submit(_call, job)

    def restart(self) -> None:
        self.stop()
        self._start()

    def stop(self) -> None:
        self._lifeline.close()
        self._pool.shutdown(cancel_futures=True)


def _parallel(queue: deque[Any], workers: list[_Worker]) -> Generator[Any, None, None]:
    deaths: Counter[Any] = Counter()
    running: dict[Future[Any], tuple[_Worker, Any]] = {}
    idle = list(workers)
    try:
        while queue or running:
            with interrupts_held_back():  # A worker's process starts with its first job.
                while queue and idle:
                    worker, job = idle.pop(), queue.popleft()
                    running[worker.submit(job)] = worker, job
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                worker, job = running.pop(future)
                idle.append(worker)
                if isinstance(future.exception(), BrokenProcessPool):
                    worker.restart()
                    deaths[job] += 1
                    queue.extend([job] if deaths[job] < ATTEMPTS else [])
                else:
                    yield future.result()
    finally:
        for worker in workers:
            worker.stop()
    if lost := [job for job, count in deaths.items() if count >= ATTEMPTS]:
        raise WorkerDied(lost)


_function: Callable[[Any], Any]


def _prepare(lifeline: Connection, function: Callable[[Any], Any]) -> None:
    global _function
    _function = function
    threading.Thread(target=_follow, args=(lifeline,), daemon=True).start()


def _follow(lifeline: Connection) -> None:
    # The parent never writes: the wait ends when it lets go, by stopping its workers or by being killed.
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _call(job: Any) -> Any:
    return _function(job)
