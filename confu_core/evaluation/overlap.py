"""Overlap: which test samples two single queries and their fused query classify correctly."""

from __future__ import annotations

from numpy.typing import ArrayLike

from confu_core.statistics.per_sample import correctness

# The sign of a modality by its name, in lower case.
LETTERS = {
    **dict.fromkeys(("image", "picture", "photo", "vision", "visual", "video"), "V"),
    **dict.fromkeys(("audio", "sound", "song", "speech"), "A"),
    **dict.fromkeys(("caption", "text", "words", "transcript"), "T"),
}


def overlap(first: ArrayLike, second: ArrayLike, fused: ArrayLike, one: str = "A", two: str = "V") -> dict[str, float]:
    """Split test samples by which queries classify them correctly.

    Parameters
    ----------
    first, second, fused : array, shape (n,)
        Whether each sample is correct by either single query and by the fused one: 0 or 1, or in between where
        equal scores were broken at random, independently for each query.
    one, two : str
        Names of the single queries, such as letters of modalities.

    Returns
    -------
    dict of str to float
        Eight shares that add up to 1, in expectation, by `share_names`: of samples that exactly these of the three
        queries get right. ``"AV only"`` is what only the two together tell, ``"A/V"`` what fusion loses.

    Raises
    ------
    InvalidValue
        If the vectors differ in length or hold anything outside [0, 1].

    Examples
    --------
    >>> shares = overlap(first=[1, 0, 1, 0], second=[1, 0, 0, 0], fused=[1, 1, 1, 0])
    >>> {name: share for name, share in shares.items() if share}
    {'AV only': 0.25, 'AV/A': 0.25, 'all': 0.25, 'none': 0.25}
    """
    a, v, f = correctness(first=first, second=second, fused=fused)
    no_a, no_v, no_f = 1 - a, 1 - v, 1 - f
    cases = [(a, no_v, no_f), (no_a, v, no_f), (no_a, no_v, f), (a, v, no_f), (a, no_v, f), (no_a, v, f), (a, v, f)]
    shares = (float((x * y * z).mean()) for x, y, z in [*cases, (no_a, no_v, no_f)])
    return dict(zip(share_names(one, two), shares, strict=True))


def letters_of(first: str, second: str) -> tuple[str, str]:
    """Abbreviate two modalities: V for what is seen, A for what is heard, T for texts; or their names, if that fails.

    Examples
    --------
    >>> letters_of("audio", "image"), letters_of("audio", "lidar"), letters_of("image", "video")
    (('A', 'V'), ('audio', 'lidar'), ('image', 'video'))
    """
    letters = LETTERS.get(first.lower()), LETTERS.get(second.lower())
    return (letters[0], letters[1]) if letters[0] and letters[1] and len(set(letters)) == 2 else (first, second)


def share_names(one: str, two: str) -> list[str]:
    """Return what the shares of an overlap of two single queries are called, in their order.

    Examples
    --------
    >>> share_names("T", "V")
    ['T only', 'V only', 'TV only', 'T/V', 'TV/T', 'TV/V', 'all', 'none']
    """
    both = f"{one}{two}"
    headings = [f"{one} only", f"{two} only", f"{both} only", f"{one}/{two}", f"{both}/{one}", f"{both}/{two}"]
    return [*headings, "all", "none"]
