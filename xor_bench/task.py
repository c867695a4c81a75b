"""The XOR synergy task: its distribution, its modalities, samples of it, and real-valued inputs for its codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np

from confu_core.errors import InvalidValue, nearest
from confu_core.random import generator, uniform, words
from confu_core.settings import Dial, check_dials, dial, dials, real, share, whole

Draw = Callable[..., np.ndarray]  # (*stream) -> random words, shape (n, 4)

KINDS = ("bits", "bits01", "onehot", "gaussian")
DEFAULT_WIDTH = 16  # Of Gaussian inputs.
PARITIES = ("all", "pair")
LAW = ("modalities", "noise", "parity", "unreliable", "unreliable_of")  # What the theory takes besides p and bits.
MOST_MODALITIES = len(ascii_lowercase)
MOST_BITS = 16
MOST_ONEHOT_BITS = 12  # 4096 x 4096 float32 are 64 MiB; each further bit takes four times as much.
WORD_BITS = 64


@dataclass(frozen=True)
class XorTask:
    """The distribution of the task, checked.

    All modalities but the last are independent uniform codes in {0, ..., 2**bits - 1}. The last is the XOR of all the
    others, or of the first two, with probability ``p``, else a copy of the first. Then, with probability
    ``unreliable``, one modality of the sample becomes noise: its code is replaced by an independent uniform one. Last,
    every bit of every modality flips with probability ``noise``.

    Parameters
    ----------
    p : float
        Probability of the parity, in [0, 1].
    bits : int
        Bits per code, in [1, 16].
    modalities : int
        Number of modalities, in [3, 26].
    noise : float
        Probability that an observed bit is flipped, in [0, 0.5].
    parity : {"all", "pair"}
        Of which others the last modality is the parity: all, or the first two. With three modalities that is the
        same, and written ``"all"``.
    unreliable : float
        Share of the samples in which one modality is noise, in [0, 1].
    unreliable_of : str
        Which one: a letter, or several, such as ``"bc"``, of which each such sample draws one; ``"all"`` are any.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint.

    Examples
    --------
    >>> XorTask(p=1, bits=2)
    XorTask(p=1.0, bits=2, modalities=3, noise=0.0, parity='all', unreliable=0.0, unreliable_of='all')
    """

    p: float = share(0.5, "Probability that the last modality is the parity of others, in [0, 1].")
    bits: int = whole(5, "Bits per code.", low=1)
    modalities: int = whole(3, "Number of modalities, at least 3.", low=3, high=MOST_MODALITIES)
    noise: float = real(0.0, "Probability that an observed bit is flipped, in [0, 0.5].", low=0, high=0.5)
    parity: str = dial("all", "Of which others the last modality is the parity: all, or pair, the first two.")
    unreliable: float = share(0.0, "Share of the samples in which one modality is noise, in [0, 1].")
    unreliable_of: str = dial("all", "Which modality that is: letters, of which each such sample draws one, or all.")

    def __post_init__(self) -> None:
        # Plain numbers, so that equal tasks are written equally whichever numeric types came in.
        check_dials(self)
        if self.bits > MOST_BITS:
            raise InvalidValue(
                f"bits must be in [1, {MOST_BITS}]; got {self.bits}: the support of 2**{self.bits} codes does not "
                f"fit; use {MOST_BITS} or fewer"
            )
        object.__setattr__(self, "parity", parity_of(self.parity, self.modalities))
        letters = unreliable_letters(self.unreliable_of, self.modalities)
        named = letters if self.unreliable and len(letters) < self.modalities else "all"
        object.__setattr__(self, "unreliable_of", named)

    def samples(self, n_samples: int, random_state: int, split: str, start: int = 0) -> XorSamples:
        """Draw samples, as `make_xor` does."""
        count, first = whole_within("n_samples", n_samples, 1), whole_within("start", start, 0)
        seed = random_seed(random_state)
        if not isinstance(split, str) or not split:
            raise InvalidValue(f"split must be a name; got {split!r}")
        return _drawn(self, count, seed, split, first)


@dataclass(frozen=True)
class XorSamples:
    """Samples: observed codes, int64, the same before noise, both of shape (n, modalities), and gates, bool, (n,).

    Where modalities are unreliable, ``replaced`` is the number of the one that is noise, or -1; int8, (n,).
    """

    codes: np.ndarray
    clean: np.ndarray
    gate: np.ndarray
    replaced: np.ndarray | None = None


def make_xor(
    n_samples: int,
    *,
    p: float = 0.5,
    bits: int = 5,
    modalities: int = 3,
    noise: float = 0.0,
    parity: str = "all",
    unreliable: float = 0.0,
    unreliable_of: str = "all",
    random_state: int = 0,
    split: str = "train",
    start: int = 0,
) -> XorSamples:
    """Draw samples of the XOR task.

    Random numbers are keyed by (random_state, split, sample index), so a range of samples is the same whoever draws it
    and however it is cut up. They are also common to every ``p``, ``noise`` and ``unreliable``: two tasks that differ
    in these alone differ in the samples whose gate, flips or replacement they change, and in no others.

    Parameters
    ----------
    n_samples : int
        How many, at least 1.
    p, bits, modalities, noise, parity, unreliable, unreliable_of
        The distribution, as in `XorTask`.
    random_state : int
        The seed.
    split : str
        Name of the split; each has samples of its own.
    start : int
        Index of the first sample, at least 0.

    Returns
    -------
    XorSamples
        Observed codes, clean codes and gates.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint.

    Examples
    --------
    >>> a, b, c = make_xor(1000, p=1).codes.T
    >>> bool((c == a ^ b).all())
    True
    """
    task = XorTask(p, bits, modalities, noise, parity, unreliable, unreliable_of)
    return task.samples(n_samples, random_state, split, start)


def _drawn(task: XorTask, count: int, seed: int, split: str, first: int) -> XorSamples:
    def draw(*stream: str | int) -> np.ndarray:
        """Return the random words of a stream."""
        return words(seed, "xor", split, *stream, start=first, count=count)

    gate = uniform(draw("gate")[:, 0]) < task.p
    clean = _clean(task, gate, draw)
    sent, replaced = _with_noise(task, clean, draw) if task.unreliable else (clean, None)
    return XorSamples(codes=sent ^ _flips(task, count, draw), clean=clean, gate=gate, replaced=replaced)


def code_inputs(kind: str, bits: int, *, width: int | None = None, random_state: int = 0) -> np.ndarray:
    """Return an input vector for every code.

    Parameters
    ----------
    kind : {"bits", "bits01", "onehot", "gaussian"}
        ``"bits"``: the bits, highest first, as -1 and 1. ``"bits01"``: as 0 and 1, the coding of Symile's published
        task. ``"onehot"``: one axis per code. ``"gaussian"``: a random unit-norm vector per code, which hides the bits
        as real embeddings do.
    bits : int
        Bits per code, in [1, 16], and at most 12 for ``"onehot"``.
    width : int, optional
        Length of a Gaussian vector, 16 by default. The other kinds have a width of their own.
    random_state : int
        Seed of the Gaussian vectors.

    Returns
    -------
    ndarray of float32, shape (2**bits, width)
        Row i belongs to code i.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint.

    Examples
    --------
    >>> code_inputs("bits", 2)
    array([[-1., -1.],
           [-1.,  1.],
           [ 1., -1.],
           [ 1.,  1.]], dtype=float32)
    """
    bits = XorTask(bits=bits).bits
    Dial(choices=KINDS).checked("kind", kind)
    if width is not None and kind != "gaussian":
        raise InvalidValue(f"width is for gaussian inputs; got {width!r} for {kind!r}, which has a width of its own")
    if kind == "bits":
        return (2 * code_bits(np.arange(2**bits), bits) - 1).astype(np.float32)
    if kind == "bits01":
        return code_bits(np.arange(2**bits), bits).astype(np.float32)
    if kind == "onehot":
        if bits > MOST_ONEHOT_BITS:
            raise InvalidValue(f"bits must be in [1, {MOST_ONEHOT_BITS}] for onehot inputs; got {bits}")
        return np.eye(2**bits, dtype=np.float32)
    length = whole_within("width", DEFAULT_WIDTH if width is None else width, 1)
    vectors = generator(random_seed(random_state), "xor", "inputs").standard_normal((2**bits, length))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def code_bits(codes: np.ndarray, bits: int) -> np.ndarray:
    """Write codes in binary, int8 of shape (..., bits), the highest bit first.

    >>> code_bits(np.array([1, 2]), 2)
    array([[0, 1],
           [1, 0]], dtype=int8)
    """
    return ((np.asarray(codes)[..., None] >> np.arange(bits)[::-1]) & 1).astype(np.int8)


def names(modalities: object) -> tuple[str, ...]:
    """Return the names of the modalities, the first letters of the alphabet; the last is the parity or the copy."""
    return tuple(ascii_lowercase[: whole_within("modalities", modalities, 3, MOST_MODALITIES)])


def directions(modalities: int, orders: Iterable[int] = (1, 2)) -> list[tuple[tuple[str, ...], str]]:
    """List query and target of all directions whose query is of one of the orders: 1 for 1->1, 2 for 2->1, and so on.

    They come order by order as given, alphabetical within each; an InvalidValue says that an order or the number of
    modalities is out of range.

    >>> [direction_name(*direction) for direction in directions(3)]
    ['a->b', 'a->c', 'b->a', 'b->c', 'c->a', 'c->b', 'ab->c', 'ac->b', 'bc->a']
    """
    everyone = names(modalities)
    sizes = [whole_within("orders", order, 1, len(everyone) - 1) for order in orders]
    return [
        (query, target)
        for size in sizes
        for query in combinations(everyone, size)
        for target in everyone
        if target not in query
    ]


def direction_name(query: Sequence[str], target: str) -> str:
    """Write a direction as text, such as ``"ac->b"``."""
    return f"{''.join(query)}->{target}"


def check_direction(query: Sequence[str], target: str, modalities: int) -> frozenset[str]:
    """Return the modalities of a query, whose order has no meaning, after checking that the direction exists."""
    everyone = names(modalities)
    for name in (*query, target):
        if name not in everyone:
            raise InvalidValue(f"a modality must be one of {', '.join(everyone)}; got {name!r}")
    given = frozenset(query)
    if not given:
        raise InvalidValue("query must name at least one modality; got none")
    if len(given) < len(query):
        raise InvalidValue(f"query must name each modality once; got {', '.join(query)}")
    if target in given:
        raise InvalidValue(f"target must not be in the query; got {target!r} and the query {', '.join(query)}")
    return given


class Law(NamedTuple):
    """The law of the task in numbers.

    `pair` says whether the last modality is the parity of the first two alone; `lost` are the share of the samples
    whose parity a modality that is noise breaks, and of those whose copy it breaks.
    """

    p: float
    bits: int
    modalities: int
    noise: float
    pair: bool
    lost: tuple[float, float]


def law(
    p: object,
    bits: object,
    *,
    modalities: object = 3,
    noise: object = 0.0,
    parity: object = "all",
    unreliable: object = 0.0,
    unreliable_of: object = "all",
) -> Law:
    """Return the task's law as plain Python numbers, checked: the theory has no most bits.

    >>> law(0.5, 2, unreliable=0.3, unreliable_of="bc").lost
    (0.3, 0.15)
    """
    given = {"p": p, "bits": bits, "modalities": modalities, "noise": noise, "unreliable": unreliable}
    own = dials(XorTask)
    known = {name: own[name].checked(name, value) for name, value in given.items()}
    share, everyone = known.pop("unreliable"), names(modalities)
    pair, letters = parity_of(parity, len(everyone)) == "pair", unreliable_letters(unreliable_of, len(everyone))
    ends = {everyone[0], everyone[-1]}
    core = ends | {everyone[1]} if pair else set(everyone)
    in_parity, in_copy = (sum(letter in some for letter in letters) for some in (core, ends))
    return Law(**known, pair=pair, lost=(share * in_parity / len(letters), share * in_copy / len(letters)))


def parity_of(parity: object, modalities: int) -> str:
    """Return of what the last modality may be the parity, checked; with three modalities it is of all the others."""
    if parity not in PARITIES:
        raise InvalidValue(f"parity must be all or pair; got {parity!r}: {nearest(str(parity), PARITIES)}")
    return str(parity) if modalities > 3 else "all"


def unreliable_letters(unreliable_of: object, modalities: int) -> str:
    """Return the letters of the modalities of which one may be noise, in order, checked."""
    everyone = "".join(names(modalities))
    if unreliable_of == "all":
        return everyone
    chosen = set(unreliable_of) if isinstance(unreliable_of, str) else set()
    if not chosen or not chosen <= set(everyone):
        raise InvalidValue(f"unreliable_of must be all, or letters among {everyone}; got {unreliable_of!r}")
    return "".join(sorted(chosen))


def random_seed(random_state: object) -> int:
    """Return a seed: a whole number of at least 0."""
    return whole_within("random_state", random_state, 0)


def whole_within(name: str, value: object, low: int, high: int | None = None) -> int:
    """Return a whole number of at least ``low`` and, if there is one, at most ``high``; a bool is none, nor is 5.0."""
    return int(Dial(int, low=low, high=high).checked(name, value))


def _clean(task: XorTask, gate: np.ndarray, draw: Draw) -> np.ndarray:
    """Codes before observation noise: independent ones, and last the parity or the copy of the first."""
    shift = np.uint64(WORD_BITS - task.bits)
    free = [(draw("code", name)[:, 0] >> shift).astype(np.int64) for name in names(task.modalities)[:-1]]
    parity = np.bitwise_xor.reduce(free if task.parity == "all" else free[:2])
    last = np.where(gate, parity, free[0])
    return np.stack([*free, last], axis=1)


def _with_noise(task: XorTask, clean: np.ndarray, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
    """Replace one modality of a share of the samples, and say which, or -1; int8."""
    letters, drawn = unreliable_letters(task.unreliable_of, task.modalities), draw("unreliable")
    which = (uniform(drawn[:, 1]) * len(letters)).astype(np.int8)
    columns = np.array([names(task.modalities).index(letter) for letter in letters], np.int8)
    replaced = np.where(uniform(drawn[:, 0]) < task.unreliable, columns[which], np.int8(-1))
    code = (drawn[:, 2] >> np.uint64(WORD_BITS - task.bits)).astype(np.int64)
    return np.where(np.arange(task.modalities) == replaced[:, None], code[:, None], clean), replaced


def _flips(task: XorTask, count: int, draw: Draw) -> np.ndarray:
    """One pattern of flipped bits per observed code."""
    flips = np.zeros((count, task.modalities), dtype=np.int64)
    if task.noise == 0:
        return flips
    for column, name in enumerate(names(task.modalities)):
        # Four words per sample and draw: bit b of a code has word b % 4 of block b // 4 to itself.
        for bit in range(task.bits):
            flipped = uniform(draw("noise", name, bit // 4)[:, bit % 4]) < task.noise
            flips[:, column] |= flipped.astype(np.int64) << bit
    return flips
