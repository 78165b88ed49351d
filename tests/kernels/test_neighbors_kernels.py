"""Nearest neighbours by the tree and by products, against all distances in SciPy and sorting."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from mixtura import kernels
from mixtura.kernels import native
from mixtura.kernels.neighbors import METRICS, NeighborIndex, nearest

NAMES = {"manhattan": "cityblock"}
ORDERED = [(metric, 2.0) for metric in METRICS if metric != "minkowski"] + [("minkowski", 3.0), ("minkowski", 1.5)]

# Sizes around those of leaves (32 rows), levels (8 leaves), panels (8, 16 and 32 rows), groups of queries (6 and 12)
# and chunks (480); columns on both sides of 15.
SIZES = [
    (2, 1, 1),
    (31, 3, 4),
    (33, 2, 32),
    (257, 5, 7),
    (600, 8, 20),
    (49, 15, 3),
    (31, 16, 5),
    (97, 17, 96),
    (490, 40, 20),
]


def by_sorting(reference, queries, k, metric, p=2.0, *, own=False):
    """Neighbours by definition: all distances, sorted; equal ones in the order of the rows."""
    order = {"p": p} if metric == "minkowski" else {}
    distances = cdist(queries, reference, NAMES.get(metric, metric), **order)
    if own:
        np.fill_diagonal(distances, np.inf)
    rows = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, rows, axis=1), rows


def table(n_rows, d, seed=0):
    return np.random.default_rng([n_rows, d, seed]).normal(size=(n_rows, d))


@pytest.mark.parametrize(("metric", "p"), ORDERED)
@pytest.mark.parametrize(("n_rows", "d", "k"), SIZES)
def test_neighbors_of_own_rows(metric, p, n_rows, d, k):
    X = table(n_rows, d + (metric == "cosine"))  # in one column all directions are equal
    distances, rows = nearest(X, None, k, metric=metric, p=p)
    expected, expected_rows = by_sorting(X, X, k, metric, p, own=True)
    np.testing.assert_allclose(distances, expected, rtol=1e-10, atol=1e-15)
    np.testing.assert_array_equal(rows, expected_rows)


@pytest.mark.parametrize(("metric", "p"), ORDERED)
@pytest.mark.parametrize(("n_rows", "d", "k"), SIZES)
def test_neighbors_of_other_rows(metric, p, n_rows, d, k):
    X, queries = table(n_rows, d + 1), 2 * table(29, d + 1, seed=1)
    distances, rows = nearest(X, queries, k, metric=metric, p=p)
    expected, expected_rows = by_sorting(X, queries, k, metric, p)
    np.testing.assert_allclose(distances, expected, rtol=1e-10, atol=1e-15)
    np.testing.assert_array_equal(rows, expected_rows)


@pytest.mark.parametrize("d", [2, 20])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
def test_equal_distances_go_to_the_lower_row(metric, d):
    """On a coarse grid of integers most distances are shared, and all sums are exact."""
    X = np.random.default_rng(0).integers(0, 3, size=(400, d)).astype(float)
    distances, rows = nearest(X, None, 15, metric=metric)
    expected, expected_rows = by_sorting(X, X, 15, metric, own=True)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_allclose(distances, expected, rtol=1e-15)


@pytest.mark.parametrize("d", [4, 30])
def test_copies_of_one_row(d):
    X = np.ones((1000, d))
    distances, rows = nearest(X, None, 3)
    assert (distances == 0).all()
    np.testing.assert_array_equal(rows[:5], [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2]])


@pytest.mark.parametrize("d", [3, 8, 24])
def test_same_bits_on_any_number_of_threads(d):
    X = table(2500, d)
    one, three = (nearest(X, None, 9, n_threads=n) for n in (1, 3))
    np.testing.assert_array_equal(one[0], three[0])
    np.testing.assert_array_equal(one[1], three[1])


def test_products_leave_open_what_single_precision_cannot_tell():
    """Clusters a hundred million times narrower than they are apart: every pair in one would be measured again."""
    random = np.random.default_rng(3)
    centers = 1e4 * random.normal(size=(3, 20))
    X = centers[random.integers(3, size=1500)] + 1e-4 * random.normal(size=(1500, 20))
    index = NeighborIndex.of(X)
    distances, rows = index.own_neighbors(12)
    expected, expected_rows = by_sorting(X, X, 12, "euclidean", own=True)
    assert "_double" in vars(index._search)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_allclose(distances, expected, rtol=1e-10)


def test_a_far_row_spoils_no_product():
    X = table(700, 18)
    X[350] = 1e15
    queries = np.vstack([table(5, 18, seed=4), np.full(18, 1e40), 1e250 * (-1.0) ** np.arange(18)])
    distances, rows = nearest(X, queries, 4)
    expected, expected_rows = by_sorting(X, queries[:6], 4, "euclidean")
    np.testing.assert_allclose(distances[:6], expected, rtol=1e-10)
    np.testing.assert_array_equal(rows[:5], expected_rows[:5])
    assert (distances[6] > 1e150).all()
    assert len(np.unique(rows[6])) == 4
    assert rows.max() < 700


@pytest.mark.parametrize("scale", [1e-250, 1e-30, 1e30, 1e250])
@pytest.mark.parametrize("d", [3, 20])
@pytest.mark.parametrize(("metric", "p"), [("euclidean", 2.0), ("minkowski", 4.0), ("manhattan", 1.0)])
def test_large_and_small_numbers(scale, d, metric, p):
    X = table(300, d)
    distances, rows = nearest(scale * X, None, 5, metric=metric, p=p)
    expected, expected_rows = by_sorting(X, X, 5, metric, p, own=True)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_allclose(distances / scale, expected, rtol=1e-10)


@pytest.mark.parametrize("d", [5, 25])
def test_single_precision_is_searched_exactly(d):
    X = (table(400, d) + 1000).astype(np.float32)
    distances, rows = nearest(X, None, 6)
    expected, expected_rows = nearest(X.astype(np.float64), None, 6)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_array_equal(distances, expected)


def test_rows_of_zeros_have_a_direction_of_their_own():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]])
    distances, rows = nearest(X, None, 3, metric="cosine")
    np.testing.assert_allclose(distances, [[0, 1, 1], [1, 1, 2], [0, 1, 1], [1, 1, 2]], rtol=1e-15)
    np.testing.assert_array_equal(rows, [[2, 1, 3], [0, 2, 3], [0, 1, 3], [0, 2, 1]])


def test_any_memory_order():
    X = table(300, 6)
    expected = nearest(X, None, 4)
    for other in (np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2]):
        np.testing.assert_array_equal(nearest(other, None, 4)[1], expected[1])


@pytest.mark.parametrize("d", [4, 20])
def test_an_index_can_be_pickled(d):
    index = NeighborIndex.of(table(200, d))
    copy = pickle.loads(pickle.dumps(index))
    np.testing.assert_array_equal(copy.own_neighbors(5)[0], index.own_neighbors(5)[0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"k": 5}, "5 neighbours are asked for, and a row can have 1 to 4"),
        ({"k": 0}, "0 neighbours are asked for"),
        ({"metric": "hamming"}, "metric must be one of euclidean, .* not 'hamming'"),
        ({"metric": "minkowski", "p": 0.5}, "p must be at least 1, not 0.5"),
        ({"metric": "minkowski", "p": np.nan}, "p must be at least 1, not nan"),
    ],
)
def test_refused(given, message):
    with pytest.raises(ValueError, match=message):
        nearest(table(5, 2), None, **{"k": 1, **given})


def tree_arguments():
    X = table(40, 3)
    sizes = native.tree_sizes(40, 3)
    leaves, rows, boxes, lowest = (
        np.empty(size, dtype) for size, dtype in zip(sizes, ("f8", "i8", "f8", "i8"), strict=True)
    )
    native.build_tree(X, leaves, rows, boxes, lowest)
    return {
        "n_rows": 40,
        "rows": rows,
        "leaves": leaves,
        "boxes": boxes,
        "lowest": lowest,
        "p": 2.0,
        "values": X,
        "places": np.arange(40),
        "excluded": None,
        "sums": np.empty((40, 2)),
        "found": np.empty((40, 2), np.int64),
    }


def product_arguments():
    X = table(20, 3)
    width = native.panel_rows_float64
    count = -(-20 // width)
    return {
        "panels": np.zeros((count, 3, width)),
        "half_norms": np.zeros(count * width),
        "reference": X,
        "scale": 1.0,
        "values": X,
        "scaled": X,
        "query_half_norms": np.zeros(20),
        "places": np.arange(20),
        "excluded": np.arange(20),
        "sums": np.empty((20, 2)),
        "found": np.empty((20, 2), np.int64),
    }


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("n_rows", 400, "arrays of the tree have the wrong sizes"),
        ("boxes", np.empty(3), "arrays of the tree have the wrong sizes"),
        ("p", 0.5, "p must be at least 1"),
        ("places", np.array([0, 40]), "places must be row numbers"),
        ("places", np.array([-1]), "places must be row numbers"),
        ("excluded", np.arange(39), "excluded must have one row number"),
        ("sums", np.empty((39, 2)), "the answers have the wrong shape"),
        ("found", np.empty((40, 3), np.int64), "the answers have the wrong shape"),
        ("values", np.empty((40, 4)), "arrays of the tree have the wrong sizes"),
    ],
)
def test_tree_kernel_checks_sizes(name, wrong, message):
    native.search_tree(**tree_arguments())
    with pytest.raises(ValueError, match=message):
        native.search_tree(**{**tree_arguments(), name: wrong})


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("panels", np.zeros((1, 2, 8)), "panels has the wrong shape"),
        ("half_norms", np.zeros(5), "half_norms has the wrong size"),
        ("scaled", np.zeros((20, 2)), "the queries have the wrong shape"),
        ("query_half_norms", np.zeros(19), "query_half_norms must have one value"),
        ("places", np.array([20]), "places must be row numbers"),
    ],
)
def test_product_kernel_checks_sizes(name, wrong, message):
    native.search_products(**product_arguments())
    with pytest.raises(ValueError, match=message):
        native.search_products(**{**product_arguments(), name: wrong})


def test_build_checks_sizes():
    with pytest.raises(ValueError, match="arrays of the tree have the wrong sizes"):
        native.build_tree(table(40, 3), np.empty(3), np.empty(3, np.int64), np.empty(3), np.empty(3, np.int64))
    with pytest.raises(ValueError, match="a tree needs rows and columns"):
        native.tree_sizes(0, 3)


PROBE = """
import numpy as np
from mixtura.kernels.neighbors import nearest
for d in (5, 20):
    X = np.random.default_rng(d).integers(-9, 9, size=(300, d)).astype(float)
    print(nearest(X, None, 6)[1].tobytes().hex())
"""


@pytest.mark.parametrize("level", kernels.available())
def test_levels_find_the_same_rows(level):
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**os.environ, "MIXTURA_ISA": level},
        check=True,
        capture_output=True,
        text=True,
    )
    for d, found in zip((5, 20), done.stdout.split(), strict=True):
        X = np.random.default_rng(d).integers(-9, 9, size=(300, d)).astype(float)
        rows = np.frombuffer(bytes.fromhex(found), np.int64).reshape(300, 6)
        np.testing.assert_array_equal(rows, by_sorting(X, X, 6, "euclidean", own=True)[1])
