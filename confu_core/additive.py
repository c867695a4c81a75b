"""What a sum of pair scores can be right about at best, once somebody trains it on all variables together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.random import generator

# Laws that are solved in about a second: of so many combinations of query and target, or of any if so few occur.
MOST_CHOICES, MOST_CELLS = 64, 25
MOST_ORDERED = 22  # Values of two variables together, of which every subset is gone through for a target of two values.
TRIES = 3  # Conflicts are looked for this often in each choice of cells, among other cells every time.
WHOLE = 1e4  # What a law adds up to in a program, whose solver is content with 1e-6.
ABSENT = 1e-9  # Weight in a conflict below which a cell is not part of it.


def additive_accuracy(law: np.ndarray, query: Sequence[int], target: int) -> float | None:
    """Return the best accuracy of a sum of pair scores: one table per query variable and target, added up.

    It is no ceiling of what pairs tell, but of what scores made of pairs can be right about once somebody trains
    them on all variables together for the share of right answers. Contrastive training does not: the best InfoNCE
    loss of such a score is that of the pairs, and so is its guess. Parts of a law that share no value of any
    variable, such as units of species, are solved one by one.

    Parameters
    ----------
    law : ndarray, one axis per variable
        Joint probabilities that add up to 1.
    query : sequence of int
        Axes that are given.
    target : int
        Axis that is guessed.

    Returns
    -------
    float or None
        None where a part has more than 64 combinations of query and target, and more than 25 that occur, unless it is
        one of two targets and two query variables of at most 22 values together.

    Raises
    ------
    InvalidValue
        If a program is not solved.

    Notes
    -----
    Which combinations the scores are right in is found by a program in zeros and ones; whether there are scores that
    are right in all of them, by a linear program. If there are none, Farkas' lemma names some that exclude each
    other, the first program is told, and solved again (combinatorial Benders cuts [1]_).

    References
    ----------
    .. [1] Codato, Fischetti: Combinatorial Benders' cuts for mixed-integer linear programming, Operations Research 54,
       2006.

    Examples
    --------
    >>> xor = np.array([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]])
    >>> additive_accuracy(xor, [0, 2], 1)
    0.75
    """
    others = tuple(axis for axis in range(law.ndim) if axis not in (*query, target))
    table = np.moveaxis(law.sum(others), sorted((*query, target)).index(target), 0)
    parts = _parts(table)
    solvers = [solve for part in parts if (solve := _solver(part)) is not None]
    if len(solvers) < len(parts):
        return None
    # Parts of equal laws are solved once.
    laws = [part / part.sum() for part in parts]
    known = [solve(law.shape, law.round(15).tobytes()) for solve, law in zip(solvers, laws, strict=True)]
    return float(sum(part.sum() * accuracy for part, accuracy in zip(parts, known, strict=True)))


def _solver(part: np.ndarray) -> Callable[[tuple[int, ...], bytes], float] | None:
    """Return what solves a law of this size; None where nothing does."""
    if part.size <= MOST_CHOICES or np.count_nonzero(part) <= MOST_CELLS:
        return _solved
    return _ordered if part.ndim == 3 and len(part) == 2 and sum(part.shape[1:]) <= MOST_ORDERED else None


def _parts(table: np.ndarray) -> list[np.ndarray]:
    """Cut a law where no value of any variable occurs on both sides."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.cumsum(table.shape)
    met = np.argwhere(table > 0) + ends - table.shape  # Each value of each variable has a number of its own.
    first, second = np.repeat(met[:, 0], table.ndim), met.ravel()
    _, label = connected_components(coo_array((np.ones(len(first)), (first, second)), shape=(ends[-1], ends[-1])))
    by_axis = np.split(label, ends[:-1])
    return [table[np.ix_(*(of_value == part for of_value in by_axis))] for part in np.unique(label[met[:, 0]])]


@lru_cache(maxsize=1024)
def _solved(shape: tuple[int, ...], content: bytes) -> float:
    """Return the best accuracy of a sum of scores under a law of this shape, (targets, first query, ...)."""
    table = np.frombuffer(content).reshape(shape)
    cells, worth = np.argwhere(table > 0), table[table > 0]
    leads, cell_of = _leads(cells, shape)
    images = _images(table, cells)
    answers = [np.flatnonzero((cells[:, 1:] == query).all(1)) for query in np.unique(cells[:, 1:], axis=0)]
    # Cells, and how many of them can be won: one answer to a question.
    rules = {tuple(rivals.tolist()): 1 for rivals in answers if len(rivals) > 1}
    source = generator(0, "additive")
    while True:
        chosen = _chosen(worth, rules)
        known = len(rules)
        for _ in range(TRIES):
            left = chosen.copy()
            while (conflict := _conflict(leads, cell_of, left, source)) is not None:
                # What looks the same has the same conflicts.
                rules |= {tuple(sorted(image[conflict].tolist())): len(conflict) - 1 for image in images}
                left[conflict] = False
            if len(rules) == known:
                return float(worth[chosen].sum())


