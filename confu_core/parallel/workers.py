"""Jobs on several processes: a death costs the one job that the process had, and an interrupt stops all."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextvars import ContextVar
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from confu_core.errors import ConfuError, DatasetError, InvalidValue

Function = Callable[[Any], Any]
Progress = Callable[[int, int], None]  # Told how much is done, and of how much.

ATTEMPTS = 3
POLL_SECONDS = 0.5  # Between two looks whether there are jobs again.
GRACE_SECONDS = 5  # For a worker to end by itself.

# Forked children of a process with threads can deadlock; spawned ones are the same on every platform.
_CONTEXT = multiprocessing.get_context("spawn")
_END = object()
_POOLED = "pooled"  # The name of a process of a pool, before its number.


class WorkerDied(Exception):
    """Raised after all other jobs have finished; `jobs` are those whose process died `attempts` times."""

    def __init__(self, jobs: Sequence[Any], attempts: int = ATTEMPTS) -> None:
        super().__init__(f"{len(jobs)} jobs lost their worker {attempts} times")
        self.jobs = tuple(jobs)
        self.attempts = attempts


def worker_number() -> int | None:
    """Return which of its pool's processes this one is, from 0; None for one that is in no pool."""
    kind, _, number = multiprocessing.current_process().name.partition(" ")
    return int(number) if kind == _POOLED else None


def call_pickled(pickled: bytes, job: Any) -> Any:
    """Call a function that was sent here: a process that cannot import it says so, instead of dying of it."""
    return _unpacked(pickled)(job)


@functools.lru_cache(maxsize=1)
def _unpacked(pickled: bytes) -> Function:
    try:
        function: Function = pickle.loads(pickled)
    except (ImportError, AttributeError) as error:
        mend = "install what it is part of, or start in a folder from which it can be imported"
        raise InvalidValue(f"a worker process cannot load what it is to call ({error}); {mend}") from error
    return function


def completed(function: Function, jobs: Iterable[Any], workers: int) -> Generator[Any, None, None]:
    """Yield the results of jobs as they finish; close the iterator to stop everything at once.

    Jobs are asked for when there is a process for them; one that is None says that there is none now, but may be later.
    The function is sent once to each of the processes; with 1, this process computes, in order. At the end WorkerDied
    names the jobs whose process died `ATTEMPTS` times; an exception of the function comes at once.
    """
    if workers > 1:
        packed = functools.partial(call_pickled, pickle.dumps(function))
        yield from _parallel(iter(jobs), [_Worker(packed, number) for number in range(workers)])
        return
    for job in jobs:
        if job is None:
            time.sleep(POLL_SECONDS)
        else:
            yield function(job)


# What `mapped` runs jobs on; see `confu_core.parallel.cluster.engine_in_use`.
IN_USE: ContextVar[Callable[..., Generator[Any, None, None]]] = ContextVar("engine", default=completed)


def mapped(
    function: Function,
    jobs: Iterable[Any],
    workers: int,
    *,
    name: Callable[[Any], str],
    who: str = "the worker",
    over: str = "",
    mend: str = "use fewer workers if memory ran out",
    each: Callable[[Any], None] = lambda result: None,
    error: type[ConfuError] = DatasetError,
) -> list[Any]:
    """Return the results of jobs in the order in which they finish, each handed to `each` as soon as it is there.

    They run on the engine that is in use. Whatever is raised stops all. Jobs that kill their process again and again
    become an `error` after the others are done: it says who died, how often, over which jobs, and what to do.
    """
    results = []
    try:
        with contextlib.closing(IN_USE.get()(function, jobs, workers)) as finished:
            for result in finished:
                results.append(result)
                each(result)
    except WorkerDied as death:
        names = ", ".join(map(name, death.jobs))
        raise error(f"{who} died {death.attempts} times over {over}{names}; {mend}") from death
    return results


def counting(progress: Progress | None, total: int, size: Callable[[Any], int]) -> Callable[[Any], None]:
    """Return what `mapped` can hand each result to, so that `progress` is told how much of a total is done."""
    done = 0

    def count(result: Any) -> None:
        """Add what a result counts, and tell how much is done."""
        nonlocal done
        done += size(result)
        if progress is not None:
            progress(done, total)

    return count


