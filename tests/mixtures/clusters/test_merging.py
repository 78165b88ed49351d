"""Components merged into clusters: known shapes, brute force, laws, and what a tree answers."""

from itertools import combinations
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from scipy.special import xlogy
from scipy.stats import chi2, norm
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score

from mixtura import (
    BayesianGaussianMixture,
    Full,
    Mixture,
    MixtureSearch,
    Spherical,
    merge_components,
)
from mixtura.engines import ThreadEngine
from mixtura.mixtures.clusters import overlaps
from mixtura.mixtures.clusters.merging import DECIDED


def line(*centers, weights=None):
    """Round groups of variance one on a line."""
    n = len(centers)
    return Mixture(
        np.full(n, 1 / n) if weights is None else weights, np.array(centers)[:, None], Spherical([1.0] * n, n, 1)
    )


def some_mixture(seed, n_components=5, n_features=2, spread=3.0):
    random = np.random.RandomState(seed)
    factors = random.normal(size=(n_components, n_features, n_features))
    matrices = factors @ factors.transpose(0, 2, 1) + 0.3 * np.eye(n_features)
    centers = random.normal(0, spread, (n_components, n_features))
    weights = random.dirichlet(np.full(n_components, 3.0))
    return Mixture(weights, centers, Full(matrices, n_components, n_features))


def rows_of(mixture, n_rows, seed=0):
    return mixture.sample(n_rows, np.random.RandomState(seed))[0]


def entropy_of(shares, weights=1.0):
    return -(xlogy(shares, shares).sum(axis=1) * weights).sum()


def log_bond(shares, log_density, one, other):
    """Return the logarithm of what binds two clusters, by its definition."""
    a, b = shares[:, one].sum(axis=1), shares[:, other].sum(axis=1)
    gain = xlogy(a, a + b) - xlogy(a, a) + xlogy(b, a + b) - xlogy(b, b)
    if not gain.sum() > 0:
        return -np.inf
    levels = [(of * log_density).sum() / of.sum() for of in (a, b, gain)]
    return np.log(gain.sum() / 2 / np.sqrt(a.sum() * b.sum())) - (min(levels[:2]) - levels[2])


def densities(mixture, X):
    """Return log densities, none below the contour that holds 99 % of the component of its row."""
    shares = mixture.responsibilities(X)
    floors = mixture.components.log_constants - chi2.ppf(0.99, mixture.n_features) / 2
    return np.maximum(mixture.log_density(X), shares @ floors)


def brute_force(mixture, X):
    """Try every pair in every step: the entropies for 1, 2, … clusters, the partitions, and the narrowest choice."""
    shares, log_density = mixture.responsibilities(X), densities(mixture, X)
    clusters = [[k] for k in range(shares.shape[1])]
    entropies, partitions, margin = [entropy_of(shares)], [clusters], np.inf
    claimed = set(shares.argmax(axis=1))
    while len(clusters) > 1:
        idle = [cluster for cluster in clusters if claimed.isdisjoint(cluster)]
        trials = sorted(
            (
                (log_bond(shares, log_density, *pair), pair)
                for pair in combinations(clusters, 2)
                if not idle or pair[0] in idle or pair[1] in idle
            ),
            reverse=True,
        )
        if len(trials) > 1:
            margin = min(margin, trials[0][0] - trials[1][0])
        pair = trials[0][1]
        clusters = [cluster for cluster in clusters if cluster not in pair] + [sorted(pair[0] + pair[1])]
        entropies.append(entropy_of(np.column_stack([shares[:, cluster].sum(axis=1) for cluster in clusters])))
        partitions.append(clusters)
    return np.array(entropies[::-1]), partitions[::-1], margin


def groups(labels):
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


# Known answers: shapes.


@pytest.mark.parametrize(("noise", "seed"), [(0.05, 0), (0.05, 1), (0.1, 2), (0.1, 3)])
def test_moons_are_two_clusters_of_a_bayesian_mixture(noise, seed):
    X, moon = make_moons(1000, noise=noise, random_state=seed)
    tree = merge_components(BayesianGaussianMixture(n_components=12, random_state=seed, max_iter=500).fit(X), X)
    assert len(tree.leaves) >= 5
    assert tree.n_clusters == 2
    assert adjusted_rand_score(moon, tree.predict(X)) >= 0.95


