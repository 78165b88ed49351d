"""Fast-MCD: the h rows whose covariance has the least determinant, from random starts.

A concentration step takes the h rows nearest to the centre of the last ones, in the metric of their covariance, and
never raises the determinant. Starts of p + 1 random rows take two steps each; the ten best go on to the end. In a large
table the starts see groups of 300 rows, the best of each group see the groups together, and only the best of these see
all rows (Rousseeuw and Van Driessen 1999).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...engines.progress import OnProgress, told
from ...engines.threads import available_processors, in_threads
from ...kernels import mcd as kernels
from ...typing import Floats
from .tiles import TiledTable

# The numbers of the paper.
_STARTS = 500
_STEPS = 2
_BEST = 10
_GROUP = 300
_GROUPS = 5
# Groups of very wide tables are larger: fewer rows a column give no covariance to go on with.
_ROWS_A_COLUMN = 5
# Multiply-adds of a search in a table that is not grouped. A small one affords many more starts than the paper's: the
# least determinant is often found from one start in hundreds.
_SMALL_WORK = 60_000_000
# On all rows of a large table, only the best few go on after two steps.
_LAST = 2
# No table takes nearly as many steps.
_MOST_STEPS = 500
# Starts that one thread takes at a time: so many at least, and so many chunks at most. Of each chunk ten are kept.
_CHUNK = 25
_CHUNKS = 20


@dataclass(frozen=True, eq=False)
class Subset:
    """The h rows chosen from a table, in its scaled coordinates.

    Attributes
    ----------
    location : ndarray of shape (n_columns,)
        Their mean.
    covariance : ndarray of shape (n_columns, n_columns)
        Their covariance, with divisor h - 1.
    support : ndarray of shape (n_rows,)
        Which rows they are.
    log_determinant : float
        Logarithm of the determinant of `covariance`.
    n_flat : int
        Number of directions in which they do not vary.
    """

    location: Floats
    covariance: Floats
    support: NDArray[np.bool_]
    log_determinant: float
    n_flat: int


@dataclass(frozen=True, eq=False)
class Candidates:
    """Locations and covariances to go on from, the least determinant first."""

    log_determinants: Floats
    locations: Floats
    covariances: Floats

    def best(self, count: int) -> "Candidates":
        """Return those of the least determinants, no two the same."""
        order = np.argsort(self.log_determinants, kind="stable")
        kept: list[int] = []
        for k in order.tolist():
            if not kept or not _same(self.log_determinants[k], self.log_determinants[kept[-1]]):
                kept.append(k)
            if len(kept) == count:
                break
        return Candidates(self.log_determinants[kept], self.locations[kept], self.covariances[kept])


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-12 * (1 + abs(one))


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Return the candidates of several searches together."""
    return Candidates(
        np.concatenate([part.log_determinants for part in parts]),
        np.concatenate([part.locations for part in parts]),
        np.concatenate([part.covariances for part in parts]),
    )


