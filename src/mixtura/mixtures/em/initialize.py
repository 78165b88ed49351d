"""Where EM starts: mixtures estimated from a first division of a bounded sample of the rows."""

from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from ...distributions.covariance import Covariance
from ...distributions.levels import LevelColumns, Levels
from ...distributions.mixture import Mixture
from ...intake.sample import Sample
from ...statistics.moments import Moments
from ...typing import Floats
from .k_means import k_means, k_means_plus_plus
from .updates import M, Update

Method = Literal["kmeans", "k-means++", "random", "random_from_data"]

# Distances to neighbours are taken between about this many rows: enough to tell a group from scattered rows in a tenth
# of a second. The tenth neighbour is near in a group of a dozen rows, and far for a pair of outliers.
_NEIGHBOR_ROWS = 2**12
_NEIGHBORS = 10


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
        shares[np.arange(len(X)), k_means(X, sample.weights, n_components, random_state)] = 1
        return shares
    if method == "k-means++":
        chosen = k_means_plus_plus(X, sample.weights, n_components, random_state)
    else:
        # A row of weight two is as likely as either of two equal rows.
        equal = (sample.weights == sample.weights[0]).all()
        chances = None if equal else sample.weights / sample.weights.sum()
        chosen = random_state.choice(len(X), size=n_components, replace=False, p=chances)
    shares[chosen, np.arange(n_components)] = (
        1 / sample.weights[chosen]
    )  # one of the equal rows that a weight stands for
    return shares


def coordinates(sample: Sample, levels: LevelColumns) -> Sample:
    """Return a sample with categories as numbers that distances can be taken of.

    Numbers and counts are standardised. A category becomes a column for each level, with a variance of one in all.
    """
    standardized = sample.standardized().X
    numbers = standardized[:, levels.numbers(sample.X.shape[1])]
    indicators = levels.indicators(sample.observed)
    shares = sample.weights @ indicators / sample.weights.sum()
    parts = [numbers]
    for column, place in zip(levels.columns, levels.slices, strict=True):
        if column in levels.counts:
            parts.append(standardized[:, [column]])
            continue
        spread = float(shares[place] @ (1 - shares[place]))
        parts.append(indicators[:, place] / np.sqrt(spread if spread > 0 else 1.0))
    return replace(sample, X=np.hstack(parts), missing=None)


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
    layout = update.levels
    X = sample.X.astype(np.float64)
    X = X if layout is None else X[:, layout.numbers(X.shape[1])]
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
        levels=None if layout is None else weighted.T @ layout.indicators(sample.observed),
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
    return Mixture(weights, means, covariance, start.degrees_of_freedom, start.noise, start.levels)


def split_widest(mixture: Mixture, n_components: int) -> Mixture:
    """Return a mixture with more components: the one that spreads the most, by its weight, is split until they do.

    The halves lie half a standard deviation to either side of the middle, along the longest axis. Without numbers the
    heaviest is split, and its halves tell neighbouring levels apart.
    """
    if not mixture.means.shape[1] and mixture.levels is not None:
        return _split_levels(mixture, mixture.levels, n_components)
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
    levels = None if mixture.levels is None else mixture.levels.repeat(parents)
    return Mixture(weights, means, mixture.covariance.repeat(parents), degrees, mixture.noise, levels)


def _split_levels(mixture: Mixture, levels: Levels, n_components: int) -> Mixture:
    """Return a mixture of categories alone with more components."""
    weights, parents = mixture.weights, np.arange(mixture.n_components)
    tilts = np.zeros(len(weights))
    while len(weights) < n_components:
        heaviest = int(np.argmax(weights))
        weights = np.append(weights, weights[heaviest] / 2)
        weights[heaviest] /= 2
        parents, tilts = np.append(parents, parents[heaviest]), np.append(tilts, 0.5)
        tilts[heaviest] -= 0.5
    means = np.empty((n_components, 0))
    covariance = mixture.covariance.repeat(parents)
    return Mixture(weights, means, covariance, None, mixture.noise, levels.repeat(parents).tilted(tilts))


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
