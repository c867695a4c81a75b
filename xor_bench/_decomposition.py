"""The partial information decomposition of one modality over the other two."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from confu_core.errors import InvalidValue
from xor_bench._information import information
from xor_bench.modalities import names

__all__ = ["Decomposition", "decomposition"]


@dataclass(frozen=True)
class Decomposition:
    """The atoms of I(target; sources), in nats.

    Attributes
    ----------
    target : str
        The modality explained.
    sources : tuple of (str, str)
        The other two.
    redundancy : float
        What either source tells alone.
    unique : dict of str to float
        By source, what it tells and the other does not.
    synergy : float
        What only both together tell.
    """

    target: str
    sources: tuple[str, str]
    redundancy: float
    unique: dict[str, float]
    synergy: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name.

        Returns
        -------
        dict
            Atoms in nats; ``unique`` is a dict of its own.

        Examples
        --------
        >>> decomposition(0, 5, "b").as_dict()["unique"]
        {'a': 0.0, 'c': 0.0}
        """
        return asdict(self)


def decomposition(p: float, bits: int, target: str, *, modalities: int = 3, noise: float = 0.0) -> Decomposition:
    """Return the partial information decomposition of a modality over the other two.

    Which decomposition? It does not matter here. For each target at least one source has no information about it, so a
    redundancy that is non-negative and at most each source's own information is 0, and the lattice fixes the other
    atoms: unique information is the source's mutual information, and synergy is what is left. This holds for I_min of
    Williams and Beer [1]_, for BROJA [2]_ and for every other measure with these two properties.

    Parameters
    ----------
    p : float
        Probability that c is the parity of a and b and not a copy of a, in [0, 1].
    bits : int
        Bits per code, at least 1.
    target : str
        ``"a"``, ``"b"`` or ``"c"``.
    modalities : int
        Must be 3: with more sources the lattice has atoms that these properties leave open.
    noise : float
        Probability that an observed bit is flipped, in [0, 0.5].

    Returns
    -------
    Decomposition
        Atoms in nats; their sum is I(target; sources).

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint.

    References
    ----------
    .. [1] Williams, Beer: Nonnegative decomposition of multivariate information, 2010. arXiv:1004.2515
    .. [2] Bertschinger, Rauh, Olbrich, Jost, Ay: Quantifying unique information, Entropy 16, 2014. arXiv:1401.2764

    Examples
    --------
    >>> atoms = decomposition(1, 1, "b")
    >>> atoms.sources, atoms.redundancy, round(atoms.synergy, 4)
    (('a', 'c'), 0.0, 0.6931)
    """
    quantities = information(p, bits, modalities=modalities, noise=noise)
    if modalities != 3:
        raise InvalidValue(f"modalities must be 3 for a decomposition over two sources; got {modalities}")
    everyone = names(modalities)
    if target not in everyone:
        raise InvalidValue(f"target must be one of {', '.join(everyone)}; got {target!r}")
    first, second = (name for name in everyone if name != target)
    pairs = {"ac": quantities.mi_ac, "ca": quantities.mi_ac}
    return Decomposition(
        target=target,
        sources=(first, second),
        redundancy=0.0,
        unique={source: pairs.get(source + target, 0.0) for source in (first, second)},
        synergy=quantities.mi_bc_given_a,
    )
