"""What a tree of merged components answers: assignments of any table, elbows, linkage; and what is refused."""

import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import sklearn.cluster
import sklearn.mixture
from numpy.testing import assert_allclose, assert_array_equal
from scipy.cluster.hierarchy import fcluster, is_valid_linkage
from scipy.special import xlogy
from sklearn.exceptions import NotFittedError

from mixtura import BayesianGaussianMixture, GaussianMixture, Mixture, MixtureSearch, Noise, Spherical, merge_components
from mixtura.errors import ColumnError, EmptyTableError
from pairwise import exhaustive

# Two pairs of components, each pair one group.
CENTERS = [[0.0, 0.0], [9.0, 9.0], [1.5, 0.0], [9.0, 7.5]]
MIXTURE = Mixture([0.25] * 4, CENTERS, Spherical([1.0] * 4, 4, 2))
X, COMPONENT = MIXTURE.sample(800, np.random.RandomState(0))
TREE = merge_components(MIXTURE, X)


def fitted(estimator=None):
    return (estimator or GaussianMixture(4, random_state=0)).fit(X)


def test_clusters_are_numbered_by_their_first_component():
    assert_array_equal(TREE.cut(), [0, 1, 0, 1])
    assert_array_equal(TREE.cut(4), [0, 1, 2, 3])
    assert TREE.n_clusters == 2


def test_rows_go_to_the_cluster_of_their_component():
    assert_array_equal(TREE.predict(X), np.array([0, 1, 0, 1])[COMPONENT])
    assert_array_equal(TREE.predict(X, 4), MIXTURE.labels(X))
    assert_array_equal(TREE.predict(X, 1), 0)


def test_probabilities_of_components_add_up():
    shares = MIXTURE.responsibilities(X)
    assert_allclose(
        TREE.predict_proba(X), np.column_stack([shares[:, [0, 2]].sum(axis=1), shares[:, [1, 3]].sum(axis=1)])
    )
    assert_array_equal(TREE.predict_proba(X, 4), shares)


def test_the_number_asked_for_is_kept():
    tree = merge_components(MIXTURE, X, n_clusters=3)
    assert tree.n_clusters == 3
    assert_array_equal(tree.merges, TREE.merges)
    assert set(tree.predict(X)) == {0, 1, 2}


def test_linkage_is_read_by_scipy():
    assert is_valid_linkage(TREE.linkage)
    for n_clusters in range(1, 5):
        found = fcluster(TREE.linkage, n_clusters, "maxclust")
        assert len(set(zip(found, TREE.cut(n_clusters), strict=True))) == n_clusters == len(set(found))
    assert_array_equal(TREE.linkage[:, 3], [2, 2, 4])
    assert_allclose(TREE.linkage[-1, 2], TREE.entropy[-1])


@pytest.mark.parametrize(
    ("entropy", "merged_rows", "n_breaks", "expected"),
    [
        ([0, 1, 2, 12, 22, 32], [1, 1, 1, 1, 1], 1, 3),
        ([0, 1, 11, 21, 31], [1, 1, 1, 1], 1, 2),
        ([0, 1, 2, 3, 23], [1, 1, 1, 1], 1, 4),
        # The same bend in the number of clusters, but in proportion to the rows merged: the first merging has fewest.
        ([0, 8, 12, 14, 94, 104], [0.125, 1, 2, 4, 8], 1, 4),
        ([0, 1, 11, 21, 81, 141], [1, 1, 1, 1, 1], 2, 2),
        ([0, 0, 0, 5], [0, 0, 0], 1, 3),
        ([0, 1, 11], [1, 1], 2, 2),
        ([0, 7], [1], 1, 2),
    ],
)
def test_elbow_is_where_two_lines_meet(entropy, merged_rows, n_breaks, expected):
    counts = np.append(np.ones(len(entropy)), merged_rows)
    tree = replace(TREE, entropy=np.array(entropy, float), counts=counts)
    assert tree.elbow(n_breaks) == expected


def test_tree_is_a_value():
    copy = pickle.loads(pickle.dumps(TREE))
    assert_array_equal(copy.predict(X), TREE.predict(X))
    assert_array_equal(copy.entropy, TREE.entropy)
    with pytest.raises(FrozenInstanceError):
        TREE.n_clusters = 3
    for array in (TREE.merges, TREE.entropy, TREE.leaves, TREE.counts, TREE.valley):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_another_fit_leaves_the_tree_alone():
    gm = fitted()
    tree = merge_components(gm, X)
    before = tree.predict(X)
    gm.fit(X[:, :1])
    assert_array_equal(tree.predict(X), before)


