"""What can be reached at best: from one modality, from pairs, and from everything; and the share that was."""

from __future__ import annotations

from dataclasses import dataclass

from confu_core.errors import InvalidValue

COINCIDE = 1e-9  # Ceilings closer than this leave nothing to be captured.


@dataclass(frozen=True)
class Ceilings:
    """The accuracies that the law of the data allows for one query and target.

    Parameters
    ----------
    single : float
        Of the best guess from any one modality of the query, in [0, 1].
    pairwise : float
        Of the guess by the law that knows all pairs and nothing else, `confu_core.orders.order_law` of order 2.
    bayes : float
        Of the best guess of all; no other ceiling is higher.
    between : tuple of float
        Of the guesses by the laws of order 3, 4, ..., up to one less than there are modalities.

    Raises
    ------
    InvalidValue
        If a ceiling is higher than `bayes`, or outside [0, 1].

    Examples
    --------
    >>> xor = Ceilings(single=0.25, pairwise=0.5, bayes=1.0)
    >>> xor.capture(0.75), xor.fusion_gain_captured(0.625)
    (0.5, 0.5)
    """

    single: float
    pairwise: float
    bayes: float
    between: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        lower = (self.single, self.pairwise, *self.between)
        if not (min(lower) >= 0 and max(lower) <= self.bayes + COINCIDE <= 1 + 2 * COINCIDE):
            raise InvalidValue(
                "ceilings must be in [0, 1] and none above bayes; got "
                f"single {self.single}, pairwise {self.pairwise} and bayes {self.bayes}"
            )

    @property
    def by_order(self) -> dict[int, float]:
        """What tables of 2, 3, ..., and of all modalities allow."""
        return dict(enumerate((self.pairwise, *self.between, self.bayes), start=2))

    def capture(self, accuracy: float | None, order: int = 2) -> float | None:
        """Return the share of what lies beyond an order that was captured: by default, the higher-order capture.

        Parameters
        ----------
        accuracy : float or None
            What was reached.
        order : int
            2 for all beyond pairs, 3 for all beyond triples, and so on.

        Returns
        -------
        float or None
            1 at the Bayes accuracy, 0 at the ceiling of the order, less below it. None where the two coincide, or
            nothing was measured.
        """
        return self._share(accuracy, self.by_order[order])

    def fusion_gain_captured(self, accuracy: float | None) -> float | None:
        """Return the share of what lies beyond the best single modality that was captured; None as in `capture`."""
        return self._share(accuracy, self.single)

    def _share(self, accuracy: float | None, floor: float) -> float | None:
        if accuracy is None or self.bayes - floor <= COINCIDE:
            return None
        return (accuracy - floor) / (self.bayes - floor)


def ceiling_columns(ceilings: Ceilings | None, accuracy: float | None) -> dict[str, float | None]:
    """Return ceilings and captured shares as columns of results.

    Parameters
    ----------
    ceilings : Ceilings or None
        None where they are not known.
    accuracy : float or None
        What was reached.

    Returns
    -------
    dict of str to (float or None)
        By column.

    Examples
    --------
    >>> ceiling_columns(Ceilings(0.5, 0.5, 0.5), 0.5)["higher_order_capture"]
    """
    if ceilings is None:
        return dict.fromkeys(ceiling_columns(Ceilings(0, 0, 0), None))
    return {
        "bayes_accuracy": ceilings.bayes,
        "single_ceiling": ceilings.single,
        "pairwise_ceiling": ceilings.pairwise,
        "higher_order_capture": ceilings.capture(accuracy),
        "fusion_gain_captured": ceilings.fusion_gain_captured(accuracy),
    }
