"""Cores of one run: as many as asked for within the block, and as before after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sklearn.linear_model  # noqa: F401  # It loads a library with threads of its own.
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from confu_core.errors import InvalidValue
from confu_core.runs.environment import threads


def counts() -> list[int]:
    """Threads of PyTorch, and of every library that NumPy, SciPy and scikit-learn multiply by."""
    return [torch.get_num_threads(), *(library["num_threads"] for library in threadpool_info())]


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """More than one to begin with, whatever the machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    with threadpool_limits(3):
        yield
    torch.set_num_threads(before)


def test_a_block_has_the_threads_it_asks_for_and_gives_them_back() -> None:
    before = counts()
    assert len(before) > 2 and set(before) == {3}
    for count in (1, 2):
        with threads(count):
            assert set(counts()) == {count}
        assert counts() == before


def test_no_threads_are_refused() -> None:
    with pytest.raises(InvalidValue, match=r"^threads must be in \[1, \d+\], the cores of this machine; got 9999$"):
        threads(9999).__enter__()
    with pytest.raises(InvalidValue, match=r"^threads must be in \[1, \d+\], the cores of this machine; got 0$"):
        threads(0).__enter__()


def test_blocks_lie_within_each_other() -> None:
    with threads(2):
        with threads(1):
            assert set(counts()) == {1}
        assert set(counts()) == {2}
    assert set(counts()) == {3}


def test_threads_are_given_back_whatever_happens() -> None:
    with pytest.raises(KeyboardInterrupt), threads(1):
        raise KeyboardInterrupt
    assert set(counts()) == {3}


def test_sums_of_one_thread_are_formed_in_one_order() -> None:
    """However many threads there are outside."""
    x = torch.randn(2_000_000, generator=torch.Generator().manual_seed(0))
    sums = set()
    for outside in (1, 2, 3):
        torch.set_num_threads(outside)
        with threads(1):
            sums.add(x.sum().item())
    assert len(sums) == 1