def test_merging_leaves_the_estimator_alone():
    gm = fitted()
    before = dict(vars(gm))
    merge_components(gm, X)
    assert vars(gm) == before


@pytest.mark.parametrize("n_clusters", [1, 2, 4])
def test_estimators_are_read_as_their_mixtures(n_clusters):
    gm = fitted()
    search = fitted(MixtureSearch(4, covariance_types=["full"], random_state=0))
    for estimator, mixture in ((gm, gm.mixture_), (search, search.best_estimator_.mixture_)):
        tree = merge_components(estimator, X)
        assert_array_equal(tree.predict(X, n_clusters), merge_components(mixture, X).predict(X, n_clusters))


def test_components_of_weight_zero_are_left_out():
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(0, 1, (200, 2)), random.normal(8, 1, (100, 2))])
    bgm = BayesianGaussianMixture(n_components=10, random_state=0, max_iter=500).fit(rows)
    alive = np.flatnonzero(bgm.weights_ > 0)
    assert len(alive) == 2
    tree = merge_components(bgm, rows)
    assert_array_equal(tree.leaves, alive)
    assert_array_equal(tree.merges, [[0, 1]])
    assert_array_equal(np.flatnonzero(tree.cut(2) >= 0), alive)
    assert_array_equal(alive[tree.predict(rows, 2)], bgm.predict(rows))
    assert_allclose(tree.predict_proba(rows, 1), 1)


def test_noise_is_merged_with_none():
    noise = Noise(0.2, [-20, -20], [30, 30])
    mixture = Mixture([0.2] * 4, CENTERS, MIXTURE.covariance, noise=noise)
    rows = mixture.sample(1000, np.random.RandomState(0))[0]
    tree = merge_components(mixture, rows)
    assert_array_equal(tree.cut(), [0, 1, 0, 1])
    assert_array_equal(tree.predict(rows, 4), mixture.labels(rows))
    assert_array_equal(tree.predict([[25, -15], [0, 0], [9, 9]]), [-1, 0, 1])
    shares = tree.predict_proba(rows, 3)
    whole = np.column_stack([shares, 1 - shares.sum(axis=1)]).clip(0, 1)
    assert_allclose(-xlogy(whole, whole).sum(), tree.entropy[2], rtol=1e-9)
    assert tree.entropy[0] > 1


def test_missing_values_are_left_to_the_mixture():
    holes = X.copy()
    holes[::3, 0] = np.nan
    tree = merge_components(MIXTURE, holes)
    shares = MIXTURE.responsibilities(holes)
    assert_allclose(tree.entropy[-1], -xlogy(shares, shares).sum(), rtol=1e-12)
    assert tree.n_clusters == 2
    assert_array_equal(tree.predict(holes, 4), MIXTURE.labels(holes))
    # A row without any value would be undecided between all.
    more = merge_components(MIXTURE, np.vstack([holes, [[np.nan, np.nan]]]))
    assert_allclose(more.entropy, tree.entropy, rtol=1e-12)
    assert more.n_rows == 800


def test_a_row_that_no_component_claims_has_a_cluster():
    far = [[1e200, 1e200], [-1e3, -1e3]]
    assert_array_equal(TREE.predict(far), [TREE.cut()[label] for label in MIXTURE.labels(far)])


