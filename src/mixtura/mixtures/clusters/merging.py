"""Components of a mixture merged into clusters, two at a time: those first that rows bind together most."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ...distributions.matrices import frozen, frozen_integers
from ...distributions.mixture import Mixture
from ...distributions.passes import Components
from ...engines import Engine, EngineName
from ...errors import EmptyTableError
from ...intake.sources import Source, kept_table
from ...intake.table import Table
from ...typing import Floats, Integers
from ..choice.search import MixtureSearch
from ..em.estimator import MixtureEstimator
from ..em.fitted import mixture_of
from .merge_tree import MergedMixture, MergeTree, check_n_clusters, doubt
from .overlaps import MergedPass, OverlapPass, Overlaps, Responsibilities

# Two clusters stay apart when their doubt, in nats, is below this. It is that of two equal round groups whose centres
# are 4.6 standard deviations apart: of their rows one in a hundred is nearer to the other. docs/decisions/0025 says how
# much depends on it and on what follows.
DECIDED = 0.03

# Where all clusters are in doubt, the last two stay apart when they are bound less than this, and by so much less than
# the parts of either, and the valley between them is deeper by so much.
_LOOSE = 0.1
_LOOSER = 0.8
_DEEPER = 0.02


def merge_components(
    mixture: Mixture | MixtureEstimator[Any, Any] | MixtureSearch,
    X: Source,
    *,
    sample_weight: ArrayLike | None = None,
    n_clusters: int | None = None,
    engine: Engine | EngineName | None = None,
) -> MergeTree:
    """Merge the components of a fitted mixture into clusters, which can then have any shape.

    A mixture needs several components for one group that is not an ellipsoid. The pair that is bound most is merged
    first: the rows between the two are the least decided [1]_, and as dense as the rows on either side. The next pair
    follows, until one cluster is left. The density stays as it is. The result is a tree that can be cut at any number
    of clusters.

    Parameters
    ----------
    mixture : Mixture, GaussianMixture, BayesianGaussianMixture or MixtureSearch
        The mixture; an estimator is fitted already, and may be one of scikit-learn. Choose its number of components for
        the density, by BIC or by variational inference, rather too many than too few. Components of weight zero are
        left out. Noise is not a component, and is never merged.
    X : array-like of shape (n_rows, n_features), or any source of rows
        The table that the entropy is summed over, as a rule the one that was fitted. NaN and null are missing values;
        a row without any value takes no part.
    sample_weight : array-like of shape (n_rows,), optional
        Weight of each row: a row of weight two counts as two equal rows.
    n_clusters : int, optional
        Number of clusters that the methods of the tree take where none is given. Default: clusters are merged while
        rows are in doubt between them by at least 0.03 nats (see `MergeTree.doubt`), or bound so much. Where they are
        in doubt between all, two are left if these are bound less than the parts of either, across a deeper valley;
        else one. `MergeTree.elbow` has the choice of [1]_.
    engine : {'threads', 'dask'} or Engine, optional
        Where the passes run. Default: that of the estimator, else Dask for Dask arrays and frames, else threads.

    Returns
    -------
    MergeTree
        The order of the merges, the entropy for each number of clusters, and methods that assign rows.

    Raises
    ------
    ValueError
        `mixture` is not a mixture, `n_clusters` is not between 1 and the number of components, or every component has
        weight zero.
    DataError
        The table has other columns than the mixture, or no rows that say anything; or the rows of a file, query or Dask
        collection cannot be used, where arrays and frames raise scikit-learn's ValueError.
    NotFittedError
        The estimator is not fitted.

    Notes ----- Between clusters k and l of responsibilities a and b, a row adds a log((a + b) / a) + b log((a + b) / b)
    to what merging them takes from the entropy. That over twice the geometric mean of their rows is the doubt between
    them. The mean log density of the rows of the thinner cluster, less that of the rows in doubt, is the depth of the
    valley between them. They are bound by the doubt times exp(-valley). Two long groups side by side therefore stay
    apart, although the rows are as undecided between them as between the parts of one group.

    One pass over the rows sums that for all pairs; after each merging one more pass sums it for the pairs of the new
    cluster, as no other pair has changed. Only one block of rows a thread is held at a time; files and queries are
    first copied to a temporary binary file. Rows that lack values count for the doubt, not for the valley. No row
    counts as less dense than the contour that holds 99 % of a normal component.

    Some components may not be the most probable one of any row, as a variational fit can leave them. They are merged
    first, each with the cluster that it overlaps most, so that no cluster is without rows.

    The number of clusters that the integrated completed likelihood would choose, another number to cut at in [1]_, is
    that of components in ``MixtureSearch(criterion="icl")``.

    References
    ----------
    .. [1] Baudry, Raftery, Celeux, Lo and Gottardo (2010), "Combining mixture components for clustering", Journal of
       Computational and Graphical Statistics 19.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from sklearn.metrics import adjusted_rand_score
    >>> from mixtura import BayesianGaussianMixture, merge_components
    >>> X, moon = make_moons(1000, noise=0.06, random_state=0)
    >>> bgm = BayesianGaussianMixture(n_components=12, random_state=0, max_iter=500).fit(X)
    >>> tree = merge_components(bgm, X)
    >>> tree.n_clusters
    2
    >>> adjusted_rand_score(moon, tree.predict(X)) > 0.95
    True
    """
    merged = _merged_mixture(mixture)
    if engine is not None:
        merged.engine = engine
    leaves = np.flatnonzero(np.isfinite(merged.components.offsets))
    if not len(leaves):
        raise ValueError("every component of the mixture has weight zero: no components can be merged")
    if n_clusters is not None:
        n_clusters = check_n_clusters(n_clusters, len(leaves))
    with kept_table(merged, X, sample_weight) as table:
        start, steps = _hierarchy(merged.components, leaves, table)
    entropy = start.noise + np.append(0.0, np.cumsum([step.gain[0] for step in reversed(steps)]))
    n_idle = sum(step.idle for step in steps)
    merges = np.array([step.pair for step in steps], dtype=np.int64).reshape(-1, 2)
    counts = np.append(start.counts[:, 0], [step.count[0] for step in steps])
    valley = np.array([step.valley for step in steps])
    return MergeTree(
        n_components=len(merged.components.offsets),
        leaves=frozen_integers(leaves),
        merges=frozen_integers(merges),
        entropy=frozen(entropy),
        counts=frozen(counts),
        valley=frozen(valley),
        n_rows=start.weight,
        n_clusters=_number(doubt(entropy, merges, counts), valley, merges, n_idle)
        if n_clusters is None
        else n_clusters,
        _mixture=merged,
    )


@dataclass(frozen=True)
class _Step:
    """One merging: which clusters, and why.

    `gain` has the three sums of `Overlaps` over what the clusters share, `count` those over the cluster that it makes.
    A step is idle when one of the clusters is the most probable of no row.
    """

    pair: tuple[int, int]
    gain: Floats
    count: Floats
    valley: float
    idle: bool


def _hierarchy(components: Components, leaves: Integers, table: Table) -> tuple[Overlaps, list[_Step]]:
    """Return what the first pass found, and every merging in order."""
    n_leaves = len(leaves)
    responsibilities = Responsibilities.of(components, leaves, table.rows)
    run = OverlapPass(responsibilities, components.noise is not None)
    start = table.fold(run, run.zero)
    if not start.weight > 0:
        raise EmptyTableError("no row of the table has both a weight and a value: give at least one")
    clusters = np.arange(n_leaves)
    counts = list(start.counts)
    gains = dict(zip(combinations(range(n_leaves), 2), start.gains, strict=True))
    steps: list[_Step] = []
    while gains:
        idle = set(clusters.tolist()) - set(clusters[start.claimed > 0].tolist())
        valleys = {pair: _valley(gain, *(counts[k] for k in pair)) for pair, gain in gains.items()}
        bonds = {pair: _log_bond(gain[0], valleys[pair], *(counts[k][0] for k in pair)) for pair, gain in gains.items()}
        # Of equals the first.
        pair = max(gains, key=lambda pair: (not idle.isdisjoint(pair), bonds[pair], -pair[0], -pair[1]))
        made = n_leaves + len(steps)
        clusters = np.where(np.isin(clusters, pair), made, clusters)
        counts.append(start.counts[clusters == made].sum(axis=0))
        steps.append(_Step(pair, gains[pair], counts[made], valleys[pair], not idle.isdisjoint(pair)))
        gains = {other: gain for other, gain in gains.items() if not set(other) & set(pair)}
        others = tuple(cluster for cluster in np.unique(clusters).tolist() if cluster != made)
        if others:
            again = table.fold(MergedPass(responsibilities, clusters, made, others), np.zeros((len(others), 3)))
            gains |= {(other, made): gain for other, gain in zip(others, again, strict=True)}
    return start, steps


def _valley(gain: Floats, one: Floats, other: Floats) -> float:
    """Return by how much rows between two clusters are less dense than those of the thinner one, in nats."""
    sums = np.stack([gain, one, other])
    if not (sums[:, 1] > 0).all():  # no row, or none without missing values
        return 0.0
    between, first, second = sums[:, 2] / sums[:, 1]
    return float(min(first, second) - between)


def _log_bond(gain: float, valley: float, one: float, other: float) -> float:
    """Return the logarithm of the doubt between two clusters, less the depth of the valley."""
    with np.errstate(divide="ignore", invalid="ignore"):
        doubt = np.float64(gain) / (2 * np.sqrt(one * other))
    return float(np.log(doubt) - valley) if doubt > 0 else -np.inf


def _number(doubts: Floats, valleys: Floats, merges: Integers, n_idle: int) -> int:
    """Return the number of clusters before the first step, none of those that are idle, which the rows decide.

    Where there is none, two are left if they hold together less than the parts of either.
    """
    n_steps = len(doubts)
    with np.errstate(divide="ignore"):
        bonds = np.log(doubts) - valleys
    decided = np.flatnonzero((doubts < DECIDED) & (bonds < np.log(DECIDED)))
    decided = decided[decided >= n_idle]
    if len(decided):
        return n_steps + 1 - int(decided[0])
    parts = merges[-1:].ravel() - n_steps - 1  # the steps that made the last two
    if len(parts) and (parts >= n_idle).all():
        apart = valleys[-1] > max(0.0, valleys[parts].max()) + _DEEPER
        if apart and bonds[-1] < min(np.log(_LOOSE), bonds[parts].min() + np.log(_LOOSER)):
            return 2
    return 1


def _merged_mixture(mixture: Any) -> MergedMixture:
    """Return what the tree keeps of a mixture."""
    if isinstance(mixture, Mixture):
        return MergedMixture(mixture.components, mixture.n_features)
    if not hasattr(mixture, "fit"):
        raise ValueError(f"mixture must be a Mixture or a fitted estimator of one, not {type(mixture).__name__}")
    check_is_fitted(mixture)
    names = getattr(mixture, "feature_names_in_", None)
    if isinstance(mixture, (MixtureEstimator, MixtureSearch)):
        fitted = mixture.best_estimator_ if isinstance(mixture, MixtureSearch) else mixture
        return MergedMixture(fitted._model.components, fitted.n_features_in_, names, mixture.engine)
    found = mixture_of(mixture)
    if found is None:
        raise ValueError(
            f"{type(mixture).__name__} has no components to merge: give a Mixture or a fitted estimator of one"
        )
    return MergedMixture(found.components, found.n_features, names)
