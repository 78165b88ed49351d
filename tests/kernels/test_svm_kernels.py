"""Kernel sums and the one-class solver beside NumPy, at every size that fills vectors, panels and groups or not."""

import numpy as np
import pytest

from mixtura.kernels import native
from mixtura.kernels.svm import Kernel, matrix, solve, sums

KERNELS = {
    "rbf": (Kernel("rbf", 0.3), lambda x, y: np.exp(-0.3 * ((x[:, None] - y) ** 2).sum(axis=2))),
    "linear": (Kernel("linear"), lambda x, y: x @ y.T),
    "poly": (Kernel("poly", 0.5, 1.0, 3), lambda x, y: (0.5 * (x @ y.T) + 1.0) ** 3),
    "constant": (Kernel("poly", 0.5, 1.0, 0), lambda x, y: np.ones((len(x), len(y)))),
    "sigmoid": (Kernel("sigmoid", 0.2, -0.1), lambda x, y: np.tanh(0.2 * (x @ y.T) - 0.1)),
}
SIZES = [(1, 1, 1), (7, 3, 2), (31, 5, 9), (33, 1, 4), (64, 2, 33), (130, 6, 3)]
TIGHT = {"tolerance": 1e-9, "cache_bytes": 1e8, "shrinking": True, "max_iterations": 10**6}


def rows_of(n_rows, n_columns, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(n_rows, n_columns)).astype(dtype)


def started(kernel_matrix, nu, upper=None):
    """Return the first weights that add up to nu of the bounds, and their slopes."""
    upper = np.ones(len(kernel_matrix)) if upper is None else upper
    alpha = np.clip(nu * upper.sum() - (np.cumsum(upper) - upper), 0, upper)
    return upper, alpha, kernel_matrix @ alpha


def violation(alpha, slopes, upper):
    return slopes[alpha > 0].max() - slopes[alpha < upper].min(initial=np.inf)