@lru_cache(maxsize=64)
def _ordered(shape: tuple[int, ...], content: bytes) -> float:
    """Return the best accuracy where the second of two targets is taken at each cell whose row comes after its column.

    Entry [columns, rows] of the table that is filled is the most that these rows, as bits, can be worth where they and
    these columns come first.
    """
    first, second = np.frombuffer(content).reshape(shape)
    height, width = first.shape
    best = np.full((1 << width, 1 << height), -np.inf)
    best[0, 0] = 0
    for columns, worth in enumerate(best):
        before = (columns >> np.arange(width) & 1).astype(bool)
        for column in np.flatnonzero(before):
            np.maximum(worth, best[columns ^ 1 << column], out=worth)
        for row, gain in enumerate(np.where(before, second, first).sum(1)):
            without, with_row = worth.reshape(-1, 2, 1 << row).swapaxes(0, 1)
            np.maximum(with_row, without + gain, out=with_row)
    return float(best[-1, -1])


def _images(table: np.ndarray, cells: np.ndarray) -> list[np.ndarray]:
    """Return where cells come to lie when values are shifted round, for every shift that leaves the law as it is."""
    number = np.zeros(table.shape, dtype=int)
    number[tuple(cells.T)] = np.arange(len(cells))
    shifts = [shift for shift in np.ndindex(table.shape) if (np.roll(table, shift, range(table.ndim)) == table).all()]
    return [number[tuple(((cells + shift) % table.shape).T)] for shift in shifts]


def _leads(cells: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the signs of the scores in the lead of each cell's target over each other one, and the cell of each lead.

    Shapes (leads, scores) and (leads,). Ties need no leads: scores that are changed a little in the better direction
    win no less than a fair draw does.
    """
    targets, *sizes = shape
    starts = np.cumsum([0, *sizes])
    rows, cell_of = [], []
    for at, (target, *given) in enumerate(cells.tolist()):
        for other in (*range(target), *range(target + 1, targets)):
            row = np.zeros((starts[-1], targets))
            row[starts[:-1] + given, target], row[starts[:-1] + given, other] = 1, -1
            rows.append(row.ravel())
            cell_of.append(at)
    return np.array(rows), np.array(cell_of, dtype=int)


def _chosen(worth: np.ndarray, rules: Mapping[tuple[int, ...], int]) -> np.ndarray:
    """Choose the cells that are worth most, of which so many at most are among those of each rule; a mask."""
    # In zeros and ones alone: programs with scores beside them make HiGHS print to stdout, where results go.
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix = np.zeros((len(rules), len(worth)))
    for row, cells in zip(matrix, rules, strict=True):
        row[list(cells)] = 1
    found = milp(
        -WHOLE * worth,
        constraints=LinearConstraint(matrix, ub=list(rules.values())) if rules else None,
        bounds=Bounds(0, 1),
        integrality=np.ones(len(worth)),
        options={"mip_rel_gap": 0.0},
    )
    if found.status != 0:
        raise InvalidValue(f"the best additive score is not found: {found.message}")
    return np.asarray(found.x > 0.5)


def _conflict(
    leads: np.ndarray, cell_of: np.ndarray, chosen: np.ndarray, source: np.random.Generator
) -> np.ndarray | None:
    """Return chosen cells that no scores can all be right in, a few of them; None where some scores can."""
    from scipy.optimize import linprog

    rows = chosen[cell_of]
    if not rows.any():
        return None
    # Leads that add up to nothing with weights of at least 0 cannot all be above 0.
    system = np.vstack([leads[rows].T, np.ones(rows.sum())])
    found = linprog(
        1 + source.random(rows.sum()),  # Which of many conflicts is left to chance.
        A_eq=system,
        b_eq=np.r_[np.zeros(len(system) - 1), 1],
        method="highs-ds",
        options={"presolve": False},
    )
    if found.status == 2:
        return None
    if found.status != 0:
        raise InvalidValue(f"the best additive score is not found: {found.message}")
    return np.unique(cell_of[rows][found.x > ABSENT])
