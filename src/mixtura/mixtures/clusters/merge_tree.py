"""`MergeTree`: which components of a mixture make which clusters, for any number of clusters."""

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ...distributions.missing import ObservedPasses
from ...distributions.passes import Components, Passes
from ...engines import Engine, EngineName
from ...intake.sources import Source, scoring_table
from ...rows import Block
from ...typing import Floats, Integers
from ..em.expectation import passes_for


class MergedMixture(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What a tree keeps of a mixture: what passes read, and the columns that further tables are compared with.

    Errors of scikit-learn name it, and read the attributes that end in an underscore.
    """

    def __init__(
        self,
        components: Components,
        n_features: int,
        names: NDArray[Any] | None = None,
        engine: Engine | EngineName | None = None,
    ) -> None:
        self.components = components
        self.engine = engine
        self.n_features_in_ = n_features
        if names is not None:
            self.feature_names_in_ = names


@dataclass(frozen=True, eq=False)
class MergeTree:
    """Components of a mixture merged into clusters, two at a time: what `merge_components` returns.

    Where a method takes `n_clusters`, it is that of the tree if none is given. Clusters are numbered from 0 by the
    first of their components.

    Attributes
    ----------
    n_components : int
        Number of components of the mixture.
    leaves : ndarray of shape (n_leaves,)
        The components that were merged: those of positive weight.
    merges : ndarray of shape (n_leaves - 1, 2)
        The pair that each step merges, as scikit-learn's ``children_``: numbers below n_leaves are positions in
        `leaves`, and n_leaves + i is what step i made.
    entropy : ndarray of shape (n_leaves,)
        Entropy of the soft assignment of the rows to 1, 2, …, n_leaves clusters, in nats, summed over the rows. With
        noise it counts the doubt between noise and clusters too, which no merging changes.
    counts : ndarray of shape (2 * n_leaves - 1,)
        Expected number of rows of each leaf, then of what each step made.
    valley : ndarray of shape (n_leaves - 1,)
        How much less dense the rows between the two clusters of each step lie than those of the thinner one, in nats:
        the mean log density of its rows less that of the rows in doubt, each by its share in it.
    n_rows : float
        Sum of the weights of the rows.
    n_clusters : int
        Number of clusters asked for, or that at which the rows are decided, as `merge_components` says.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import Mixture, Spherical, merge_components
    >>> mixture = Mixture([0.25, 0.25, 0.25, 0.25], [[0.0], [8.0], [1.0], [9.0]], Spherical([1.0] * 4, 4, 1))
    >>> X, _ = mixture.sample(1000, np.random.RandomState(0))
    >>> tree = merge_components(mixture, X)
    >>> tree.cut(), tree.predict([[0.5], [8.5]])
    (array([0, 1, 0, 1]), array([0, 1]))
    >>> (tree.entropy / tree.n_rows).round(2)
    array([0.  , 0.  , 0.29, 0.58])
    """

    n_components: int
    leaves: Integers
    merges: Integers
    entropy: Floats
    counts: Floats
    valley: Floats
    n_rows: float
    n_clusters: int
    _mixture: MergedMixture = field(repr=False)

    def cut(self, n_clusters: int | None = None) -> Integers:
        """Return the cluster of each component, shape (n_components,); -1 for a component of weight zero.

        Raises
        ------
        ValueError
            `n_clusters` is not between 1 and the number of leaves.
        """
        n_leaves = len(self.leaves)
        n_clusters = self.n_clusters if n_clusters is None else check_n_clusters(n_clusters, n_leaves)
        cluster_of = np.arange(n_leaves)
        for step in range(n_leaves - n_clusters):
            cluster_of[np.isin(cluster_of, self.merges[step])] = n_leaves + step
        _, first, inverse = np.unique(cluster_of, return_index=True, return_inverse=True)
        clusters = np.full(self.n_components, -1)
        clusters[self.leaves] = np.argsort(np.argsort(first))[inverse]
        return clusters

    def predict(self, X: Source, n_clusters: int | None = None) -> Integers:
        """Return the most probable cluster of each row, shape (n_rows,); -1 is noise.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table, with the columns of the mixture; NaN and null are missing values.
        n_clusters : int, optional
            Number of clusters.
        """
        table = scoring_table(self._mixture, X)
        components = self._mixture.components
        has_noise = components.noise is not None
        ask = _Labels(passes_for(components, table.rows), self.cut(n_clusters), has_noise=has_noise)
        return table.gather(ask, dtype=np.int64)

    def predict_proba(self, X: Source, n_clusters: int | None = None) -> NDArray[Any]:
        """Return the probability of each cluster given each row, shape (n_rows, n_clusters).

        It is the sum of those of its components. With noise the rest of one is the probability of noise.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table, with the columns of the mixture; NaN and null are missing values.
        n_clusters : int, optional
            Number of clusters.
        """
        table = scoring_table(self._mixture, X)
        ask = _Shares(passes_for(self._mixture.components, table.rows), self.cut(n_clusters))
        return table.gather(ask, (ask.n_clusters,), table.dtype)

    @property
    def doubt(self) -> Floats:
        """How undecided the rows are between the two clusters of each step, in nats, shape (n_leaves - 1,).

        It is what the step takes from the entropy, over twice the geometric mean of the rows of the two: 0 for clusters
        that are far apart, log 2 = 0.69, the most there is, for two that are the same.
        """
        return doubt(self.entropy, self.merges, self.counts)

    def elbow(self, n_breaks: int = 1) -> int:
        """Return the number of clusters at which the entropy bends, as Baudry et al. choose it.

        Over the number of rows that are merged on the way there from one cluster, the entropy is fitted by two straight
        lines that share one of its points [1]_. That point is neither the first nor the last: the elbow is never one
        cluster, nor all components, unless there are fewer than three.

        Parameters
        ----------
        n_breaks : {1, 2}, default=1
            With 2, three lines, of whose two meeting points that with fewer clusters is taken. Three components have
            room for one.

        Returns
        -------
        int
            Number of clusters.

        Raises
        ------
        ValueError
            `n_breaks` is neither 1 nor 2.

        References
        ----------
        .. [1] Baudry, Raftery, Celeux, Lo and Gottardo (2010), "Combining mixture components for clustering", Journal
           of Computational and Graphical Statistics 19, the rescaled entropy plot.
        """
        if n_breaks not in (1, 2):
            raise ValueError(f"n_breaks is 1 or 2, not {n_breaks!r}")
        n = len(self.entropy)
        if n < 3:
            return n
        x = np.append(0.0, np.cumsum(self.counts[: n - 1 : -1]))
        losses = {(i, j): _loss(x[i : j + 1], self.entropy[i : j + 1]) for i, j in combinations(range(n), 2)}

        def loss(at: tuple[int, ...]) -> float:
            return sum(losses[ends] for ends in zip((0, *at), (*at, n - 1), strict=True))

        return min(combinations(range(1, n - 1), min(n_breaks, n - 2)), key=loss)[0] + 1

    @property
    def linkage(self) -> Floats:
        """The tree for `scipy.cluster.hierarchy`, shape (n_leaves - 1, 4).

        The height of a merging is the entropy that has been taken away with it, in nats, or a rounding more than the
        height before where it takes nothing away: heights rise, and ``fcluster(tree.linkage, k, "maxclust")`` has the
        clusters of ``cut(k)``. The last column is the number of components.
        """
        n_leaves = len(self.leaves)
        sizes = np.ones(2 * n_leaves - 1)
        for step, pair in enumerate(self.merges):
            sizes[n_leaves + step] = sizes[pair].sum()
        heights = self.entropy[-1] - self.entropy[-2::-1]
        last, least = 0.0, np.finfo(np.float64).eps * max(float(self.entropy[-1]), 1e-100)
        for step, height in enumerate(heights):
            heights[step] = last = max(float(height), last + least)
        return np.column_stack([self.merges, heights, sizes[n_leaves:]])


def check_n_clusters(n_clusters: Any, n_leaves: int) -> int:
    """Return a number of clusters, if there can be so many."""
    if not isinstance(n_clusters, (int, np.integer)) or n_clusters is True or not 1 <= n_clusters <= n_leaves:
        raise ValueError(
            f"n_clusters is a whole number from 1 to the number of components of positive weight, {n_leaves}, not "
            f"{n_clusters!r}"
        )
    return int(n_clusters)


def doubt(entropy: Floats, merges: Integers, counts: Floats) -> Floats:
    """Return how undecided the rows are between the clusters that are merged: see `MergeTree.doubt`."""
    gains = np.diff(entropy)[::-1]
    scale = 2 * np.sqrt(counts[merges].prod(axis=1))
    doubts: Floats = np.divide(gains, scale, out=np.zeros_like(gains), where=scale > 0)
    return doubts


def _loss(x: Floats, y: Floats) -> float:
    """Return the sum of squares about the line of least squares."""
    x, y = x - x.mean(), y - y.mean()
    square = x @ x
    slope = x @ y / square if square > 0 else 0.0
    return float(((y - slope * x) ** 2).sum())


class _Shares:
    """The pass that gives the probabilities of clusters."""

    def __init__(self, passes: Passes | ObservedPasses, clusters: Integers) -> None:
        self.passes = passes
        self.clusters = clusters
        self.n_clusters = int(clusters.max()) + 1

    def __call__(self, block: Block) -> NDArray[Any]:
        by_component = self.passes.responsibilities(block)
        shares = np.zeros((len(by_component), self.n_clusters), by_component.dtype)
        for component, cluster in enumerate(self.clusters):
            if cluster >= 0:
                shares[:, cluster] += by_component[:, component]
        return shares


class _Labels(_Shares):
    """The pass that gives the most probable cluster."""

    def __init__(self, passes: Passes | ObservedPasses, clusters: Integers, *, has_noise: bool) -> None:
        super().__init__(passes, clusters)
        self.has_noise = has_noise

    def __call__(self, block: Block) -> Integers:
        shares = super().__call__(block)
        claimed = shares.sum(axis=1)
        if self.has_noise:
            return np.where(shares.max(axis=1) >= 1 - claimed, shares.argmax(axis=1), -1)
        # A row so far away that no component claims it goes with the component that comes nearest to it.
        return np.where(claimed > 0, shares.argmax(axis=1), self.clusters[self.passes.labels(block)])