@pytest.mark.parametrize(("noise", "seed"), [(0.05, 0), (0.1, 1)])
def test_moons_are_two_clusters_of_the_mixture_of_lowest_bic(noise, seed):
    X, moon = make_moons(1000, noise=noise, random_state=seed)
    search = MixtureSearch(range(7, 13), covariance_types=["full"], random_state=seed).fit(X)
    tree = merge_components(search, X)
    assert len(tree.leaves) >= 8
    assert tree.n_clusters == 2
    assert adjusted_rand_score(moon, tree.predict(X)) >= 0.95


@pytest.mark.one_case
@pytest.mark.parametrize("fit", ["bayesian", "lowest BIC"])
@pytest.mark.parametrize(
    ("noise", "n_rows", "seed", "index"),
    [(0.15, 1000, 0, 0.9), (0.15, 1000, 1, 0.9), (0.15, 4000, 2, 0.9), (0.2, 4000, 0, 0.8), (0.2, 4000, 1, 0.8)],
)
def test_moons_that_touch_are_two_clusters(fit, noise, n_rows, seed, index):
    X, moon = make_moons(n_rows, noise=noise, random_state=seed)
    estimator = (
        BayesianGaussianMixture(n_components=12, random_state=seed, max_iter=500)
        if fit == "bayesian"
        else MixtureSearch(range(4, 9), covariance_types=["full"], random_state=seed)
    )
    tree = merge_components(estimator.fit(X), X)
    assert tree.n_clusters == 2
    assert adjusted_rand_score(moon, tree.predict(X)) >= index


@pytest.mark.parametrize(
    "name",
    [
        *(pytest.param(name, marks=pytest.mark.exhaustive) for name in ("square", "disk", "ridge")),
        "ring",
        "skewed",
        "heavy tails",
    ],
)
def test_one_group_of_any_shape_is_one_cluster(name):
    random = np.random.default_rng(0)
    angles = random.uniform(0, 2 * np.pi, 1000)
    around = np.column_stack([np.cos(angles), np.sin(angles)])
    X = {
        "square": random.uniform(-1, 1, (1000, 2)),
        "disk": around * np.sqrt(random.uniform(0, 1, (1000, 1))),
        "ring": around + random.normal(0, 0.1, (1000, 2)),
        "skewed": random.gamma(2, size=(1000, 2)),
        "heavy tails": random.standard_t(3, (1000, 2)),
        "ridge": random.uniform(-1, 1, (1000, 2)) * [5, 1],
    }[name]
    bgm = BayesianGaussianMixture(n_components=12, random_state=0, max_iter=500).fit(X)
    tree = merge_components(bgm, X)
    assert len(tree.leaves) > 2
    assert tree.n_clusters == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_crosses_are_one_cluster_each(seed):
    """As section 4.1 of the paper: two oblique groups, two crosses; BIC finds more than four components, ICL four."""
    flat, tall = [[1.5, 0], [0, 0.15]], [[0.15, 0], [0, 1.5]]
    oblique = [[1, 0.7], [0.7, 1]], [[1, -0.7], [-0.7, 1]]
    centers = [[0, 0], [8, 6], [0, 7], [0, 7], [8, 0], [8, 0]]
    true = Mixture([0.2] * 4 + [0.1] * 2, centers, Full([*oblique, flat, tall, flat, tall], 6, 2))
    X, component = true.sample(600, np.random.RandomState(seed))
    search = MixtureSearch(range(3, 9), covariance_types=["full"], random_state=seed).fit(X)
    assert search.best_params_["n_components"] > 4
    assert min(search.candidates_, key=lambda candidate: candidate.icl).n_components == 4
    tree = merge_components(search, X)
    assert tree.n_clusters == 4
    assert adjusted_rand_score(np.array([0, 1, 2, 2, 3, 3])[component], tree.predict(X)) >= 0.95


def test_nested_groups_come_apart_level_by_level():
    mixture = line(0, 1, 5, 6, 20, 21, 25, 26)
    tree = merge_components(mixture, rows_of(mixture, 4000))
    assert_array_equal(tree.cut(4), [0, 0, 1, 1, 2, 2, 3, 3])
    assert_array_equal(tree.cut(2), [0, 0, 0, 0, 1, 1, 1, 1])
    assert_array_equal(tree.cut(1), [0] * 8)
    assert_array_equal(tree.cut(8), range(8))


# Known answers: numbers.


@pytest.mark.parametrize("distance", [1.0, 3.0, 4.6])
def test_doubt_between_two_normal_groups_is_its_integral(distance):
    def integrand(x):
        odds = distance * x - distance**2 / 2
        share = 1 / (1 + np.exp(-odds))
        return -(norm.pdf(x) + norm.pdf(x - distance)) / 2 * (xlogy(share, share) + xlogy(1 - share, 1 - share))

    expected = quad(integrand, -9, distance + 9, points=[distance / 2])[0]
    grid = np.arange(-9, distance + 9, 0.01)[:, None]
    mixture = line(0, distance)
    tree = merge_components(mixture, grid, sample_weight=mixture.pdf(grid) * 0.01)
    assert_allclose(tree.doubt, expected, rtol=1e-8)


