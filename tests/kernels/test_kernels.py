import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from itertools import cycle

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from mixtura import kernels
from problems import assert_close

SHAPES = ("full", "tied", "diagonal", "spherical", "factor")

# Factors of each component, and what is left of the variance of every column.
N_FACTORS, UNIQUE = 5, 0.3
DTYPES = (np.float64, np.float32)
ROW_COUNTS = (1, 2, 255, 256, 257, 1000)
N_COLUMNS = (*range(1, 10), 13, 33)
N_COMPONENTS = (1, 2, 3, 4, 5, 17)

LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "backwards": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
}

# Relative errors: a few hundred roundings in double; in single the exponents in the densities cost most digits.
TOLERANCE = {np.float64: 1e-10, np.float32: 3e-4}


@dataclass(frozen=True, eq=False)
class Problem:
    """A mixture in the form the kernels take, its covariances as matrices, and rows drawn from it."""

    shape: str
    X: np.ndarray
    log_weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    log_constants: np.ndarray
    factors: np.ndarray
    unwhiten: np.ndarray  # from the units of the kernel's moments to those of the table

    def second_size(self):
        count, d = self.means.shape
        return {
            "full": count * packed(d),
            "tied": packed(d),
            "diagonal": count * d,
            "spherical": count,
            "factor": count * d * (1 + N_FACTORS),
        }[self.shape]

    def accumulate(self, X=None, weights=None):
        X = self.X if X is None else X
        counts, first = np.zeros(len(self.means)), np.zeros(self.means.shape)
        second = np.zeros(self.second_size())
        log_likelihood = kernels.accumulate(
            self.shape, X, weights, self.log_constants, self.means, self.factors, counts, first, second
        )
        if self.shape == "tied":
            d = X.shape[1]
            matrix = np.zeros((d, d))
            matrix[np.tril_indices(d)] = second
            matrix = matrix + np.tril(matrix, -1).T
            first = first @ self.unwhiten.T
            second = (self.unwhiten @ matrix @ self.unwhiten.T)[np.tril_indices(d)]
        return log_likelihood, counts, first, second

    def score(self, X=None):
        X = self.X if X is None else X
        log_density = np.full(len(X), np.nan, X.dtype)
        responsibilities = np.full((len(X), len(self.means)), np.nan, X.dtype)
        labels = np.full(len(X), -1)
        kernels.score(
            self.shape,
            X,
            self.log_constants,
            self.means,
            self.factors,
            log_density=log_density,
            responsibilities=responsibilities,
            labels=labels,
        )
        return log_density, responsibilities, labels

    def factor_slopes(self):
        """What is expected of the factors for a deviation of a row."""
        return np.linalg.solve(self.covariances, loadings_of(self.covariances))

    def expected_log_densities(self):
        X = self.X.astype(np.float64)
        return self.log_weights + np.stack(
            [
                multivariate_normal(mean, covariance).logpdf(X).reshape(len(X))
                for mean, covariance in zip(self.means.astype(np.float64), self.covariances, strict=True)
            ],
            axis=1,
        )

    def expected_moments(self, weights=None):
        weights = np.ones(len(self.X)) if weights is None else weights
        log_densities = self.expected_log_densities()
        log_density = logsumexp(log_densities, axis=1)
        z = weights[:, None] * np.exp(log_densities - log_density[:, None])
        c = self.X.astype(np.float64)[:, None, :] - self.means.astype(np.float64)
        matrices = np.einsum("nk,nki,nkj->kij", z, c, c, optimize=True)
        lower = np.tril_indices(c.shape[2])
        second = {
            "full": matrices[(slice(None), *lower)].ravel(),
            "tied": matrices.sum(axis=0)[lower],
            "diagonal": np.diagonal(matrices, axis1=1, axis2=2).ravel(),
            "spherical": np.trace(matrices, axis1=1, axis2=2),
            "factor": np.concatenate(
                [np.diagonal(matrices, axis1=1, axis2=2)[:, :, None], matrices @ self.factor_slopes()], axis=2
            ).ravel(),
        }[self.shape]
        return weights @ log_density, z.sum(axis=0), np.einsum("nk,nki->ki", z, c), second


def loadings_of(covariances):
    """The loadings of covariances with equal unique variances, as many as there are factors."""
    d = covariances.shape[1]
    eigenvalues, axes = np.linalg.eigh(covariances - UNIQUE * np.eye(d))
    loadings = np.zeros((len(covariances), d, N_FACTORS))
    q = min(d, N_FACTORS)
    loadings[:, :, :q] = axes[:, :, -q:] * np.sqrt(np.maximum(eigenvalues[:, None, -q:], 0))
    return loadings


