"""Jobs on dask.distributed: on processes of this machine, or on those of a cluster that is already there."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.parallel.workers import (
    ATTEMPTS,
    IN_USE,
    POLL_SECONDS,
    Function,
    WorkerDied,
    call_pickled,
    completed,
    interrupts_held_back,
)

if TYPE_CHECKING:
    from distributed import Client


ENGINES = ("local", "dask")

ANSWER_SECONDS = 10
WORKER_SECONDS = 120

# Of a cluster of our own. By its default, MALLOC_TRIM_THRESHOLD_ is 65536 in workers, with which building takes twice
# the processor time: their environment is to be that of this process. A worker holds one job at a time, so that there
# is no doubt which one it died of.
_CONFIG = {
    "distributed.nanny.pre-spawn-environ": {},
    "distributed.scheduler.allowed-failures": ATTEMPTS - 1,
    "distributed.scheduler.worker-saturation": 1.0,
}
_QUIET = 60  # Above every level of logging: what goes wrong is said once, by an error.


@contextlib.contextmanager
def engine_in_use(engine: str, scheduler: str | None) -> Iterator[None]:
    """Let an engine do all jobs that are mapped in a block, unless it is unknown or has no use for a scheduler."""
    if engine not in ENGINES:
        raise InvalidValue(f"unknown engine {engine!r}; {nearest(str(engine), ENGINES)}")
    if scheduler is not None and engine != "dask":
        raise InvalidValue(f"scheduler goes with engine 'dask'; got engine {engine!r}")
    run = completed if engine == "local" else functools.partial(completed_on_cluster, scheduler=scheduler)
    before = IN_USE.set(run)
    try:
        yield
    finally:
        IN_USE.reset(before)


def completed_on_cluster(
    function: Function, jobs: Iterable[Any], workers: int, scheduler: str | None = None
) -> Generator[Any, None, None]:
    """Yield the results of jobs as they finish; close the iterator to cancel the others.

    Jobs up to the next None are handed over together; after it there may be more later.

    The workers of the scheduler at an address such as ``"tcp://10.0.0.1:8786"`` do them, or else a number of processes
    on this machine. At the end WorkerDied names the jobs that lost their worker more often than the scheduler allows: 3
    times on this machine, and as ``distributed.scheduler.allowed-failures`` says on a cluster. An exception of the
    function comes at once, and a scheduler that does not answer, has no workers or goes away is a DatasetError.
    """
    batch: list[Any] = []
    for job in jobs:
        if job is not None:
            batch.append(job)
            continue
        if not batch:
            time.sleep(POLL_SECONDS)
        yield from _batch(function, batch, workers, scheduler)
        batch = []
    yield from _batch(function, batch, workers, scheduler)


def _batch(function: Function, jobs: list[Any], workers: int, scheduler: str | None) -> Generator[Any, None, None]:
    if not jobs:
        return
    with _client(min(workers, len(jobs)), scheduler) as client:
        lost = yield from _results(client, function, jobs, scheduler)
        if len(lost) > 1:
            # On a busy cluster a job is blamed for the death of a worker that it only waited for: alone, each of
            # them shows which it is.
            suspects, lost = list(lost), {}
            for job in suspects:
                lost |= yield from _results(client, function, [job], scheduler)
    if lost:
        raise WorkerDied(list(lost), max(lost.values()))


@contextlib.contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Client]:
    try:
        import dask
        import distributed
    except ImportError as error:
        raise InvalidValue("engine 'dask' needs distributed; pip install 'confu-bench[dask]'") from error
    with contextlib.ExitStack() as stack:
        if scheduler is not None:
            yield stack.enter_context(_connected(scheduler))
            return
        # The processes are started by threads that are started here, and inherit what these hold back.
        with dask.config.set(_CONFIG), interrupts_held_back():
            cluster = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    # No dashboard, and no fixed port, which another cluster might have.
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    silence_logs=_QUIET,
                )
            )
            client = stack.enter_context(distributed.Client(cluster, set_as_default=False))
        yield client


def _connected(scheduler: str) -> Client:
    import distributed

    try:
        return distributed.Client(scheduler, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"no scheduler answers at {scheduler} within {ANSWER_SECONDS} s; start one with 'dask scheduler'"
        ) from error


def _results(
    client: Client, function: Function, jobs: Sequence[Any], scheduler: str | None
) -> Generator[Any, None, dict[Any, int]]:
    from distributed import CancelledError, KilledWorker, as_completed
    from distributed.protocol.pickle import dumps  # Sends functions of the main script by value.

    lost: dict[Any, int] = {}
    # A worker that cannot import what is in a task loses its connection, and the task waits for ever: hence bytes.
    futures = client.map(functools.partial(call_pickled, dumps(function)), jobs, pure=False)
    by_key = {future.key: job for future, job in zip(futures, jobs, strict=True)}
    try:
        _wait_for_a_worker(client, scheduler)
        for future in as_completed(futures, loop=client.loop):
            try:
                # One that was lost with its worker is computed again, and waited for here.
                yield future.result()
            except KilledWorker as error:
                lost[by_key[future.key]] = error.allowed_failures + 1
    except CancelledError as error:
        raise DatasetError(
            f"the scheduler {f'at {scheduler} ' if scheduler else ''}went away or dropped a job; "
            "what is finished is kept: run the same command again"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # The scheduler may be what went away.
            client.cancel(futures, force=True)
    return lost


def _wait_for_a_worker(client: Client, scheduler: str | None) -> None:
    # The jobs are there already: a cluster that grows with its work has a reason to.
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError as error:
        raise DatasetError(
            f"the scheduler at {scheduler} has had no worker for {WORKER_SECONDS} s; "
            f"start some with 'dask worker {scheduler}' and run the same command again"
        ) from error