@contextlib.contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Hold Ctrl-C back until the end of a block, and for good from the processes that are started in it.

    An interrupt is this process's to handle. The others would print tracebacks, as early as while they import.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows cannot hold signals back.
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
    """A process that takes one job after the other, and this process's end of what they say to each other."""

    def __init__(self, packed: Function, number: int) -> None:
        self._name, self._packed = f"{_POOLED} {number}", packed
        self._process: Any = None

    def start(self) -> None:
        """Start the process, unless it runs."""
        if self._process is not None:
            return
        self.jobs, jobs = _CONTEXT.Pipe()
        lifeline, self._lifeline = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_serve, args=(jobs, lifeline, self._packed), name=self._name)
        try:
            process.start()
        except OSError as error:
            mend = "use fewer --workers, or allow more processes (ulimit -u)"
            raise DatasetError(f"no further process can be started ({error.strerror or error}); {mend}") from error
        finally:  # Once the process has its own ends, these would hide that it died.
            jobs.close()
            lifeline.close()
        self._process = process

    def submit(self, job: Any) -> None:
        """Send a job."""
        try:
            self.jobs.send(job)
        except OSError:  # It died while it had nothing to do.
            self.stop()
            self.start()
            self.jobs.send(job)

    def let_go(self) -> None:
        """Tell the process to end at once."""
        if self._process is not None:
            self._lifeline.close()
            self.jobs.close()

    def stop(self) -> None:
        """End the process, even one that is stopped or hangs."""
        self.let_go()
        if self._process is not None:
            self._process.join(GRACE_SECONDS)
            self._process.kill()
            self._process.join()
            self._process = None


def _parallel(jobs: Iterator[Any], workers: list[_Worker]) -> Generator[Any, None, None]:
    deaths: Counter[Any] = Counter()
    again: deque[Any] = deque()
    running: dict[Any, tuple[_Worker, Any]] = {}
    idle, ended = list(workers), False
    try:
        while running or again or not ended:
            starting = []
            while idle and (again or not ended):
                job = again.popleft() if again else next(jobs, _END)
                ended = ended or job is _END
                if job is None or job is _END:
                    break
                starting.append((idle.pop(), job))
            with interrupts_held_back():  # A worker's process starts with its first job.
                for worker, _ in starting:
                    worker.start()
            for worker, job in starting:
                worker.submit(job)
                running[worker.jobs] = worker, job
            for connection in _ready(running, None if ended or not idle else POLL_SECONDS):
                worker, job = running.pop(connection)
                idle.append(worker)
                try:
                    done, value, trace = worker.jobs.recv()
                except (EOFError, OSError):
                    worker.stop()
                    deaths[job] += 1
                    again.extend([job] if deaths[job] < ATTEMPTS else [])
                    continue
                if not done:
                    raise value from _InWorker(trace)
                yield value
    finally:
        for worker in workers:
            worker.let_go()
        for worker in workers:
            worker.stop()
    if lost := [job for job, count in deaths.items() if count >= ATTEMPTS]:
        raise WorkerDied(lost)


def _ready(running: dict[Any, Any], seconds: float | None) -> list[Any]:
    """Wait until there are answers, or for some seconds."""
    if running:
        return wait(list(running), seconds)
    time.sleep(seconds or 0)
    return []


class _InWorker(Exception):
    """Where in a worker an exception was raised, for tracebacks."""


def _serve(jobs: Connection, lifeline: Connection, function: Function) -> None:
    """Work in a process of its own until no more jobs can come."""
    with contextlib.suppress(RuntimeError):  # No further thread may be allowed; then a job that runs is finished.
        threading.Thread(target=_follow, args=(lifeline,), daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            jobs.send_bytes(_answer(function, jobs.recv()))


def _answer(function: Function, job: Any) -> bytes:
    try:
        answer = (True, function(job), "")
    except BaseException as error:  # It is raised again where the job came from.
        answer = (False, error, traceback.format_exc())
    try:
        return bytes(ForkingPickler.dumps(answer))
    except Exception as error:
        wrong = RuntimeError(f"what a worker found cannot be sent: {error}")
        return bytes(ForkingPickler.dumps((False, wrong, traceback.format_exc())))


def _follow(lifeline: Connection) -> None:
    # The parent never writes: the wait ends when it lets go, by stopping its workers or by being killed.
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