@pytest.mark.pairwise
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", KERNELS)
def test_sums_and_matrix_are_those_of_numpy(name, size, dtype):
    kernel, by_numpy = KERNELS[name]
    n_rows, n_columns, n_centers = size
    rows, centers = rows_of(n_rows, n_columns, dtype=dtype), rows_of(n_centers, n_columns, 1)
    coefficients = np.linspace(-1, 2, n_centers)
    expected = by_numpy(rows.astype(np.float64), centers)
    np.testing.assert_allclose(matrix(kernel, rows, centers), expected.T, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(sums(kernel, rows, centers, coefficients), expected @ coefficients, atol=1e-11)


@pytest.mark.parametrize("name", KERNELS)
def test_strides_do_not_matter(name):
    kernel, _ = KERNELS[name]
    rows, centers = rows_of(80, 6), rows_of(5, 3, 1)
    views = (rows[::2, ::2], np.asfortranarray(rows[::2, ::2]), rows[::-2, ::-2][::-1, ::-1][:, [0, 1, 2]])
    contiguous = np.ascontiguousarray(views[0])
    assert np.array_equal(matrix(kernel, views[0], centers), matrix(kernel, contiguous, centers))
    assert np.array_equal(matrix(kernel, views[1], centers), matrix(kernel, contiguous, centers))
    reversed_rows = matrix(kernel, contiguous[::-1], centers)
    assert np.array_equal(reversed_rows[:, ::-1], matrix(kernel, contiguous, centers))
    assert np.array_equal(matrix(kernel, views[2], centers), matrix(kernel, views[2].copy(), centers))


@pytest.mark.parametrize("name", KERNELS)
def test_matrix_is_symmetric_bit_by_bit(name):
    kernel, _ = KERNELS[name]
    rows = rows_of(70, 5)
    values = matrix(kernel, rows, rows)
    assert np.array_equal(values, values.T)


@pytest.mark.parametrize("name", KERNELS)
def test_sum_of_a_row_does_not_depend_on_its_neighbours(name):
    kernel, _ = KERNELS[name]
    rows, centers, coefficients = rows_of(90, 4), rows_of(9, 4, 1), np.arange(9.0)
    whole = sums(kernel, rows, centers, coefficients)
    for part in (slice(0, 1), slice(3, 40), slice(41, 90)):
        assert np.array_equal(sums(kernel, rows[part], centers, coefficients), whole[part])


def test_far_rows_have_a_kernel_of_zero():
    far = np.array([[1e200], [-1e200], [1e3]])
    assert np.array_equal(matrix(Kernel("rbf", 1.0), far, np.zeros((1, 1))), np.zeros((1, 3)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [1, 2, 30, 63, 64, 65, 200])
def test_solver_reaches_the_optimum(n_rows, dtype):
    kernel, by_numpy = KERNELS["rbf"]
    rows = rows_of(n_rows, 3, dtype=dtype)
    gram = by_numpy(rows.astype(np.float64), rows.astype(np.float64))
    upper, alpha, slopes = started(gram, 0.3, np.linspace(0.5, 2, n_rows))
    total = alpha.sum()
    assert solve(kernel, rows, upper, alpha, slopes, **TIGHT | {"tolerance": 1e-5}).end == "tolerance"
    assert alpha.sum() == pytest.approx(total, rel=1e-12)
    assert (alpha >= 0).all()
    assert (alpha <= upper).all()
    np.testing.assert_allclose(slopes, gram @ alpha, atol=1e-5)
    assert violation(alpha, gram @ alpha, upper) < 2e-5


@pytest.mark.parametrize("cache_bytes", [1.0, 60_000.0, 1e8])
@pytest.mark.parametrize("shrinking", [False, True])
def test_cache_and_shrinking_do_not_change_the_optimum(shrinking, cache_bytes):
    """Enough steps that rows are left out and taken in again, with columns in the cache, dropped, and packed."""
    kernel, rows = Kernel("rbf", 8.0), rows_of(700, 2)
    gram = matrix(kernel, rows, rows)
    upper, alpha, slopes = started(gram, 0.2)
    settings = {"tolerance": 1e-4, "cache_bytes": cache_bytes, "shrinking": shrinking, "max_iterations": 10**6}
    solution = solve(kernel, rows, upper, alpha, slopes, **settings)
    assert solution.end == "tolerance"
    assert solution.n_iter > 500
    np.testing.assert_allclose(slopes, gram @ alpha, atol=1e-5)
    assert violation(alpha, gram @ alpha, upper) < 1.2e-4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["rbf", "linear", "poly", "sigmoid"])
def test_kernel_values_given_or_computed_are_the_same_problem(name, dtype):
    kernel, _ = KERNELS[name]
    rows = rows_of(150, 3)
    gram = matrix(kernel, rows, rows).astype(np.float32).astype(dtype)
    computed, given = (started(gram.astype(np.float64), 0.25) for _ in range(2))
    settings = TIGHT | {"tolerance": 1e-4}
    first = solve(kernel, rows, *computed, **settings)
    second = solve(Kernel("precomputed"), np.asfortranarray(gram), *given, **settings)
    assert first == second
    assert np.array_equal(computed[1], given[1])


def test_matrix_of_zeros_needs_no_step():
    upper, alpha, slopes = started(np.zeros((5, 5)), 0.5)
    assert solve(Kernel("precomputed"), np.zeros((5, 5)), upper, alpha, slopes, **TIGHT) == (0, "tolerance")


def test_as_many_steps_as_allowed():
    kernel, rows = Kernel("rbf", 5.0), rows_of(300, 2)
    for most in (0, 1, 7, 120):
        upper, alpha, slopes = started(matrix(kernel, rows, rows), 0.2)
        assert solve(kernel, rows, upper, alpha, slopes, **TIGHT | {"max_iterations": most}) == (most, "limit")
        np.testing.assert_allclose(slopes, matrix(kernel, rows, rows) @ alpha, atol=1e-5)


def test_steps_end_where_single_precision_hides_the_way():
    """The weights can cancel all rows: the slopes are zero, and in single precision they never are."""
    rows = rows_of(100, 4)
    upper, alpha, slopes = started(rows @ rows.T, 0.5)
    solution = solve(Kernel("linear"), rows, upper, alpha, slopes, **TIGHT)
    assert solution.end == "rounding"
    assert solution.n_iter < 10**4
    assert np.abs(rows @ (rows.T @ alpha)).max() < 1e-4


def test_kernel_that_is_no_inner_product_ends():
    gram = np.random.default_rng(0).normal(size=(90, 90))
    gram += gram.T
    upper, alpha, slopes = started(gram, 0.3)
    assert solve(Kernel("precomputed"), gram, upper, alpha, slopes, **TIGHT).end in ("tolerance", "rounding")
    assert violation(alpha, gram @ alpha, upper) < 1e-3


def test_wrong_sizes_are_refused():
    rows, centers = rows_of(6, 3), rows_of(2, 3, 1)
    rbf = ("rbf", 1.0, 0.0, 0)
    one, six = np.zeros(1), np.zeros(6)
    with pytest.raises(ValueError, match="centers must have the columns"):
        sums(Kernel("rbf"), rows, centers[:, :2].copy(), np.ones(2))
    with pytest.raises(ValueError, match="one coefficient"):
        sums(Kernel("rbf"), rows, centers, np.ones(3))
    with pytest.raises(ValueError, match="sums has the wrong size"):
        native.svm_sums(rows, centers, np.ones(2), *rbf, one)
    with pytest.raises(ValueError, match="matrix has the wrong shape"):
        native.svm_matrix(rows, centers, *rbf, np.zeros((6, 2)))
    with pytest.raises(ValueError, match="the kernel must be"):
        sums(Kernel("cubic"), rows, centers, np.ones(2))
    with pytest.raises(ValueError, match="degree must not be negative"):
        sums(Kernel("poly", 1.0, 0.0, -1), rows, centers, np.ones(2))
    with pytest.raises(ValueError, match="one value for each row"):
        solve(Kernel("rbf"), rows, one, six, six.copy(), **TIGHT)
    with pytest.raises(ValueError, match="there must be rows"):
        solve(Kernel("rbf"), rows[:0], one[:0], one[:0].copy(), one[:0].copy(), **TIGHT)
    with pytest.raises(ValueError, match="must be square"):
        solve(Kernel("precomputed"), rows, six, six.copy(), six.copy(), **TIGHT)