def test_rows_are_decided_from_four_point_six_standard_deviations_on():
    found = {
        distance: merge_components(line(0, distance), rows_of(line(0, distance), 40000)) for distance in (4.4, 4.8)
    }
    assert {distance: tree.n_clusters for distance, tree in found.items()} == {4.4: 1, 4.8: 2}
    assert norm.cdf(-4.6 / 2) == pytest.approx(0.0107, abs=1e-4)  # of the rows, given to the wrong group
    assert found[4.8].doubt[0] < DECIDED < found[4.4].doubt[0]


def test_equal_components_are_one_cluster():
    tree = merge_components(line(0, 0, 0), [[-1.0], [0.0], [2.0]])
    assert_allclose(tree.entropy, [0, 3 * (np.log(3) - 2 / 3 * np.log(2)), 3 * np.log(3)])
    assert tree.n_clusters == 1


def test_groups_far_apart_are_all_kept():
    mixture = line(0, 12, 24, 36)
    tree = merge_components(mixture, rows_of(mixture, 500))
    assert tree.n_clusters == 4
    assert tree.entropy[-1] < 1e-3
    assert tree.elbow() < 4  # it never is the number of components


def test_components_that_no_row_belongs_to_are_merged_first():
    """Two far groups, and wide components that claim no row: these would be left over as clusters without a row."""
    weights, variances = [0.5, 0.499, 1e-3 - 1e-12, 1e-12], [1.0, 1.0, 400.0, 1e6]
    mixture = Mixture(weights, [[0.0], [20.0], [10.0], [10.0]], Spherical(variances, 4, 1))
    X = rows_of(line(0, 20), 1000)
    tree = merge_components(mixture, X)
    assert set(mixture.labels(X)) == {0, 1}
    assert {2, 3} <= set(tree.merges[:2].ravel())
    assert tree.n_clusters == 2 == len(set(tree.predict(X)))


def test_one_component_is_one_cluster():
    tree = merge_components(line(3), [[1.0], [2.0]])
    assert (tree.n_clusters, tree.elbow(), tree.elbow(2)) == (1, 1, 1)
    assert tree.merges.shape == (0, 2)
    assert tree.linkage.shape == (0, 4)
    assert_array_equal(tree.entropy, [0.0])
    assert_array_equal(tree.predict([[5.0]]), [0])


@pytest.mark.parametrize("distance", [2.0, 4.0])
def test_the_valley_between_two_normal_groups_is_its_integral(distance):
    def mean(weigh):
        def log_density(x):
            return np.log((norm.pdf(x) + norm.pdf(x - distance)) / 2)

        ends = {"a": -8, "b": distance + 8, "points": [0, distance / 2, distance]}
        return quad(lambda x: weigh(x) * log_density(x), **ends)[0] / quad(weigh, **ends)[0]

    def in_doubt(x):
        share = 1 / (1 + np.exp(distance**2 / 2 - distance * x))
        return -(norm.pdf(x) + norm.pdf(x - distance)) * (xlogy(share, share) + xlogy(1 - share, 1 - share))

    grid = np.arange(-8, distance + 8, 0.005)[:, None]
    mixture = line(0, distance)
    with patch.object(overlaps, "_OUTSIDE", 1e-14):  # as if no row was held to a contour
        tree = merge_components(mixture, grid, sample_weight=mixture.pdf(grid) * 0.005)
    assert_allclose(tree.valley, mean(norm.pdf) - mean(in_doubt), rtol=1e-6)


def test_a_row_far_away_binds_no_clusters():
    mixture = line(0, 8)
    X = rows_of(mixture, 400)
    tree, other = merge_components(mixture, X), merge_components(mixture, np.vstack([X, [[1e6]], [[-1e9]]]))
    assert tree.n_clusters == other.n_clusters == 2
    assert_allclose(other.valley, tree.valley, atol=0.2)