def test_single_precision_finds_the_same_tree():
    tree = merge_components(MIXTURE, X.astype(np.float32))
    assert_array_equal(tree.merges, TREE.merges)
    assert_allclose(tree.entropy, TREE.entropy, rtol=1e-4, atol=1e-4)
    assert tree.predict_proba(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("kind", ["frame", "csv", *exhaustive("parquet", "dask")])
def test_every_source_gives_the_same_tree(kind, need, tmp_path):
    frame = need("pandas").DataFrame(X, columns=["x", "y"])
    source = frame
    if kind == "parquet":
        source = tmp_path / "rows.parquet"
        frame.to_parquet(source)
    elif kind == "csv":
        source = tmp_path / "rows.csv"
        frame.to_csv(source, index=False)
    elif kind == "dask":
        source = need("dask.dataframe").from_pandas(frame, npartitions=3)
    gm = GaussianMixture(4, random_state=0).fit(frame)
    expected, tree = merge_components(gm, frame), merge_components(gm, source)
    assert_array_equal(tree.merges, expected.merges)
    assert_allclose(tree.entropy, expected.entropy, rtol=1e-9)
    assert_array_equal(tree.predict(source), expected.predict(frame))


def test_columns_are_compared(need):
    frame = need("pandas").DataFrame(X, columns=["x", "y"])
    tree = merge_components(GaussianMixture(4, random_state=0).fit(frame), frame)
    with pytest.raises(ValueError, match="feature names should match"):
        tree.predict(frame.rename(columns={"x": "z"}))
    with pytest.raises(ValueError, match="X has 3 features, but MergedMixture is expecting 2"):
        merge_components(MIXTURE, np.ones((5, 3)))


def test_columns_of_files_are_compared(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c\n1,2,3\n4,5,6\n")
    with pytest.raises(ColumnError, match="has 3 columns"):
        merge_components(MIXTURE, path)


@pytest.mark.parametrize("n_clusters", [0, 5, -1, 2.0, "2", True])
def test_numbers_of_clusters_that_cannot_be(n_clusters):
    message = "n_clusters is a whole number from 1 to the number of components of positive weight, 4, not"
    with pytest.raises(ValueError, match=message):
        merge_components(MIXTURE, X, n_clusters=n_clusters)
    for ask in (TREE.cut, lambda n: TREE.predict(X, n), lambda n: TREE.predict_proba(X, n)):
        with pytest.raises(ValueError, match=message):
            ask(n_clusters)


def test_what_cannot_be_merged():
    with pytest.raises(NotFittedError):
        merge_components(GaussianMixture(2), X)
    with pytest.raises(ValueError, match="Sample weights must contain at least one non-zero number"):
        merge_components(MIXTURE, X, sample_weight=np.zeros(len(X)))
    with pytest.raises(EmptyTableError, match="no row of the table has both a weight and a value"):
        merge_components(MIXTURE, [[np.nan, np.nan]])
    nothing = Mixture([0.0], [[0.0]], Spherical([1.0], 1, 1), noise=Noise(1.0, [0.0], [1.0]))
    with pytest.raises(ValueError, match="every component of the mixture has weight zero"):
        merge_components(nothing, [[0.5]])
    with pytest.raises(ValueError, match="n_breaks is 1 or 2, not 3"):
        TREE.elbow(3)


@pytest.mark.parametrize("scale", [0.3, 3, 100, 1e6])
@pytest.mark.parametrize("seed", range(5))
def test_scipy_cuts_the_linkage_as_the_tree_does(scale, seed):
    """Heights rise, though nothing is taken away when clusters are well apart."""
    random = np.random.default_rng(seed)
    mixture = Mixture(np.full(7, 1 / 7), random.normal(0, scale, (7, 2)), Spherical([1.0] * 7, 7, 2))
    tree = merge_components(mixture, mixture.sample(200, seed)[0])
    assert is_valid_linkage(tree.linkage)
    assert (np.diff(tree.linkage[:, 2], prepend=0) > 0).all()
    for n_clusters in range(1, 8):
        found, cut = fcluster(tree.linkage, n_clusters, "maxclust"), tree.cut(n_clusters)
        assert len(set(found)) == n_clusters == len(set(zip(found, cut, strict=True)))


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_mixtures_of_scikit_learn(shape):
    fitted = sklearn.mixture.GaussianMixture(4, covariance_type=shape, random_state=0).fit(X)
    tree = merge_components(fitted, X)
    assert tree.n_clusters == 2
    assert_array_equal(tree.predict(X, 4), fitted.predict(X))
    with pytest.raises(NotFittedError):
        merge_components(sklearn.mixture.GaussianMixture(4), X)


@pytest.mark.parametrize("other", [np.eye(2), "GaussianMixture", None])
def test_what_is_no_mixture_is_named(other):
    with pytest.raises(ValueError, match=f"a Mixture or a fitted estimator of one, not {type(other).__name__}"):
        merge_components(other, X)
    with pytest.raises(ValueError, match="KMeans has no components to merge: give a Mixture"):
        merge_components(sklearn.cluster.KMeans(2, random_state=0).fit(X), X)