def packed(d):
    return d * (d + 1) // 2


@cache
def problem(shape, dtype, n_rows, d, count, seed=0, spread=2.0):
    random = np.random.default_rng([seed, n_rows, d, count])
    weights = random.dirichlet(np.full(count, 5.0))
    means = (spread * random.normal(size=(count, d))).astype(dtype)
    if shape in ("full", "tied"):
        roots = random.normal(size=(1 if shape == "tied" else count, d, d)) / np.sqrt(d)
        covariances = np.broadcast_to(roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(d), (count, d, d))
    elif shape == "factor":
        roots = random.normal(size=(count, d, N_FACTORS)) / np.sqrt(N_FACTORS)
        covariances = roots @ roots.transpose(0, 2, 1) + UNIQUE * np.eye(d)
    elif shape == "diagonal":
        covariances = np.stack([np.diag(variances) for variances in random.uniform(0.3, 3, size=(count, d))])
    else:
        covariances = random.uniform(0.3, 3, size=count)[:, None, None] * np.eye(d)
    rows = random.choice(count, size=n_rows, p=weights)
    noise = random.normal(size=(n_rows, d))
    X = (means[rows] + np.einsum("nij,nj->ni", np.linalg.cholesky(covariances)[rows], noise)).astype(dtype)
    return assemble(shape, X, np.log(weights), means, covariances)


def assemble(shape, X, log_weights, means, covariances):
    dtype, d = X.dtype, X.shape[1]
    means = means.astype(dtype)
    upper = np.linalg.inv(np.linalg.cholesky(covariances)).transpose(0, 2, 1)
    log_constants = log_weights - np.linalg.slogdet(covariances)[1] / 2 - d / 2 * np.log(2 * np.pi)
    unwhiten = np.eye(d)
    if shape == "full":
        factors = upper.ravel()
    elif shape == "tied":
        center = means.mean(axis=0, dtype=np.float64)
        factors = np.concatenate([upper[0].ravel(), center, ((means - center) @ upper[0]).ravel()])
        unwhiten = np.linalg.inv(upper[0]).T
    elif shape == "factor":
        root, loadings = UNIQUE**-0.5, loadings_of(covariances)
        slopes = np.linalg.solve(covariances, loadings)
        factors = np.concatenate([np.full((*means.shape, 1), root), root * loadings, slopes], axis=2).ravel()
    elif shape == "diagonal":
        factors = np.diagonal(upper, axis1=1, axis2=2).ravel()
    else:
        factors = upper[:, 0, 0].copy()
    return Problem(shape, X, log_weights, means, covariances, log_constants, factors.astype(dtype), unwhiten)


def sizes():
    """Every number of rows with every number of columns, the numbers of components in turn."""
    counts = cycle(N_COMPONENTS)
    return [(n_rows, d, next(counts)) for d in N_COLUMNS for n_rows in ROW_COUNTS[d % 2 :: 2]] + [
        (n_rows, 2, count) for count in N_COMPONENTS for n_rows in (1, 257)
    ]


def weights_of(n_rows):
    weights = np.random.default_rng(n_rows).uniform(0, 3, size=n_rows)
    weights[:: 5 if n_rows > 2 else 9] = 0 if n_rows > 2 else 1.5
    return weights


@pytest.mark.each_value
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_moments_are_those_of_the_reference(shape, dtype, layout, weighted):
    for n_rows, d, count in sizes():
        p = problem(shape, dtype, n_rows, d, count)
        weights = weights_of(n_rows) if weighted else None
        log_likelihood, counts, first, second = p.accumulate(LAYOUTS[layout](p.X), weights)
        expected = p.expected_moments(weights)
        total = n_rows if weights is None else weights.sum()
        tolerance = TOLERANCE[dtype]
        assert_close(log_likelihood, expected[0], tolerance, scale=total)
        assert_close(counts, expected[1], tolerance, scale=total)
        assert_close(first, expected[2], tolerance, scale=total)
        assert_close(second, expected[3], tolerance)