def test_rows_that_lack_values_tell_of_no_valley():
    """Densities of fewer columns are higher or lower, whatever lies between."""
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [3.0, 0.0]], Full([np.diag([1.0, 1e-6])] * 2, 2, 2))
    X = rows_of(mixture, 1000)
    holes = X.copy()
    holes[(X[:, 0] > 1) & (X[:, 0] < 2), 1] = np.nan
    tree = merge_components(mixture, np.vstack([X, holes[np.isnan(holes).any(axis=1)]]))
    assert_allclose(tree.valley, merge_components(mixture, X).valley, rtol=1e-12)
    X[:, 1] = np.nan
    assert_array_equal(merge_components(mixture, X).valley, [0.0])


# Brute force and laws.


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(1, 3), st.sampled_from([0.5, 2.0, 4.0]))
def test_tree_is_that_of_trying_every_pair(seed, n_components, n_features, spread):
    mixture = some_mixture(seed, n_components, n_features, spread)
    X = rows_of(mixture, 50, seed)
    entropies, partitions, margin = brute_force(mixture, X)
    assume(margin > 1e-6)  # of equals either may be merged
    tree = merge_components(mixture, X)
    assert_allclose(tree.entropy, entropies, atol=1e-11)
    for n_clusters, partition in enumerate(partitions, 1):
        assert groups(tree.cut(n_clusters)) == {frozenset(cluster) for cluster in partition}


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.1, 2.0, 6.0]))
def test_merging_never_adds_entropy(seed, spread):
    mixture = some_mixture(seed, 6, 2, spread)
    tree = merge_components(mixture, rows_of(mixture, 40, seed))
    assert (np.diff(tree.entropy) >= 0).all()
    assert tree.entropy[0] == 0
    assert (tree.entropy <= 40 * np.log(np.arange(1, 7)) + 1e-12).all()
    assert (tree.doubt <= np.log(2) + 1e-12).all()


@pytest.mark.parametrize("n_clusters", [1, 2, 3, 5])
def test_entropy_is_that_of_the_probabilities(n_clusters):
    mixture = some_mixture(1)
    X = rows_of(mixture, 300)
    tree = merge_components(mixture, X)
    shares = tree.predict_proba(X, n_clusters)
    assert shares.shape == (300, n_clusters)
    assert_allclose(shares.sum(axis=1), 1)
    assert_allclose(entropy_of(shares), tree.entropy[n_clusters - 1], atol=1e-11)
    assert_array_equal(tree.predict(X, n_clusters), shares.argmax(axis=1))


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.permutations(range(5)))
def test_order_of_components_does_not_matter(seed, order):
    mixture = some_mixture(seed)
    shuffled = Mixture(mixture.weights[order], mixture.means[order], Full(mixture.covariances[order], 5, 2))
    X = rows_of(mixture, 60, seed)
    assume(brute_force(mixture, X)[2] > 1e-6)
    tree, other = merge_components(mixture, X), merge_components(shuffled, X)
    assert_allclose(other.entropy, tree.entropy, atol=1e-12)
    for n_clusters in range(1, 6):
        assert groups(other.cut(n_clusters)) == groups(tree.cut(n_clusters)[order])


def test_order_of_rows_does_not_matter():
    mixture = some_mixture(2)
    X = rows_of(mixture, 500)
    tree, other = merge_components(mixture, X), merge_components(mixture, X[::-1])
    assert_array_equal(other.merges, tree.merges)
    assert_allclose(other.entropy, tree.entropy, rtol=1e-12)


def test_weights_count_rows():
    mixture = some_mixture(3)
    X = rows_of(mixture, 300)
    counts = np.random.RandomState(0).randint(0, 4, 300)
    tree, other = (
        merge_components(mixture, X, sample_weight=counts),
        merge_components(mixture, X.repeat(counts, axis=0)),
    )
    assert_array_equal(other.merges, tree.merges)
    assert_allclose(other.entropy, tree.entropy, rtol=1e-12)
    assert_allclose(other.counts, tree.counts, rtol=1e-12)
    assert other.n_rows == tree.n_rows == counts.sum()


def test_rows_of_many_blocks_add_up():
    mixture = some_mixture(4)
    X = rows_of(mixture, 2000)
    tree, other = merge_components(mixture, X), merge_components(mixture, np.tile(X, (100, 1)))
    assert_array_equal(other.merges, tree.merges)
    assert_allclose(other.entropy, 100 * tree.entropy, rtol=1e-11)


def test_threads_give_the_same_bits():
    mixture = some_mixture(5)
    X = rows_of(mixture, 150_000)
    one, three = (merge_components(mixture, X, engine=ThreadEngine(n)) for n in (1, 3))
    assert_array_equal(one.merges, three.merges)
    assert_array_equal(one.entropy, three.entropy)
    assert_array_equal(one.counts, three.counts)
    assert_array_equal(one.valley, three.valley)
