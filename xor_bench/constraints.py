"""What the parameters of the XOR task must be, said in the same sentence everywhere."""

from __future__ import annotations

from numbers import Integral, Real

from confu_core.errors import InvalidValue, nearest

__all__ = ["MOST_MODALITIES", "PARITIES", "law", "parity_of", "real_within", "whole_within"]

MOST_MODALITIES = 26  # They are named by the letters of the alphabet.
PARITIES = ("all", "pair")


def real_within(name: str, value: object, low: float, high: float) -> float:
    """Return a real number that lies in a closed interval.

    Parameters
    ----------
    name : str
        What the user calls the parameter.
    value : object
        What the user gave. A bool or a string is no number, and NaN lies in no interval.
    low, high : float
        The ends of the interval, both allowed.

    Returns
    -------
    float
        The value.

    Raises
    ------
    InvalidValue
        If the value is no real number or lies outside.

    Examples
    --------
    >>> real_within("p", 0.3, 0, 1)
    0.3
    """
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else None
    if number is None or not low <= number <= high:
        given = value if number is None else number
        raise InvalidValue(f"{name} must be in [{low:g}, {high:g}]; got {given!r}")
    return number


def whole_within(name: str, value: object, low: int, high: int | None = None) -> int:
    """Return a whole number that is at least ``low`` and, if there is one, at most ``high``.

    Parameters
    ----------
    name : str
        What the user calls the parameter.
    value : object
        What the user gave. A bool is no number here, nor is 5.0.
    low : int
        The least value allowed.
    high : int, optional
        The greatest value allowed; no limit without it.

    Returns
    -------
    int
        The value.

    Raises
    ------
    InvalidValue
        If the value is no whole number or lies outside.

    Examples
    --------
    >>> whole_within("bits", 5, 1)
    5
    """
    number = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else None
    if number is None or number < low or (high is not None and number > high):
        limits = f"of at least {low}" if high is None else f"in [{low}, {high}]"
        given = value if number is None else number
        raise InvalidValue(f"{name} must be a whole number {limits}; got {given!r}")
    return number


def law(p: object, bits: object, modalities: object, noise: object) -> tuple[float, int, int, float]:
    """Return the four parameters of the task's distribution, checked.

    Parameters
    ----------
    p : object
        Probability of the parity, in [0, 1].
    bits : object
        Bits per code, a whole number of at least 1.
    modalities : object
        Number of modalities, a whole number in [3, 26].
    noise : object
        Probability that an observed bit is flipped, in [0, 0.5].

    Returns
    -------
    tuple of (float, int, int, float)
        The same four, as plain Python numbers.

    Raises
    ------
    InvalidValue
        If one of them breaks its constraint.

    Examples
    --------
    >>> law(1, 5, 3, 0)
    (1.0, 5, 3, 0.0)
    """
    return (
        real_within("p", p, 0, 1),
        whole_within("bits", bits, 1),
        whole_within("modalities", modalities, 3, MOST_MODALITIES),
        real_within("noise", noise, 0, 0.5),
    )


def parity_of(parity: object, modalities: int) -> str:
    """Return of what the last modality may be the parity, checked.

    Parameters
    ----------
    parity : object
        ``"all"``: of all the others. ``"pair"``: of the first two; those between the second and the last are then
        independent of everything.
    modalities : int
        How many there are.

    Returns
    -------
    str
        With three modalities both are the same thing, and it is ``"all"``.

    Raises
    ------
    InvalidValue
        If it is neither.

    Examples
    --------
    >>> parity_of("pair", 4), parity_of("pair", 3)
    ('pair', 'all')
    """
    if parity not in PARITIES:
        raise InvalidValue(f"parity must be all or pair; got {parity!r}: {nearest(str(parity), PARITIES)}")
    return str(parity) if modalities > 3 else "all"
