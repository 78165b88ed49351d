"""How the voters of the ensemble are fitted: draws of members and samples, and what these usually find."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engines import Engine, ThreadEngine
from ...engines.progress import OnProgress, told
from ...engines.threads import available_processors, in_threads
from ...kernels.ensemble import Members, Samples, Units, densities, distances, fit_member, scores
from ...typing import Floats

# Rows of the table that members are drawn from and compared on.
POOL = 8192

# Each member sees so many rows, between these parts of the columns, and at most so many columns.
_ROWS = 512
_PART_OF_COLUMNS = (0.3, 1.0)
_MOST_COLUMNS = 16

# Members have between one and so many components, one as often as the other; two in three have full covariances.
_MOST_COMPONENTS = 6
_KINDS = 3

# A first ensemble, half as large, is fitted to all rows, and its members leave out a larger part of the rows that they
# see, those of lowest density. The part of the rows of the table that this ensemble finds most unusual is not shown to
# the second one, whose members leave out less.
_TRIMMED = (0.25, 0.1)
_HIDDEN = 0.1

# Rows near no other are seen by their distance to the k-th nearest row of a few small samples. In a small sample a
# clump of anomalies is too thin to vouch for its own rows. Members and samples have the same voice.
_SAMPLES = 10
_SAMPLE_ROWS = 256
_NEIGHBORS = 5

# How far apart a member sets the most unusual rows is measured between these quantiles; its square is the weight.
_APART = (50, 99)

# Rows that the variances of the columns count for in each covariance.
_PRIOR_ROWS = 0.5
_ITERATIONS = 15


@dataclass(frozen=True, eq=False)
class Draw:
    """What is drawn for a member before it is fitted."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int32]
    n_components: int
    full: bool
    seed: int


def draws(n_members: int, n_rows: int, columns: NDArray[np.int32], random_state: np.random.RandomState) -> list[Draw]:
    """Return the draws of all members. Columns are dealt like cards, so that all come up equally often."""
    deck: list[int] = []
    drawn = []
    for member in range(n_members):
        part = random_state.uniform(*_PART_OF_COLUMNS)
        width = min(max(round(part * len(columns)), min(len(columns), 2)), _MOST_COLUMNS)
        hand: list[int] = []
        while len(hand) < width:
            if not deck:
                deck = random_state.permutation(columns).tolist()
            take = next((i for i, column in enumerate(deck) if column not in hand), None)
            hand.append(deck.pop(0 if take is None else take))
        drawn.append(
            Draw(
                random_state.choice(n_rows, size=min(_ROWS, n_rows), replace=False),
                np.sort(np.array(hand, np.int32)),
                1 + member % _MOST_COMPONENTS,
                member // _MOST_COMPONENTS % _KINDS > 0,
                int(random_state.randint(2**31 - 1)),
            )
        )
    return drawn


