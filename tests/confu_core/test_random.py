"""Keyed random numbers: the same however they are asked for, apart for every key, and uniform."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confu_core.random import generator, stream_key, torch_seed, uniform, words

SEEDS = st.integers(0, 2**63 - 1)
PARTS = st.one_of(st.text(max_size=4), st.integers(-3, 3))
PATHS = st.lists(PARTS, max_size=4).map(tuple)


@given(seed=SEEDS, start=st.integers(0, 2**70), cuts=st.lists(st.integers(0, 9), max_size=4))
def test_a_range_is_the_same_however_it_is_cut_up(seed: int, start: int, cuts: list[int]) -> None:
    whole = words(seed, "x", start=start, count=10)
    assert whole.shape == (10, 4) and whole.dtype == np.uint64
    ends = sorted({0, *cuts, 10})
    parts = [words(seed, "x", start=start + low, count=high - low) for low, high in pairwise(ends)]
    assert (np.concatenate(parts) == whole).all()


@given(first=st.tuples(SEEDS, PATHS), second=st.tuples(SEEDS, PATHS))
def test_keys_are_equal_for_equal_paths_only(first: tuple[int, tuple], second: tuple[int, tuple]) -> None:
    keys = [stream_key(seed, *path) for seed, path in (first, second)]
    assert (keys[0] == keys[1]) is (first == second)
    assert all(0 <= key < 2**128 for key in keys)
    assert 0 <= torch_seed(first[0], *first[1]) < 2**63


def test_paths_that_read_alike_are_kept_apart() -> None:
    paths: list[tuple] = [("a", 1), ("a", "1"), ("a1",), ("ab", "c"), ("a", "bc"), ("a", "b", "c"), (), ("",), ("", "")]
    assert len({stream_key(0, *path) for path in paths}) == len(paths)
    assert stream_key(np.int64(3), "a") == stream_key(3, "a")


def test_streams_do_not_go_together() -> None:
    """Neighbours in every part of the key, and neighbouring samples, are uncorrelated."""
    n = 4000
    streams = [words(seed, name, number, start=0, count=n) for seed in (0, 1) for name in "ab" for number in (0, 1)]
    columns = uniform(np.concatenate(streams, axis=1)).T
    assert columns.shape == (32, n)
    correlations = np.corrcoef(columns)
    # 496 pairs of independent columns: the largest of that many normal deviations is below 4.5.
    assert max(abs(correlations[i, j]) for i, j in combinations(range(32), 2)) < 4.5 / n**0.5
    assert all(abs(np.corrcoef(column[:-1], column[1:])[0, 1]) < 4.5 / n**0.5 for column in columns)


def test_uniform_numbers_are_uniform() -> None:
    n = 40_000
    numbers = uniform(words(7, "x", start=0, count=n // 4)).ravel()
    counts = np.bincount((numbers * 100).astype(int), minlength=100)
    chi_square = ((counts - n / 100) ** 2 / (n / 100)).sum()
    assert len(counts) == 100 and 55 < chi_square < 150  # 99 degrees of freedom: both ends are beyond one in 1,000.


def test_uniform_numbers_lie_in_the_half_open_interval() -> None:
    ends = uniform(np.array([0, 2**11 - 1, 2**11, 2**64 - 1], dtype=np.uint64))
    assert ends.tolist() == [0.0, 0.0, 2.0**-53, 1 - 2.0**-53]


def test_generators_start_anew_for_every_call() -> None:
    assert (generator(3, "order", 1).permutation(50) == generator(3, "order", 1).permutation(50)).all()
    drawn = {
        tuple(generator(*key).permutation(50))
        for key in [(3, "order", 1), (3, "order", 2), (4, "order", 1), (3, "x", 1)]
    }
    assert len(drawn) == 4


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_numbers_do_not_depend_on_the_process(hash_seed: str) -> None:
    """Python's own hashes differ from process to process; datasets may not. The values are part of the format."""
    script = "from confu_core.random import words; print(words(5, 'xor', 'train', 2, start=3, count=1).tolist())"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{words(5, 'xor', 'train', 2, start=3, count=1).tolist()}\n"
    assert stream_key(0, "xor", "train", "gate") == 212027455402901739273785344507210202050