def fast_mcd(
    table: TiledTable,
    h: int,
    random_state: np.random.RandomState,
    n_threads: int | None = None,
    on_progress: OnProgress | None = None,
) -> Subset:
    """Return the `h` rows of least determinant that random starts find; the same on any number of threads."""
    n_rows = table.n_rows
    if h == n_rows:
        return whole(table)
    threads = n_threads or available_processors()
    size = max(_GROUP, _ROWS_A_COLUMN * table.n_columns)
    if n_rows <= 2 * size:
        work = n_rows * table.n_columns * (table.n_columns + 4)
        n_starts = int(np.clip(_SMALL_WORK // (2 * work), _STARTS, 20 * _STARTS))
        (found,) = search([(table, h)], n_starts, random_state, threads, on_progress)
        return finished(table, h, found, threads, on_progress)
    n_groups = min(_GROUPS, n_rows // size)
    chosen = random_state.permutation(n_rows)[: size * _GROUPS]
    groups = [table.take(rows) for rows in np.array_split(chosen, n_groups)]
    parts = [(group, _part(h, group, table)) for group in groups]
    candidates = joined(search(parts, _STARTS // n_groups, random_state, threads, on_progress))
    if n_rows <= size * _GROUPS:
        candidates = advanced(table, h, candidates, threads, on_progress).best(_BEST)
        return finished(table, h, candidates, threads, on_progress)
    merged = table.take(chosen)
    candidates = advanced(merged, _part(h, merged, table), candidates, threads, on_progress).best(_BEST)
    candidates = advanced(table, h, candidates, threads, on_progress).best(_LAST)
    return finished(table, h, candidates, threads, on_progress)


def whole(table: TiledTable) -> Subset:
    """Return the subset of all rows."""
    support = np.ones(table.n_rows, dtype=bool)
    location, covariance, n_flat = kernels.average(table.tiles, table.n_rows, support, np.zeros(table.n_columns))
    sign, log_determinant = np.linalg.slogdet(covariance)
    return Subset(location, covariance, support, float(log_determinant) if sign > 0 else -np.inf, n_flat)


def search(
    groups: Sequence[tuple[TiledTable, int]],
    n_starts: int,
    random_state: np.random.RandomState,
    n_threads: int,
    on_progress: OnProgress | None,
) -> list[Candidates]:
    """Return, for each group of rows and its h, the ten best that so many random starts have come to in two steps."""
    size = max(_CHUNK, n_starts // _CHUNKS)
    seeds = [random_state.randint(0, 2**63, size=n_starts, dtype=np.uint64) for _ in groups]
    tasks = [(number, first) for number in range(len(groups)) for first in range(0, n_starts, size)]

    def one(task: tuple[int, int]) -> Candidates:
        number, first = task
        table, h = groups[number]
        chunk = seeds[number][first : first + size]
        return Candidates(*kernels.search(table.tiles, table.n_rows, h, chunk, _STEPS)).best(_BEST)

    done = told(in_threads(one, tasks, n_threads), on_progress, "trying starts", len(tasks), "groups of starts")
    found = list(zip(tasks, done, strict=True))
    return [joined([best for (of, _), best in found if of == number]).best(_BEST) for number in range(len(groups))]


def advanced(
    table: TiledTable, h: int, candidates: Candidates, n_threads: int, on_progress: OnProgress | None
) -> Candidates:
    """Return candidates after two more steps, on the rows of this table."""
    subsets = _concentrated(table, h, _STEPS, candidates, n_threads, on_progress)
    return Candidates(
        np.array([subset.log_determinant for subset in subsets]),
        np.stack([subset.location for subset in subsets]),
        np.stack([subset.covariance for subset in subsets]),
    )


def finished(
    table: TiledTable, h: int, candidates: Candidates, n_threads: int, on_progress: OnProgress | None
) -> Subset:
    """Return the best subset that steps from the candidates end at."""
    subsets = _concentrated(table, h, _MOST_STEPS, candidates, n_threads, on_progress)
    return min(subsets, key=lambda subset: subset.log_determinant)


def _concentrated(
    table: TiledTable, h: int, steps: int, candidates: Candidates, n_threads: int, on_progress: OnProgress | None
) -> list[Subset]:
    count = len(candidates.locations)
    subsets = in_threads(partial(_run, table, h, steps, candidates), range(count), n_threads)
    return list(told(subsets, on_progress, "concentrating", count, "starts"))


def _run(table: TiledTable, h: int, steps: int, candidates: Candidates, k: int) -> Subset:
    location, covariance = candidates.locations[k].copy(), candidates.covariances[k].copy()
    support = np.empty(table.n_rows, dtype=np.uint8)
    log_determinant, n_flat = kernels.concentrate(table.tiles, table.n_rows, h, steps, location, covariance, support)
    return Subset(location, covariance, support.view(bool), log_determinant, n_flat)


def _part(h: int, part: TiledTable, table: TiledTable) -> int:
    """Return the number of rows of a part that stands for `h` of the table."""
    return min(max(-(-part.n_rows * h // table.n_rows), 1), part.n_rows)