@pytest.mark.each_value
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_those_of_the_reference(shape, dtype, layout):
    for n_rows, d, count in sizes():
        p = problem(shape, dtype, n_rows, d, count)
        log_density, responsibilities, labels = p.score(LAYOUTS[layout](p.X))
        expected = p.expected_log_densities()
        total = logsumexp(expected, axis=1)
        assert_close(log_density, total, TOLERANCE[dtype], scale=1)
        assert_close(responsibilities, np.exp(expected - total[:, None]), TOLERANCE[dtype])
        np.testing.assert_allclose(responsibilities.sum(axis=1), 1, rtol=10 * np.finfo(dtype).eps)
        taken = np.take_along_axis(expected, labels[:, None], axis=1)[:, 0]
        assert_close(taken, expected.max(axis=1), TOLERANCE[dtype], scale=1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_moments_of_parts_add_up_to_those_of_the_whole(shape, dtype):
    p = problem(shape, dtype, 1000, 5, 3)
    weights = weights_of(1000)
    whole = p.accumulate(weights=weights)
    for cuts in ([1], [256], [100, 300, 301, 999]):
        parts = np.split(np.arange(1000), cuts)
        sums = [sum(parts) for parts in zip(*(p.accumulate(p.X[i], weights[i]) for i in parts), strict=True)]
        for mine, expected in zip(sums, whole, strict=True):
            assert_close(mine, expected, 1e-12 if dtype == np.float64 else 1e-6)


def test_moments_are_added_to_what_is_there():
    p = problem("full", np.float64, 257, 3, 2)
    _, counts, first, second = p.accumulate()
    totals = [np.ones_like(counts), np.ones_like(first), np.ones_like(second)]
    kernels.accumulate("full", p.X, None, p.log_constants, p.means, p.factors, *totals)
    for mine, expected in zip(totals, (counts, first, second), strict=True):
        np.testing.assert_allclose(mine, expected + 1, rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_row_has_the_same_scores_wherever_it_stands(shape, dtype):
    for d, count in ((1, 2), (3, 5), (8, 3), (13, 17)):
        p = problem(shape, dtype, 1000, d, count)
        whole = p.score()
        for start, stop in ((0, 1), (1, 2), (3, 260), (255, 257), (517, 1000), (999, 1000)):
            for X in (p.X[start:stop], np.asfortranarray(p.X[start:stop])):
                for mine, expected in zip(p.score(X), whole, strict=True):
                    np.testing.assert_array_equal(mine, expected[start:stop])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_rows_have_no_moments(shape, dtype):
    p = problem(shape, dtype, 10, 3, 2)
    assert all(not np.any(part) for part in p.accumulate(p.X[:0]))
    assert [len(part) for part in p.score(p.X[:0])] == [0, 0, 0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_of_weight_zero_count_for_nothing(shape, dtype):
    p = problem(shape, dtype, 300, 3, 2)
    weights = np.r_[np.ones(200), np.zeros(100)]
    kept = p.accumulate(p.X[:200])
    for mine, expected in zip(p.accumulate(p.X, weights), kept, strict=True):
        assert_close(mine, expected, 1e-12 if dtype == np.float64 else 1e-6)
    assert all(not np.any(part) for part in p.accumulate(p.X, np.zeros(300)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("empty", [0, 1, 2])
def test_a_component_of_weight_zero_takes_no_rows(shape, dtype, empty):
    p = problem(shape, dtype, 300, 3, 3)
    weights = np.full(3, 0.5)
    weights[empty] = 0
    with np.errstate(divide="ignore"):
        p = assemble(shape, p.X, np.log(weights), p.means, p.covariances)
    log_likelihood, counts, first, second = p.accumulate()
    assert counts[empty] == 0
    assert not first[empty].any() or shape == "tied"
    log_density, responsibilities, labels = p.score()
    assert not responsibilities[:, empty].any()
    assert not (labels == empty).any()
    expected = p.expected_moments()
    for mine, theirs in zip((log_likelihood, counts, first, second), expected, strict=True):
        assert_close(mine, theirs, TOLERANCE[dtype], scale=300)
    assert_close(log_density, logsumexp(p.expected_log_densities(), axis=1), TOLERANCE[dtype], scale=1)


FAR = [(np.float64, far) for far in (1e3, 1e8, 1e30, 1e100, 1e150, 1e160, 1e200, 1e300)]
FAR += [(np.float32, far) for far in (1e3, 1e8, 1e15, 1e18, 1e19, 1e25, 1e30, 1e38)]


@pytest.mark.parametrize(("dtype", "far"), FAR)
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_far_away_never_give_nan(shape, dtype, far):
    for d, count in ((1, 1), (2, 2), (5, 3)):
        p = problem(shape, dtype, 300, d, count)
        X = p.X.copy()
        X[7], X[131] = far, -far
        X[132, 0], X[299, -1] = far, -far
        log_density, responsibilities, labels = p.score(X)
        assert np.isfinite(log_density).all()
        assert np.isfinite(responsibilities).all()
        assert ((labels >= 0) & (labels < count)).all()
        kept = np.delete(np.arange(300), [7, 131, 132, 299])
        for mine, expected in zip((log_density, responsibilities, labels), p.score(), strict=True):
            np.testing.assert_array_equal(mine[kept], expected[kept])
        moments = p.accumulate(X)
        assert not any(np.isnan(part).any() for part in moments)
        # Rows that no component claims add nothing to the moments.
        if not responsibilities[[7, 131, 132, 299]].any():
            for mine, expected in zip(moments[1:], p.accumulate(X[kept])[1:], strict=True):
                assert_close(mine, expected, TOLERANCE[dtype])


@pytest.mark.parametrize("shape", SHAPES)
def test_single_precision_is_summed_in_double(shape):
    # One component claims every row in full, so that only the sums are rounded.
    p = problem(shape, np.float32, 200_000, 3, 1)
    weights = weights_of(len(p.X))
    _, counts, _, second = p.accumulate(weights=weights)
    _, expected_counts, _, expected_second = p.expected_moments(weights)
    np.testing.assert_allclose(counts, expected_counts, rtol=1e-6)
    np.testing.assert_allclose(second, expected_second, rtol=1e-6, atol=1e-6 * expected_second.max())
    offset = p.accumulate(p.X + np.float32(100), weights)[2]
    expected = weights @ ((p.X + np.float32(100)).astype(np.float64) - p.means)
    np.testing.assert_allclose(offset[0], expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_of_equal_components_is_the_label(shape, dtype):
    p = problem(shape, dtype, 300, 3, 2)
    covariances = np.stack([p.covariances[0]] * 4)
    means = p.means[[1, 0, 0, 1]] + np.array([[50], [0], [0], [50]], dtype)
    p = assemble(shape, p.X, np.log(np.full(4, 0.25)), means, covariances)
    assert (p.score()[2] == 1).all()
    p = assemble(shape, p.X, np.log(np.full(4, 0.25)), means[[1, 1, 1, 1]], covariances)
    _, responsibilities, labels = p.score()
    assert not labels.any()
    np.testing.assert_allclose(responsibilities, 0.25, rtol=10 * np.finfo(dtype).eps)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_not_asked_for_is_left_out(shape):
    p = problem(shape, np.float64, 300, 3, 2)
    log_density, _, labels = p.score()
    out = np.empty(300)
    kernels.score(shape, p.X, p.log_constants, p.means, p.factors, log_density=out)
    np.testing.assert_array_equal(out, log_density)
    out = np.empty(300, dtype=np.int64)
    kernels.score(shape, p.X, p.log_constants, p.means, p.factors, labels=out)
    np.testing.assert_array_equal(out, labels)


def accumulate_arguments(p, **changed):
    count, d = p.means.shape
    arguments = {
        "values": p.X,
        "weights": np.ones(len(p.X)),
        "log_constants": p.log_constants,
        "means": p.means,
        "factors": p.factors,
        "counts": np.zeros(count),
        "first": np.zeros((count, d)),
        "second": np.zeros(p.second_size()),
    }
    return arguments | changed


def score_arguments(p, **changed):
    arguments = {
        "values": p.X,
        "log_constants": p.log_constants,
        "means": p.means,
        "factors": p.factors,
        "log_density": np.empty(len(p.X), p.X.dtype),
        "responsibilities": np.empty((len(p.X), len(p.means)), p.X.dtype),
        "labels": np.empty(len(p.X), np.int64),
    }
    return arguments | changed


def one_more(array):
    return np.concatenate([array, array[:1]])


@pytest.mark.parametrize("shape", SHAPES)
def test_arguments_of_the_wrong_size_are_refused(shape):
    p = problem(shape, np.float64, 10, 3, 2)
    kernels.accumulate(shape, **accumulate_arguments(p))
    kernels.score(shape, **score_arguments(p))
    for name in ("weights", "log_constants", "means", "factors", "counts", "first", "second"):
        arguments = accumulate_arguments(p)
        with pytest.raises(ValueError, match=r"must have one|has the wrong"):
            kernels.accumulate(shape, **(arguments | {name: one_more(arguments[name])}))
    with pytest.raises(ValueError, match="one column for each column"):
        kernels.accumulate(shape, **accumulate_arguments(p, values=p.X[:, :2]))
    for name in ("log_constants", "means", "factors", "log_density", "responsibilities", "labels"):
        arguments = score_arguments(p)
        with pytest.raises(ValueError, match=r"must have one|has the wrong"):
            kernels.score(shape, **(arguments | {name: one_more(arguments[name])}))


@pytest.mark.parametrize("shape", SHAPES)
def test_arguments_of_the_wrong_type_are_refused(shape):
    p = problem(shape, np.float64, 10, 3, 2)
    single = np.float32
    wrong = [
        {"values": p.X.astype(single)},
        {"values": p.X.astype(int)},
        {"values": p.X.tolist()},
        {"values": p.X[0]},
        {"means": p.means.astype(single)},
        {"factors": p.factors.astype(single)},
    ]
    totals = [{"counts": np.zeros(2, single)}, {"first": np.zeros((3, 2)).T}, {"second": None}]
    for changed in wrong + totals:
        with pytest.raises(TypeError):
            kernels.accumulate(shape, **accumulate_arguments(p, **changed))
    outputs = [
        {"log_density": np.empty(10, single)},
        {"responsibilities": np.empty((2, 10)).T},
        {"labels": np.empty(10, np.int32)},
        {"labels": np.empty(20, np.int64)[::2]},
    ]
    for changed in wrong + outputs:
        with pytest.raises(TypeError):
            kernels.score(shape, **score_arguments(p, **changed))


# Runs every pass on the problems in a file, at the level that the environment forces, and writes the results.
AT_A_LEVEL = """
import sys
import numpy as np
from mixtura import kernels
source = np.load(sys.argv[1])
results = {"level": kernels.level}
for name in sorted({key.split("/")[0] for key in source}):
    shape = name.split(" ")[0]
    X, log_constants, means, factors, size = (source[f"{name}/{i}"] for i in range(5))
    counts, first, second = np.zeros(len(means)), np.zeros(means.shape), np.zeros(size)
    results[name + "/0"] = kernels.accumulate(shape, X, None, log_constants, means, factors, counts, first, second)
    log_density, shares = np.empty(len(X), X.dtype), np.empty((len(X), len(means)), X.dtype)
    kernels.score(shape, X, log_constants, means, factors, log_density=log_density, responsibilities=shares)
    for i, part in enumerate((counts, first, second, log_density, shares)):
        results[f"{name}/{i + 1}"] = part
np.savez(sys.argv[2], **results)
"""


@pytest.mark.skipif(len(kernels.available()) < 2, reason="this processor has one level only")
def test_all_levels_give_the_same_answers(tmp_path):
    arrays = {}
    for shape in SHAPES:
        for n_rows, d, count in ((257, 1, 1), (1000, 2, 3), (1000, 6, 5), (300, 13, 4), (300, 33, 17)):
            p = problem(shape, np.float64, n_rows, d, count)
            parts = (p.X, p.log_constants, p.means, p.factors, p.second_size())
            arrays |= {f"{shape} {n_rows} {d} {count}/{i}": part for i, part in enumerate(parts)}
    np.savez(tmp_path / "problems.npz", **arrays)
    results = []
    for level in kernels.available():
        out = tmp_path / f"{level}.npz"
        subprocess.run(
            [sys.executable, "-c", AT_A_LEVEL, str(tmp_path / "problems.npz"), str(out)],
            env=os.environ | {"MIXTURA_ISA": level},
            check=True,
        )
        results.append(dict(np.load(out)))
        assert results[-1].pop("level") == level
    for other in results[1:]:
        for name, expected in results[0].items():
            assert_close(other[name], expected, 1e-12)


@pytest.mark.parametrize("level", ["v9", "plain"])
@pytest.mark.skipif("plain" in kernels.available(), reason="only x86-64 has levels")
def test_an_unknown_level_is_refused(level):
    done = subprocess.run(
        [sys.executable, "-c", "import mixtura.kernels"],
        env=os.environ | {"MIXTURA_ISA": level},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"ImportError: MIXTURA_ISA='{level}': this processor and build offer v2" in done.stderr


@pytest.mark.skipif("v4" not in kernels.available(), reason="pretends that this processor has less than it has")
def test_a_level_that_the_processor_does_not_have_is_refused(monkeypatch):
    monkeypatch.setattr(kernels._base(), "processor_level", "v3")
    monkeypatch.setenv("MIXTURA_ISA", "v4")
    with pytest.raises(ImportError, match="MIXTURA_ISA='v4': this processor and build offer v2, v3; unset it"):
        kernels._choose()
    monkeypatch.setenv("MIXTURA_ISA", "v3")
    assert kernels._choose().level == "v3"
