"""Jobs on several processes: what they find, what they raise, and that no state of theirs keeps anybody waiting."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import types

import pytest

from confu_core.errors import InvalidValue, ResultsError
from confu_core.parallel.cluster import completed_on_cluster
from confu_core.parallel.workers import WorkerDied, completed, counting, mapped, worker_number


def test_results_and_deaths_and_errors() -> None:
    assert sorted(completed(abs, [-3, 2, -1, 0], 2)) == [0, 1, 2, 3]
    # Each of these kills its own process.
    with pytest.raises(WorkerDied) as caught:
        list(completed(os._exit, [7], 2))
    assert caught.value.jobs == (7,)
    with pytest.raises(ZeroDivisionError) as raised:
        list(completed((1).__truediv__, [0], 2))
    assert "in _answer" in str(raised.value.__cause__)
    with pytest.raises(RuntimeError, match="what a worker found cannot be sent: "):
        list(completed(memoryview, [b"x"], 2))


def _number(_: int) -> int | None:
    time.sleep(0.3)  # So that the other process gets the other job.
    return worker_number()


def test_processes_of_a_pool_have_numbers() -> None:
    assert sorted(completed(_number, [0, 1], 2)) == [0, 1]
    assert list(completed(_number, [0], 1)) == [None]


def test_jobs_are_handed_over_as_they_finish_and_those_that_kill_are_named() -> None:
    handed: list[int] = []
    assert mapped(abs, [-3, 2], 1, each=handed.append, name=str) == handed == [3, 2]
    told: list[tuple[int, int]] = []
    each = counting(lambda done, total: told.append((done, total)), 5, lambda result: result)
    assert mapped(abs, [-3, 2], 1, each=each, name=str) == [3, 2] and told == [(3, 5), (5, 5)]
    line = "^the worker died 3 times over the jobs 7; use fewer workers if memory ran out$"
    with pytest.raises(ResultsError, match=line) as caught:
        mapped(os._exit, [7], 2, name=str, over="the jobs ", error=ResultsError)
    assert isinstance(caught.value.__cause__, WorkerDied)


def test_a_stopped_worker_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confu_core.parallel.workers.GRACE_SECONDS", 0.2)
    found = completed(time.sleep, [0, 60, 60], 2)
    assert next(found) is None
    busy = multiprocessing.active_children()
    assert len(busy) == 2
    for process in busy:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
    started = time.monotonic()
    found.close()
    assert time.monotonic() - started < 20
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("run", [completed, completed_on_cluster])
def test_a_function_that_the_workers_cannot_import_is_said(run, monkeypatch: pytest.MonkeyPatch) -> None:
    ghost = types.ModuleType("ghost_of_this_process")
    exec("def double(number): return 2 * number", ghost.__dict__)
    monkeypatch.setitem(sys.modules, ghost.__name__, ghost)
    line = r"cannot load what it is to call \(No module named 'ghost_of_this_process'\); install what"
    with pytest.raises(InvalidValue, match=line):
        list(run(ghost.double, [1, 2], 2))