def fit_voters(
    pool: NDArray[Any],
    units: Units,
    variances: Floats,
    n_members: int,
    random_state: np.random.RandomState,
    n_threads: int,
    on_progress: OnProgress | None = None,
) -> tuple[Members, Samples]:
    """Return the members of the second ensemble, and samples, both of rows that the first did not find unusual.

    They see the columns whose scale in `units` is not zero; `variances` are the least of each column.
    """
    changing = np.flatnonzero(units.scale > 0).astype(np.int32)
    if not len(changing):
        return join([]), no_samples(len(units.scale))
    scaled, shown = _scaled(pool, units), np.arange(len(pool))

    def ensemble(size: int, trimmed: float, what: str) -> Members:
        fit_one = _Fit(pool, scaled, units, variances, shown, trimmed)
        fitted = in_threads(fit_one, draws(size, len(shown), changing, random_state), n_threads)
        members = join(told(fitted, on_progress, what, size, "mixtures"))
        return members._replace(weights=members.weights / members.weights.sum())

    first = ensemble((n_members + 1) // 2, _TRIMMED[0], "looking for unusual rows")
    unusual = scores(pool, units, first, no_samples(len(units.scale)))
    order = np.argsort(unusual, kind="stable")
    shown = np.sort(order[: len(pool) - int(_HIDDEN * len(pool))])
    members = ensemble(n_members, _TRIMMED[1], "fitting mixtures")
    return members._replace(weights=members.weights / 2), _samples(pool, scaled[shown], units, random_state)


def no_samples(n_columns: int) -> Samples:
    """Return the samples of a table of which all rows are equal."""
    return Samples(1, np.empty((0, 1, n_columns), np.float32), np.empty(0), np.empty(0), np.empty(0))


def _samples(pool: NDArray[Any], shown: Floats, units: Units, random_state: np.random.RandomState) -> Samples:
    n_rows = min(_SAMPLE_ROWS, len(shown))
    references = np.empty((_SAMPLES, n_rows, shown.shape[1]), np.float32)
    for reference in references:
        reference[:] = shown[random_state.choice(len(shown), n_rows, replace=False)]
    equal = np.full(_SAMPLES, 1 / (2 * _SAMPLES))
    samples = Samples(min(_NEIGHBORS, n_rows - 1), references, np.zeros(_SAMPLES), np.ones(_SAMPLES), equal)
    found = distances(pool, units, samples).astype(np.float64)
    medians, spreads = zip(*(_usual(values) for values in found), strict=True)
    samples = samples._replace(medians=np.array(medians), spreads=np.array(spreads))
    for array in samples[1:]:
        array.setflags(write=False)
    return samples


def _usual(found: Floats) -> tuple[float, float]:
    """Return the median and the spread of what a member or a sample finds of the rows of the pool."""
    low, median, high = np.percentile(found, [25, 50, 75])
    return float(median), float(next((s for s in (high - low, found.std()) if s > _LEAST_SPREAD), 1.0))


def _scaled(pool: NDArray[Any], units: Units) -> Floats:
    """Return the pool in the units of the members, missing values at the centre."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (pool.astype(np.float64) - units.center) * units.scale
    scaled[np.isnan(scaled)] = 0.0
    return np.asarray(np.clip(scaled, -units.limit, units.limit, out=scaled))


@dataclass(frozen=True, eq=False)
class _Fit:
    """Fits a member, and finds out what its log densities in the pool usually are."""

    pool: NDArray[Any]
    scaled: Floats
    units: Units
    variances: Floats
    shown: NDArray[np.int64]
    trimmed: float

    def __call__(self, draw: Draw) -> Members:
        sample = np.ascontiguousarray(self.scaled[np.ix_(self.shown[draw.rows], draw.columns)].T)
        fitted = fit_member(
            sample,
            self.variances[draw.columns],
            draw.n_components,
            full=draw.full,
            trimmed=self.trimmed,
            prior_rows=_PRIOR_ROWS,
            iterations=_ITERATIONS,
            seed=draw.seed,
        )
        shape = np.array([[draw.full, len(draw.columns), draw.n_components]], np.int32)
        member = Members(shape, draw.columns, *fitted, np.zeros(1), np.ones(1), np.ones(1))
        # The kernel puts all columns that it is given into units, and the member sees a few.
        seen = Units(self.units.center[draw.columns], self.units.scale[draw.columns], self.units.limit)
        alone = member._replace(columns=np.arange(len(draw.columns), dtype=np.int32))
        outlyingness = -densities(self.pool[:, draw.columns], seen, alone)[0].astype(np.float64)
        median, spread = _usual(outlyingness)
        near, far = np.percentile(outlyingness, _APART)
        weight = _LEAST_WEIGHT + np.log1p((far - near) / spread) ** 2
        return member._replace(medians=np.array([median]), spreads=np.array([spread]), weights=np.array([weight]))


# Log densities in single precision differ by as much from rounding.
_LEAST_SPREAD = 1e-4

# Where no member sets any row apart, all count alike.
_LEAST_WEIGHT = 1e-6


def join(members: Iterable[Members]) -> Members:
    """Return members one after the other in each array."""
    none = Members(
        np.empty((0, 3), np.int32),
        np.empty(0, np.int32),
        np.empty(0),
        np.empty(0, np.float32),
        np.empty(0, np.float32),
        np.empty(0),
        np.empty(0),
        np.empty(0),
    )
    arrays = [np.concatenate(parts) for parts in zip(none, *members, strict=True)]
    for array in arrays:
        array.setflags(write=False)
    return Members(*arrays)


def threads_of(engine: Engine) -> int:
    """Return how many threads may fit members here."""
    own = engine.n_threads if isinstance(engine, ThreadEngine) else None
    return own or available_processors()
