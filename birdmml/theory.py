"""The exact information structure of a design: ceilings, informations and PID atoms of (species, look, song).

Groups share no types, so that each modality tells the group for certain, and everything is a sum over groups: of
accuracies as they are; of informations with the entropy of the group added, which is redundant. All is of the
latents: what pictures and recordings show of them can only be less.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

import numpy as np

from birdmml.design import Design
from confu_core.additive import additive_accuracy
from confu_core.ceilings import COINCIDE
from confu_core.information import Atoms, bayes_accuracy, decompose, entropy, mutual_information, total_correlation
from confu_core.orders import connected_information, law_ceilings

COUNTS = ("species", "visual_types", "song_types")


@dataclass(frozen=True)
class GroupStructure:
    """What is known exactly of one group, or of all together.

    Attributes
    ----------
    species, visual_types, song_types : int
        How many there are.
    probability : float
        Of a sample to be of the group.
    bayes_image, bayes_audio, bayes_both : float
        Bayes accuracy of the species, among those of the group, from the visual type, the song type and both.
    single_ceiling : float
        The better of the two single ones.
    pairwise_ceiling : float
        Accuracy of the guess from both types by the law that knows all pairs of species, visual type and song type,
        and nothing else (`confu_core.orders.order_law`).
    headroom : float
        ``bayes_both`` less the single ceiling: what several modalities add to one.
    higher_order_headroom : float
        ``bayes_both`` less the pairwise ceiling: the part of it that no pairs tell.
    mi_image, mi_audio, mi_both : float
        Information of the species with the visual type, the song type and both, in nats.
    mi_image_audio : float
        Between the two types.
    total_correlation : float
        Of species, visual type and song type, in nats.
    connected_information : dict of int to float
        The part of it that pairs hold, 2, and the part that only all three together hold, 3.
    atoms : Atoms
        The decomposition (BROJA) of ``mi_both``; the first source is the picture.
    """

    species: int
    visual_types: int
    song_types: int
    probability: float
    bayes_image: float
    bayes_audio: float
    bayes_both: float
    single_ceiling: float
    pairwise_ceiling: float
    headroom: float
    higher_order_headroom: float
    mi_image: float
    mi_audio: float
    mi_both: float
    mi_image_audio: float
    total_correlation: float
    connected_information: dict[int, float]
    atoms: Atoms

    def as_dict(self) -> dict[str, Any]:
        """Return all quantities by name, as JSON values."""
        values = asdict(self)
        atoms = values.pop("atoms")
        values["connected_information"] = {str(order): x for order, x in self.connected_information.items()}
        names = {"unique_first": "unique_image", "unique_second": "unique_audio"}
        return {**values, "atoms": {names.get(name, name): value for name, value in atoms.items()}}


@dataclass(frozen=True)
class Structure:
    """The information structure of a design: of all species together, and of each group by itself."""

    overall: GroupStructure
    groups: dict[str, GroupStructure]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        groups = {name: group.as_dict() for name, group in self.groups.items()}
        return {"unit": "nats", "of": "latents", "overall": self.overall.as_dict(), "groups": groups}


@lru_cache(maxsize=8)
def structure(design: Design) -> Structure:
    """Compute the information structure of a design; with noise PID atoms are found by iteration, to about 1e-9 nats.

    >>> from birdmml.placement import make_design
    >>> from birdmml.design import Shares
    >>> vectors = np.arange(4.0)[:, None]
    >>> design = make_design(vectors, vectors, ["a", "b", "c", "d"], shares=Shares(xor=1))
    >>> xor = structure(design).overall
    >>> xor.bayes_image, xor.bayes_audio, xor.bayes_both, round(xor.atoms.synergy, 4)  # ln 4
    (0.25, 0.25, 1.0, 1.3863)
    """
    groups = {group: _group(design.law(group)) for group in design.types}
    return Structure(_together(list(groups.values())), groups)


def additive_ceilings(design: Design) -> dict[str, float | None]:
    """Return the best accuracy of a sum of scores, f(look, species) + g(song, species), in each group and in ``"all"``.

    It lies between the pairwise ceiling and the Bayes accuracy, and no pairwise training reaches it: such a sum has to
    be trained on all modalities together, for the share of right answers (`confu_core.additive.additive_accuracy`). It
    is None where it is not computed: in units of five species unless p is 1, and with noise in groups of more than
    four; and for all where it is None for a group.

    >>> from birdmml.placement import make_design
    >>> from birdmml.design import Shares
    >>> vectors = np.arange(3.0)[:, None]
    >>> design = make_design(vectors, vectors, ["a", "b", "c"], shares=Shares(xor=1))
    >>> round(additive_ceilings(design)["xor"], 4)  # 7 of 9 pairs of look and song
    0.7778
    """
    groups = structure(design).groups
    known: dict[str, float | None] = {}
    for name, group in groups.items():
        law = design.law(name)
        # The guess by the pairs is a sum of scores.
        told = group.higher_order_headroom <= COINCIDE
        known[name] = group.bayes_both if told else additive_accuracy(law / law.sum(), [1, 2], 0)
    found = [value for value in known.values() if value is not None]
    weights = [group.probability for group in groups.values()]
    return {**known, "all": float(np.dot(weights, found)) if len(found) == len(known) else None}


def _accuracies(image: float, audio: float, both: float, pairwise: float) -> dict[str, Any]:
    """Return the accuracies of a structure, and what both types add to one, and to all that pairs tell."""
    single = max(image, audio)
    return {
        "bayes_image": image,
        "bayes_audio": audio,
        "bayes_both": both,
        "single_ceiling": single,
        "pairwise_ceiling": pairwise,
        "headroom": both - single,
        "higher_order_headroom": max(0.0, both - pairwise),
    }


def _group(table: np.ndarray) -> GroupStructure:
    probability = float(table.sum())
    table = table / probability
    image, audio = table.sum(2), table.sum(1)
    known = law_ceilings(table, [1, 2], 0)
    return GroupStructure(
        **dict(zip(COUNTS, table.shape, strict=True)),
        probability=probability,
        **_accuracies(bayes_accuracy(image), bayes_accuracy(audio), known.bayes, known.pairwise),
        mi_image=mutual_information(image),
        mi_audio=mutual_information(audio),
        mi_both=mutual_information(table.reshape(len(table), -1)),
        mi_image_audio=mutual_information(table.sum(0)),
        total_correlation=total_correlation(table),
        connected_information=connected_information(table),
        atoms=decompose(table),
    )


def _together(groups: list[GroupStructure]) -> GroupStructure:
    """Sum groups that every single modality tells apart."""
    weights = np.array([group.probability for group in groups])
    between = entropy(weights)

    def mean(name: str) -> float:
        """Return the mean of a quantity over the groups."""
        return float(weights @ list(map(attrgetter(name), groups)))

    def connected(order: int) -> float:
        """Return the mean of the connected information of an order."""
        return float(weights @ [group.connected_information[order] for group in groups])

    mixed: dict[str, Any] = {
        name: mean(name) + between for name in ("mi_image", "mi_audio", "mi_both", "mi_image_audio")
    }
    redundancy, *others = (mean(f"atoms.{atom.name}") for atom in fields(Atoms))
    return GroupStructure(
        **{name: sum(getattr(group, name) for group in groups) for name in COUNTS},
        probability=1.0,
        **_accuracies(*map(mean, ("bayes_image", "bayes_audio", "bayes_both", "pairwise_ceiling"))),
        **mixed,
        # Each of the three variables tells the group: its entropy is in each, and once in the joint one. Any pair shows
        # that, so all of it is of order 2, and the law that knows the pairs is that of each group in its turn.
        total_correlation=mean("total_correlation") + 2 * between,
        connected_information={2: connected(2) + 2 * between, 3: connected(3)},
        atoms=Atoms(redundancy + between, *others),
    )
