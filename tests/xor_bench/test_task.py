"""Samples of the task: their distribution, and the same ones however they are asked for."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from confu_core.errors import InvalidValue
from xor_bench.task import XorSamples, XorTask, code_bits, code_inputs, make_xor, random_seed

TASKS = {
    "p": st.sampled_from([0.0, 0.3, 1.0]),
    "bits": st.integers(1, 16),
    "modalities": st.integers(3, 5),
    "noise": st.sampled_from([0.0, 0.1, 0.5]),
}


def same(left: XorSamples, right: XorSamples) -> bool:
    return all(
        np.array_equal(getattr(left, name), getattr(right, name))
        and getattr(left, name).dtype == getattr(right, name).dtype
        for name in ("codes", "clean", "gate")
    )


def law(p: float, bits: int, modalities: int, noise: float) -> np.ndarray:
    """The probability of every combination of observed codes, from the definition."""
    size = 2**bits
    table = np.zeros((size,) * modalities)
    for free in product(range(size), repeat=modalities - 1):
        table[(*free, int(np.bitwise_xor.reduce(free)))] += p / size ** (modalities - 1)
        table[(*free, free[0])] += (1 - p) / size ** (modalities - 1)
    channel = np.array(
        [
            [math.prod(noise if (x ^ y) >> b & 1 else 1 - noise for b in range(bits)) for y in range(size)]
            for x in range(size)
        ]
    )
    for axis in range(modalities):
        table = np.moveaxis(np.tensordot(table, channel, (axis, 0)), -1, axis)
    return table


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    ("bits", "modalities", "noise"), [(1, 3, 0.0), (2, 3, 0.0), (2, 3, 0.1), (1, 4, 0.0), (2, 4, 0.05)]
)
def test_samples_follow_the_distribution(p: float, bits: int, modalities: int, noise: float) -> None:
    n = 50_000
    codes = make_xor(n, p=p, bits=bits, modalities=modalities, noise=noise, random_state=11).codes
    expected = n * law(p, bits, modalities, noise).ravel()
    observed = np.bincount(np.ravel_multi_index(tuple(codes.T), (2**bits,) * modalities), minlength=len(expected))
    assert observed[expected == 0].sum() == 0
    possible = expected > 0
    statistic = ((observed - expected)[possible] ** 2 / expected[possible]).sum()
    # Fifteen seeded cases: neither tail of one in 10,000, too close a fit included.
    assert 1e-4 < chi2.sf(statistic, possible.sum() - 1) < 1 - 1e-4


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_neighbouring_samples_have_nothing_to_do_with_each_other(noise: float) -> None:
    codes = make_xor(20_000, bits=1, noise=noise).codes.astype(float)
    for column in codes.T:
        assert abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < 4 / 20_000**0.5


@settings(deadline=None)
@given(**TASKS, seed=st.integers(0, 2**63), start=st.integers(0, 2**40), cut=st.integers(1, 29))
def test_a_range_of_samples_is_the_same_however_it_is_cut_up(
    p: float, bits: int, modalities: int, noise: float, seed: int, start: int, cut: int
) -> None:
    options: dict[str, Any] = {"p": p, "bits": bits, "modalities": modalities, "noise": noise, "random_state": seed}
    whole = make_xor(30, **options, start=start)
    first, rest = make_xor(cut, **options, start=start), make_xor(30 - cut, **options, start=start + cut)
    joined = XorSamples(
        *(np.concatenate([getattr(x, name) for x in (first, rest)]) for name in ("codes", "clean", "gate"))
    )
    assert same(joined, whole)
    assert same(make_xor(30, **options, start=start), whole)


@settings(deadline=None)
@given(**TASKS)
def test_the_gate_says_whether_the_last_code_is_the_parity(p: float, bits: int, modalities: int, noise: float) -> None:
    samples = make_xor(200, p=p, bits=bits, modalities=modalities, noise=noise)
    *free, last = samples.clean.T
    parity = np.bitwise_xor.reduce(free)
    assert (last == np.where(samples.gate, parity, free[0])).all()
    assert {0.0: not samples.gate.any(), 1.0: samples.gate.all()}.get(p, 0 < samples.gate.sum() < 200)
    assert samples.codes.shape == (200, modalities) and samples.codes.dtype == samples.clean.dtype == np.int64
    assert samples.gate.dtype == bool
    assert samples.codes.min() >= 0 and samples.codes.max() < 2**bits
    assert (samples.codes == samples.clean).all() == (noise == 0)


def test_the_gate_is_open_as_often_as_p_says() -> None:
    for p in (0.01, 0.3, 0.9):
        rate = make_xor(100_000, p=p).gate.mean()
        assert abs(rate - p) < 4 * (p * (1 - p) / 100_000) ** 0.5


@pytest.mark.parametrize("noise", [0.01, 0.25, 0.5])
def test_every_bit_flips_at_the_rate_of_the_noise(noise: float) -> None:
    n, bits = 40_000, 9
    samples = make_xor(n, bits=bits, noise=noise, modalities=4)
    flips = code_bits(samples.codes ^ samples.clean, bits)
    assert (abs(flips.mean(0) - noise) < 4.5 * (noise * (1 - noise) / n) ** 0.5).all()
    # And apart from every other bit, be it of the same code or of another modality's.
    correlations = np.corrcoef(flips.reshape(n, -1).T) - np.eye(bits * 4)
    assert abs(correlations).max() < 4.5 / n**0.5


def test_noise_and_p_change_only_the_samples_that_they_concern() -> None:
    plain, mixed, noisy = make_xor(500, p=0.3), make_xor(500, p=0.6), make_xor(500, p=0.3, noise=0.1)
    assert (plain.gate <= mixed.gate).all() and plain.gate.sum() < mixed.gate.sum()
    assert (plain.clean[plain.gate == mixed.gate] == mixed.clean[plain.gate == mixed.gate]).all()
    assert (noisy.clean == plain.clean).all() and (noisy.gate == plain.gate).all()
    louder = make_xor(500, p=0.3, noise=0.3)
    flipped = noisy.codes ^ noisy.clean
    assert (flipped & ~(louder.codes ^ louder.clean) == 0).all()


def test_seeds_splits_and_streams_are_apart() -> None:
    drawn = [make_xor(100, p=0.5, random_state=seed, split=split) for seed in (0, 1) for split in ("train", "test")]
    columns = [tuple(column) for samples in drawn for column in samples.clean.T[:2]]
    assert len(set(columns)) == 8
    assert len({tuple(samples.gate) for samples in drawn}) == 4


def test_the_first_samples_are_those_of_the_format() -> None:
    """Datasets that were published name a seed: these numbers may never change."""
    samples = make_xor(4, p=0.5, bits=5, noise=0.1, random_state=3, split="test", start=10)
    assert samples.codes.tolist() == [[20, 21, 28], [24, 21, 16], [20, 19, 4], [0, 27, 19]]
    assert samples.clean.tolist() == [[20, 20, 20], [16, 21, 16], [20, 19, 20], [0, 19, 19]]


def test_inputs_are_bits_axes_or_random_directions() -> None:
    bits = code_inputs("bits", 3)
    assert bits.shape == (8, 3) and bits.dtype == np.float32
    assert bits[6].tolist() == [1, 1, -1]  # Six is 110.
    assert len(np.unique(bits, axis=0)) == 8 and set(bits.ravel()) == {-1.0, 1.0}
    plain = code_inputs("bits01", 3)
    assert plain.dtype == np.float32 and plain[6].tolist() == [1, 1, 0] and (2 * plain - 1 == bits).all()
    assert (code_inputs("onehot", 3) == np.eye(8)).all()
    gaussian = code_inputs("gaussian", 6, random_state=2)
    assert gaussian.shape == (64, 16) and gaussian.dtype == np.float32
    assert np.linalg.norm(gaussian, axis=1) == pytest.approx(np.ones(64), abs=1e-6)
    assert (gaussian == code_inputs("gaussian", 6, random_state=2)).all()
    assert not (gaussian == code_inputs("gaussian", 6, random_state=3)).any()
    assert code_inputs("gaussian", 2, width=5).shape == (4, 5)
    # Directions are spread evenly: their mean is that of 64 independent unit vectors.
    assert np.linalg.norm(gaussian.mean(0)) < 3 / 64**0.5


@given(code=st.integers(0, 2**16 - 1))
def test_bits_are_written_highest_first(code: int) -> None:
    assert "".join(map(str, code_bits(np.array(code), 16))) == f"{code:016b}"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"p": 1.3}, r"^p must be in \[0, 1\]; got 1.3$"),
        ({"p": math.nan}, r"^p must be in \[0, 1\]; got nan$"),
        ({"p": "a"}, r"^p must be in \[0, 1\]; got 'a'$"),
        ({"bits": 0}, "^bits must be a whole number of at least 1; got 0$"),
        (
            {"bits": 17},
            r"^bits must be in \[1, 16\]; got 17: the support of 2\*\*17 codes does not fit; use 16 or fewer$",
        ),
        ({"bits": 5.0}, "^bits must be a whole number of at least 1; got 5.0$"),
        ({"modalities": 2}, r"^modalities must be a whole number in \[3, 26\]; got 2$"),
        ({"noise": -0.1}, r"^noise must be in \[0, 0.5\]; got -0.1$"),
        ({"n_samples": 0}, "^n_samples must be a whole number of at least 1; got 0$"),
        ({"start": -1}, "^start must be a whole number of at least 0; got -1$"),
        ({"random_state": -1}, "^random_state must be a whole number of at least 0; got -1$"),
        ({"random_state": None}, "^random_state must be a whole number of at least 0; got None$"),
        ({"split": ""}, "^split must be a name; got ''$"),
        ({"split": 3}, "^split must be a name; got 3$"),
    ],
)
def test_values_out_of_range_are_refused_in_one_sentence(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        make_xor(**{"n_samples": 5, **values})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "bit"}, "^kind must be one of bits, bits01, onehot, gaussian; got 'bit': did you mean 'bits'\\?$"),
        (
            {"kind": "bits", "width": 3},
            "^width is for gaussian inputs; got 3 for 'bits', which has a width of its own$",
        ),
        ({"kind": "onehot", "bits": 13}, r"^bits must be in \[1, 12\] for onehot inputs; got 13$"),
        ({"kind": "gaussian", "width": 0}, "^width must be a whole number of at least 1; got 0$"),
        ({"kind": "bits", "bits": 17}, "use 16 or fewer$"),
    ],
)
def test_inputs_that_do_not_exist_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        code_inputs(**{"bits": 3, **values})


def test_a_share_of_the_samples_has_one_modality_of_noise() -> None:
    plain, noisy = (make_xor(20_000, p=0.6, bits=3, unreliable=share, unreliable_of="bc") for share in (0, 0.3))
    assert plain.replaced is None and noisy.replaced is not None
    assert (noisy.clean == plain.codes).all() and (noisy.gate == plain.gate).all()
    hit = noisy.replaced[:, None] == np.arange(3)
    assert (noisy.codes[~hit] == plain.codes[~hit]).all() and not hit[:, 0].any()
    # Three standard deviations around the shares; a replaced code is the old one once in eight times.
    assert hit.mean(0)[1:] == pytest.approx([0.15, 0.15], abs=0.008)
    assert (noisy.codes == noisy.clean)[hit].mean() == pytest.approx(1 / 8, abs=0.015)
    assert np.bincount(noisy.codes[hit], minlength=8) / hit.sum() == pytest.approx(np.full(8, 1 / 8), abs=0.015)
    more = make_xor(20_000, p=0.6, bits=3, unreliable=0.5, unreliable_of="bc")
    assert (more.codes[noisy.replaced >= 0] == noisy.codes[noisy.replaced >= 0]).all()


def test_which_modality_is_noise_is_written_in_one_way() -> None:
    assert XorTask(unreliable=0.1, unreliable_of="cb").unreliable_of == "bc"
    assert XorTask(unreliable=0.1, unreliable_of="cab") == XorTask(unreliable=0.1)
    assert XorTask(unreliable_of="b") == XorTask()
    for wrong in ("d", "", "a,b", 3):
        with pytest.raises(InvalidValue, match="^unreliable_of must be all, or letters among abc; got"):
            make_xor(5, unreliable=0.1, unreliable_of=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match=r"^unreliable must be in \[0, 1\]; got 1.5$"):
        make_xor(5, unreliable=1.5)


def test_the_parity_of_a_pair_leaves_the_others_alone() -> None:
    every, pair = (make_xor(500, p=0.6, bits=3, modalities=5, parity=parity) for parity in ("all", "pair"))
    # The same draws: what differs is what the last one is where the gate is open.
    assert (every.gate == pair.gate).all() and (every.codes[:, :4] == pair.codes[:, :4]).all()
    a, b, *_, last = pair.codes.T
    assert (last == np.where(pair.gate, a ^ b, a)).all()
    assert XorTask(parity="pair") == XorTask() and XorTask(modalities=4, parity="pair") != XorTask(modalities=4)
    with pytest.raises(InvalidValue, match="parity must be all or pair; got 'two'"):
        make_xor(5, modalities=4, parity="two")


def test_numbers_of_any_kind_make_equal_tasks() -> None:
    plain = XorTask(p=1.0, bits=2, modalities=3, noise=0.0)
    assert XorTask(p=np.float64(1), bits=np.int64(2), modalities=np.int8(3), noise=0) == plain
    assert repr(XorTask(p=1, bits=np.int64(2))) == (
        "XorTask(p=1.0, bits=2, modalities=3, noise=0.0, parity='all', unreliable=0.0, unreliable_of='all')"
    )
    assert random_seed(np.int64(7)) == 7 and type(random_seed(np.int64(7))) is int
