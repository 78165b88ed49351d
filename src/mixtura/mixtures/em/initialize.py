"""Where EM starts: mixtures estimated from a first division of a bounded sample of the rows."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.random import sample_without_replacement

from ...distributions.covariance import Covariance
from ...distributions.matrices import Floats
from ...distributions.mixture import Mixture
from ...engines import Engine
from ...engines.single import single_thread
from ...errors import EmptyTableError
from ...intake.counted import CountedRows, counted_rows
from ...rows import ArrayRows, Block, Rows
from ...rows.columns import Missing
from ...statistics.columns import ColumnMoments, column_moments
from ...statistics.moments import Moments
from .updates import M, Update

Method = Literal["kmeans", "k-means++", "random", "random_from_data"]

# Enough rows to place hundreds of centres, few enough that k-means on them takes well under a second.
SAMPLE_ROWS = 2**14

# Distances to neighbours are taken between about this many rows: enough to tell a group from scattered rows in a tenth
# of a second. The tenth neighbour is near in a group of a dozen rows, and far for a pair of outliers.
_NEIGHBOR_ROWS = 2**12
_NEIGHBORS = 10


@dataclass(frozen=True)
class Sample:
    """A bounded part of the rows.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features), float32 or float64
        The rows, in the order of the table; missing values are filled with the means of their columns.
    weights : ndarray of shape (n_rows,)
        Their weights.
    whole : bool
        Whether these are all rows of the table that count.
    missing : ndarray of shape (n_rows, n_features), bool, or None
        Which values are missing; None when none is.
    """

    X: NDArray[Any]
    weights: Floats
    whole: bool = True
    missing: NDArray[np.bool_] | None = None

    @property
    def observed(self) -> NDArray[Any]:
        """The rows, NaN where a value is missing."""
        return self.X if self.missing is None else np.where(self.missing, np.array(np.nan, self.X.dtype), self.X)

    @property
    def rows(self) -> Rows:
        """The sample as a table."""
        missing: Missing = "error" if self.missing is None else "allow"
        return ArrayRows(self.observed, sample_weight=self.weights, checked=True, missing=missing)

    def standardized(self) -> "Sample":
        """Return the sample with columns of mean zero and standard deviation one, where they are not constant."""
        X = self.X.astype(np.float64)
        mean = np.average(X, axis=0, weights=self.weights)
        deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=self.weights))
        return Sample((X - mean) / np.where(deviation > 0, deviation, 1.0), self.weights, self.whole)

    def take(self, positions: NDArray[np.int64]) -> "Sample":
        """Return some of the rows."""
        missing = None if self.missing is None else self.missing[positions]
        return Sample(self.X[positions], self.weights[positions], whole=False, missing=missing)


@dataclass(frozen=True)
class _Take:
    """Picks rows by their numbers among those that count, which are in increasing order."""

    counted: CountedRows
    numbers: NDArray[np.int64]

    def __call__(self, block: Block) -> tuple[NDArray[Any], Floats]:
        index = self.counted.take(block, self.numbers)
        weights = np.ones(len(index)) if block.weights is None else block.weights[index]
        return np.array(block.values[index]), weights


def take_sample(
    rows: Rows, engine: Engine, random_state: np.random.RandomState, n_components: int, max_rows: int = SAMPLE_ROWS
) -> Sample:
    """Return all rows that count when there are few, else a random sample of them without replacement.

    The sample holds at least 50 rows a component, so that many components still find rows to start from. Rows of weight
    zero or without any value are left out before any are drawn, as if they were not in the table.
    """
    if rows.n_rows is None:
        raise ValueError("a sample can be taken only from rows whose number is known: spool them first")
    counted = counted_rows(rows, engine)
    if counted.n_rows < n_components:
        value, remedy = (" and some value", " and missing values") if rows.has_missing else ("", "")
        raise EmptyTableError(
            f"{n_components} components start from as many rows of positive weight, and {counted.n_rows} of "
            f"{rows.n_rows} have one{value}: use fewer components, or check sample_weight{remedy}"
        )
    size = min(counted.n_rows, max(max_rows, 50 * n_components))
    numbers = (
        np.arange(size)
        if size == counted.n_rows
        else np.sort(sample_without_replacement(counted.n_rows, size, random_state=random_state))
    )
    parts = list(engine.map(rows, _Take(counted, numbers)))
    X, weights = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    missing = np.isnan(X) if rows.has_missing else None
    if missing is not None:
        X = np.where(missing, _middle(X, rows, engine), X)
    return Sample(X, weights, size == counted.n_rows, missing)


def _middle(X: NDArray[Any], rows: Rows, engine: Engine) -> NDArray[Any]:
    """Return the means of the columns of a sample; of the whole table where one has no value in the sample."""
    columns = column_moments(Block(X, None, 0))
    if not (columns.weights > 0).all():
        columns = engine.fold(rows, column_moments, ColumnMoments.zero(rows.n_columns))
    return columns.means.astype(X.dtype)


def divide(sample: Sample, n_components: int, method: Method, random_state: np.random.RandomState) -> Floats:
    """Return responsibilities of a sample's rows to start from, shape (n_rows, n_components).

    The methods are scikit-learn's, and draw the same random numbers: ``kmeans`` gives each row to its k-means cluster,
    ``k-means++`` and ``random_from_data`` give each component one row, ``random`` draws responsibilities.
    """
    X = sample.X
    shares = np.zeros((len(X), n_components))
    if method == "random":
        shares = random_state.uniform(size=shares.shape)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
    if method == "kmeans":
        # On one thread k-means adds in one order, and the same seed gives the same clusters on any machine.
        with single_thread():
            labels = (
                KMeans(n_components, n_init=1, random_state=random_state)
                .fit(np.ascontiguousarray(X), sample_weight=sample.weights)
                .labels_
            )
        shares[np.arange(len(X)), labels] = 1
        return shares
    if method == "k-means++":
        _, chosen = kmeans_plusplus(X, n_components, sample_weight=sample.weights, random_state=random_state)
    else:
        # A row of weight two is as likely as either of two equal rows.
        equal = (sample.weights == sample.weights[0]).all()
        chances = None if equal else sample.weights / sample.weights.sum()
        chosen = random_state.choice(len(X), size=n_components, replace=False, p=chances)
    shares[chosen, np.arange(n_components)] = (
        1 / sample.weights[chosen]
    )  # one of the equal rows that a weight stands for
    return shares


def densest(sample: Sample, share: float) -> NDArray[np.int64]:
    """Return the positions of a share of the rows: those nearest to their neighbours, in the order of the table.

    Rows far from all others, which would draw a k-means cluster to themselves, are left out (Byers and Raftery 1998,
    "Nearest-neighbor clutter removal for estimating features in spatial point processes", Journal of the American
    Statistical Association 93).
    """
    rows = len(sample.X)
    candidates = np.arange(rows)[:: max(rows // _NEIGHBOR_ROWS, 1)]
    X = sample.X[candidates]
    distances = _distances(X.tobytes(), X.shape, X.dtype.str)
    nearest = np.argsort(distances, kind="stable")[: max(int(np.ceil(share * len(X))), 1)]
    return candidates[np.sort(nearest)]


@lru_cache(maxsize=1)  # every fit of a search asks the same
def _distances(values: bytes, shape: tuple[int, int], dtype: str) -> Floats:
    """Return how far the neighbours of each row are."""
    X = np.frombuffer(values, dtype).reshape(shape)
    distances, _ = NearestNeighbors(n_neighbors=min(_NEIGHBORS, len(X) - 1)).fit(X).kneighbors()
    return np.asarray(distances[:, -1])


def model_of(sample: Sample, shares: Floats, update: Update[M]) -> M:
    """Return the model that an update rule makes of the shares of a sample's rows.

    A component without rows, as k-means leaves when there are fewer distinct rows than clusters, lies in the middle.
    """
    X = sample.X.astype(np.float64)
    weighted = shares * sample.weights[:, None]
    counts = weighted.sum(axis=0)
    middle = np.average(X, axis=0, weights=sample.weights)
    means = np.where(counts[:, None] > 0, weighted.T @ X, middle) / np.where(counts > 0, counts, 1.0)[:, None]
    moments = Moments(
        means,
        float(sample.weights.sum()),
        0.0,
        counts,
        np.zeros_like(means),
        update.shape.scatter(X, weighted, means),
    )
    return update(moments)


def given_or(
    start: Mixture, shape: type[Covariance], weights: Floats | None, means: Floats | None, precisions: Floats | None
) -> Mixture:
    """Return `start` with the parameters given in place of its own."""
    share = start.weights.sum()
    weights = start.weights if weights is None else share * weights / weights.sum()
    means = start.means if means is None else means
    covariance = start.covariance if precisions is None else shape.from_precisions(precisions, *means.shape)
    return Mixture(weights, means, covariance, start.degrees_of_freedom, start.noise)


def split_widest(mixture: Mixture, n_components: int) -> Mixture:
    """Return a mixture with more components: the one that spreads the most, by its weight, is split until they do.

    The halves lie half a standard deviation to either side of the middle, along the longest axis.
    """
    weights, means = mixture.weights, mixture.means
    dense = mixture.covariance.dense
    parents = np.arange(len(weights))
    while len(weights) < n_components:
        variances, axes = np.linalg.eigh(dense[parents])
        widest = int(np.argmax(weights * np.sqrt(variances[:, -1])))
        step = np.sqrt(variances[widest, -1]) / 2 * axes[widest, :, -1]
        step = step if step[np.argmax(np.abs(step))] > 0 else -step
        weights = np.append(weights, weights[widest] / 2)
        weights[widest] /= 2
        means = np.vstack([means, means[widest] + step])
        means[widest] -= step
        parents = np.append(parents, parents[widest])
    degrees = None if mixture.degrees_of_freedom is None else mixture.degrees_of_freedom[parents]
    return Mixture(weights, means, mixture.covariance.repeat(parents), degrees, mixture.noise)


def merge_closest(mixture: Mixture, n_components: int, sample: Sample, update: Update[Mixture]) -> list[Mixture]:
    """Return mixtures with fewer components: the pairs that overlap the most are merged until there are that many.

    The last merge is done in two ways, with the closest pair and with the next. Two components overlap by the cosine
    between their responsibilities for the rows of a sample (Ueda, Nakano, Ghahramani and Hinton 2000, "SMEM algorithm
    for mixture models"); one that has lost its rows overlaps with every other.
    """
    shares = mixture.responsibilities(sample.observed)
    while shares.shape[1] > n_components + 1:
        shares = _joined(shares, *_closest(shares, sample.weights)[0])
    closest = _closest(shares, sample.weights)[:2]
    return [model_of(sample, _joined(shares, *pair), update) for pair in closest]


def _closest(shares: Floats, weights: Floats) -> list[tuple[int, int]]:
    """Return the pairs of components, those that overlap the most first."""
    products = shares.T @ (weights[:, None] * shares)
    norms = np.sqrt(np.outer(np.diagonal(products), np.diagonal(products)))
    cosines = np.divide(products, norms, out=np.ones_like(products), where=norms > 0)
    pairs = combinations(range(len(cosines)), 2)
    return sorted(pairs, key=lambda pair: float(cosines[pair]), reverse=True)


def _joined(shares: Floats, first: int, second: int) -> Floats:
    joined = np.delete(shares, second, axis=1)
    joined[:, first] += shares[:, second]
    return joined
