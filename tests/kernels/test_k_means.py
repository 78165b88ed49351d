"""k-means as a start: the clusters of scikit-learn's from the same seed, and what happens where rows are few."""

import numpy as np
import pytest
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from mixtura.kernels.k_means import lloyd
from mixtura.mixtures.em.k_means import k_means, k_means_plus_plus

TABLES = {"iris": load_iris().data, "wine": load_wine().data, "cancer": load_breast_cancer().data}


def weights_of(rows, equal):
    return np.ones(rows) if equal else np.random.default_rng(0).uniform(0.5, 2, rows)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize("n_clusters", [1, 2, 5, 8])  # none leaves a row as near to two centres
@pytest.mark.parametrize("table", TABLES)
def test_the_clusters_of_scikit_learn(table, n_clusters, equal, dtype):
    X = TABLES[table].astype(dtype)
    weights = weights_of(len(X), equal)
    ours, theirs = np.random.RandomState(3), np.random.RandomState(3)
    expected = KMeans(n_clusters, n_init=1, random_state=theirs).fit(X, sample_weight=weights).labels_
    np.testing.assert_array_equal(k_means(X, weights, n_clusters, ours), expected)
    assert ours.uniform() == theirs.uniform(), "as many numbers were drawn"


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize("table", TABLES)
def test_the_seeds_of_scikit_learn(table, equal):
    X = TABLES[table]
    weights = weights_of(len(X), equal)
    _, expected = kmeans_plusplus(X, 6, sample_weight=weights, random_state=np.random.RandomState(1))
    np.testing.assert_array_equal(k_means_plus_plus(X, weights, 6, np.random.RandomState(1)), expected)


def test_rows_are_nearest_to_the_mean_of_their_cluster():
    X = np.random.default_rng(0).normal(size=(1000, 3))
    weights = weights_of(1000, equal=False)
    labels = k_means(X, weights, 7, np.random.RandomState(0))
    means = np.array([np.average(X[labels == k], axis=0, weights=weights[labels == k]) for k in range(7)])
    nearest = np.linalg.norm(X[:, None] - means, axis=2).argmin(axis=1)
    assert (labels == nearest).mean() > 0.99  # iterations end where centres move by less than a hundredth of the spread


@pytest.mark.parametrize("far", [[1000.0], [1000.0, 2000.0]])
def test_a_cluster_without_rows_gets_the_farthest(far):
    X = np.random.default_rng(0).normal(size=(200, 1))
    centers = np.array([[0.0], *([place] for place in far)])
    expected = KMeans(len(centers), init=centers, n_init=1).fit(X)
    labels = lloyd(X, np.ones(200), centers, 300, 1e-4 * X.var())
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(expected.labels_))
    np.testing.assert_allclose(np.sort(centers[:, 0]), np.sort(expected.cluster_centers_[:, 0]))


def test_equal_rows_are_one_cluster():
    assert set(k_means(np.full((20, 2), 7.0), np.ones(20), 3, np.random.RandomState(0)).tolist()) == {0}
