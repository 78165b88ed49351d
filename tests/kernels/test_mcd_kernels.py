"""The kernels of the minimum covariance determinant, against sums in NumPy, on whole and odd numbers of tiles."""

import itertools

import numpy as np
import pytest

from mixtura.kernels import mcd, native

SIZES = [(n, d) for d in (1, 3, 4, 9, 33) for n in (40, 255, 256, 257, 700)]


def tiles_of(X):
    n, d = X.shape
    tiles = np.zeros((-(-n // mcd.TILE_ROWS), d, mcd.TILE_STRIDE))
    for r, row in enumerate(X):
        tiles[r // mcd.TILE_ROWS, :, r % mcd.TILE_ROWS] = row
    return tiles


def table(n, d, seed=0):
    rng = np.random.default_rng([n, d, seed])
    return rng.normal(size=(n, d)) @ (np.eye(d) + rng.normal(size=(d, d)) / (2 * np.sqrt(d)))


def squared_distances(X, location, covariance):
    centred = X - location
    return (centred @ np.linalg.inv(covariance) * centred).sum(axis=1)


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_distances(n, d):
    X = table(n, d)
    upper = np.triu(np.random.default_rng(d).normal(size=(d, d)))
    location = X[0].copy()
    expected = (((X - location) @ upper) ** 2).sum(axis=1)
    np.testing.assert_allclose(mcd.distances(tiles_of(X), n, location, upper), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_average(n, d):
    X = table(n, d)
    support = np.random.default_rng(n).random(n) < 0.6
    location, covariance, n_flat = mcd.average(tiles_of(X), n, support, np.zeros(d))
    np.testing.assert_allclose(location, X[support].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(covariance, np.atleast_2d(np.cov(X[support].T)), atol=1e-11)
    assert n_flat == max(0, d - support.sum() + 1)


def test_average_far_from_where_sums_begin():
    X = table(300, 3) + 1e9
    support = np.ones(300, dtype=bool)
    _, covariance, _ = mcd.average(tiles_of(X), 300, support, np.zeros(3))
    np.testing.assert_allclose(covariance, np.cov(X.T), rtol=1e-10)


@pytest.mark.parametrize("d", [2, 5, 9])
def test_average_counts_flat_directions(d):
    X = table(300, d)
    X[:, -1] = X[:, 0] - 2 * X[:, 1 % (d - 1)]
    _, _, n_flat = mcd.average(tiles_of(X), 300, np.ones(300, dtype=bool), np.zeros(d))
    assert n_flat == 1


@pytest.mark.parametrize(("n", "d"), [(n, d) for n, d in SIZES if n > 3 * d])
def test_one_step_takes_the_nearest_rows(n, d):
    X, h = table(n, d), (n + d + 1) // 2
    location, covariance = X[: 2 * d + 2].mean(axis=0), np.atleast_2d(np.cov(X[: 2 * d + 2].T))
    nearest = np.argsort(squared_distances(X, location, covariance), kind="stable")[:h]
    support = np.empty(n, dtype=np.uint8)
    log_determinant, n_flat = mcd.concentrate(tiles_of(X), n, h, 1, location, covariance, support)
    assert set(np.flatnonzero(support)) == set(nearest)
    np.testing.assert_allclose(location, X[nearest].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(covariance, np.atleast_2d(np.cov(X[nearest].T)), atol=1e-11)
    assert log_determinant == pytest.approx(np.linalg.slogdet(covariance)[1], abs=1e-9)
    assert n_flat == 0


def test_of_equal_distances_the_first_rows_are_taken():
    X = np.array([[1.0], [-1.0]] * 10)
    support = np.empty(20, dtype=np.uint8)
    mcd.concentrate(tiles_of(X), 20, 11, 1, np.zeros(1), np.ones((1, 1)), support)
    assert np.flatnonzero(support).tolist() == list(range(11))


@pytest.mark.parametrize("seed", range(5))
def test_steps_never_raise_the_determinant_and_end(seed):
    X = table(400, 4, seed)
    X[:120] += 8
    tiles, location, covariance, found = tiles_of(X), X[:9].mean(axis=0), np.cov(X[:9].T), []
    for _ in range(60):
        found.append(mcd.concentrate(tiles, 400, 203, 1, location, covariance)[0])
    assert all(after <= before + 1e-12 for before, after in itertools.pairwise(found))
    at_once, matrix = X[:9].mean(axis=0), np.cov(X[:9].T)
    assert mcd.concentrate(tiles, 400, 203, 1000, at_once, matrix)[0] == pytest.approx(found[-1], abs=1e-10)


def test_rows_on_a_hyperplane_are_taken_before_others():
    X = table(300, 3)
    X[:100, 2] = 0.5
    X[100:, 2] += 0.5
    support = np.empty(300, dtype=np.uint8)
    location, covariance = X[:100].mean(axis=0), np.cov(X[:100].T)
    mcd.concentrate(tiles_of(X), 300, 150, 1, location, covariance, support)
    assert support[:100].all()
    assert support.sum() == 150
    log_determinant, n_flat = mcd.concentrate(tiles_of(X), 300, 90, 100, location, covariance, support)
    assert n_flat == 1
    assert np.isfinite(log_determinant)
    assert not support[100:].any()


@pytest.mark.parametrize(("n", "d"), [(30, 2), (300, 5), (300, 33), (513, 9)])
def test_search(n, d):
    X, h = table(n, d), (n + d + 1) // 2
    tiles, seeds = tiles_of(X), np.arange(40, dtype=np.uint64)
    log_determinants, locations, covariances = mcd.search(tiles, n, h, seeds, 2)
    assert len(np.unique(log_determinants)) > 1
    np.testing.assert_allclose(log_determinants, np.linalg.slogdet(covariances)[1], atol=1e-8)
    # A start depends on its seed alone, and not on those before it.
    alone = mcd.search(tiles, n, h, seeds[7:8], 2)
    assert alone[0][0] == log_determinants[7]
    assert np.array_equal(alone[1][0], locations[7])
    # Each has come to the moments of h rows: one step on leaves at most what it was.
    for k in range(5):
        assert mcd.concentrate(tiles, n, h, 1, locations[k], covariances[k])[0] <= log_determinants[k] + 1e-9


def test_search_starts_from_rows_that_repeat():
    X = np.repeat(table(12, 3), 20, axis=0)
    log_determinants, _, _ = mcd.search(tiles_of(X), 240, 150, np.arange(30, dtype=np.uint64), 2)
    assert np.isfinite(log_determinants).all()


def test_search_in_equal_rows():
    log_determinants, locations, covariances = mcd.search(tiles_of(np.ones((9, 2))), 9, 6, np.zeros(1, np.uint64), 2)
    assert np.isfinite(log_determinants).all()
    assert locations.tolist() == [[1.0, 1.0]]
    assert not covariances.any()


def test_values_that_overflow_are_far_and_never_chosen():
    X = table(60, 2)
    X[:20] = 1e200
    support = np.empty(60, dtype=np.uint8)
    location, covariance = np.zeros(2), np.eye(2)
    mcd.concentrate(tiles_of(X), 60, 40, 50, location, covariance, support)
    assert not support[:20].any()
    np.testing.assert_allclose(covariance, np.cov(X[20:].T), rtol=1e-10)


@pytest.mark.parametrize("n", [2, 3, 10, 101])
def test_pairwise_quartile(n):
    values = np.random.default_rng(n).normal(size=n).round(2)
    half = n // 2 + 1
    differences = sorted(abs(a - b) for a, b in itertools.combinations(values, 2))
    assert mcd.pairwise_quartile(values) == differences[half * (half - 1) // 2 - 1]


def arguments(**changes):
    given = {"tiles": np.zeros((2, 3, mcd.TILE_STRIDE)), "n_rows": 300}
    return given | changes


ELLIPSOID = {"location": np.zeros(3), "covariance": np.eye(3)}
BAD = [
    ("mcd_concentrate", ELLIPSOID | {"h": 0, "steps": 1, "support": None}, "h must be"),
    ("mcd_concentrate", ELLIPSOID | {"h": 301, "steps": 1, "support": None}, "h must be"),
    ("mcd_concentrate", ELLIPSOID | {"h": 9, "steps": 0, "support": None}, "steps"),
    ("mcd_concentrate", ELLIPSOID | {"h": 9, "steps": 1, "support": np.zeros(3, np.uint8)}, "support has"),
    ("mcd_concentrate", ELLIPSOID | {"h": 9, "steps": 1, "support": None, "n_rows": 600}, "n_rows does not go"),
    ("mcd_concentrate", ELLIPSOID | {"h": 9, "steps": 1, "support": None, "location": np.zeros(2)}, "location has"),
    ("mcd_concentrate", ELLIPSOID | {"h": 9, "steps": 1, "support": None, "covariance": np.eye(2)}, "covariance has"),
    ("mcd_concentrate", ELLIPSOID | {"h": 9, "steps": 1, "support": None, "tiles": np.zeros((2, 3, 256))}, "stride"),
    ("mcd_distances", {"location": np.zeros(2), "upper": np.eye(3), "out": np.zeros(300)}, "location has"),
    ("mcd_distances", {"location": np.zeros(3), "upper": np.eye(2), "out": np.zeros(300)}, "upper has"),
    ("mcd_distances", {"location": np.zeros(3), "upper": np.eye(3), "out": np.zeros(299)}, "out has"),
    ("mcd_average", ELLIPSOID | {"support": np.zeros(300, np.uint8)}, "no row"),
    ("mcd_average", ELLIPSOID | {"support": np.ones(299, np.uint8)}, "support has"),
]


@pytest.mark.parametrize(("name", "given", "message"), BAD)
def test_sizes_are_checked(name, given, message):
    with pytest.raises(ValueError, match=message):
        getattr(native, name)(**arguments(**given))


@pytest.mark.parametrize(
    ("position", "shape", "message"),
    [(5, (3,), "log_determinants"), (6, (4, 2), "locations"), (7, (4, 3, 2), "covariances")],
)
def test_sizes_of_a_search_are_checked(position, shape, message):
    given = [np.zeros((2, 3, mcd.TILE_STRIDE)), 300, 200, np.zeros(4, np.uint64), 2, np.zeros(4), np.zeros((4, 3))]
    given.append(np.zeros((4, 3, 3)))
    native.mcd_search(*given)
    given[position] = np.zeros(shape)
    with pytest.raises(ValueError, match=message):
        native.mcd_search(*given)


def test_a_single_value_has_no_differences():
    with pytest.raises(ValueError, match="two values"):
        mcd.pairwise_quartile(np.zeros(1))
