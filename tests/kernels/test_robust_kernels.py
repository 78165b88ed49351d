"""Student's t components, a uniform component and a floor in the passes, against SciPy and sums in NumPy."""

import os
import subprocess
import sys
from itertools import cycle

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_t

from mixtura import kernels
from problems import assert_close

SHAPES = ("full", "tied", "diagonal", "spherical")
DTYPES = (np.float64, np.float32)
SIZES = [
    (n_rows, d, count)
    for (n_rows, d), count in zip(
        [(n_rows, d) for d in (1, 3, 9, 33) for n_rows in (1, 255, 257, 1000)], cycle((1, 3, 17)), strict=False
    )
]

# Relative errors: (nu + d) / 2 times the rounding of a logarithm, and the sums of many of them.
TOLERANCE = {np.float64: 1e-10, np.float32: 1e-3}


class Case:
    """A mixture in the form that the kernels take, rows from it, and what a pass should make of them."""

    def __init__(self, shape, dtype, n_rows, d, count, *, student=True, background=-np.inf):
        random = np.random.default_rng([n_rows, d, count])
        self.shape, self.dtype, self.background = shape, dtype, background
        self.means = (2 * random.normal(size=(count, d))).astype(dtype)
        roots = random.normal(size=(1 if shape == "tied" else count, d, d)) / np.sqrt(d)
        matrices = np.broadcast_to(roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(d), (count, d, d))
        if shape == "diagonal":
            matrices = matrices * np.eye(d)
        elif shape == "spherical":
            matrices = np.trace(matrices, axis1=1, axis2=2)[:, None, None] / d * np.eye(d)
        self.matrices = matrices
        self.log_weights = np.log(random.dirichlet(np.full(count, 5.0)))
        self.degrees = random.uniform(0.7, 30, size=count) if student else None
        labels = random.integers(count, size=n_rows)
        normal = np.einsum("nij,nj->ni", np.linalg.cholesky(matrices)[labels], random.normal(size=(n_rows, d)))
        self.X = (self.means[labels] + normal / np.sqrt(random.chisquare(3, size=(n_rows, 1)) / 3)).astype(dtype)
        self.weights = random.uniform(0, 3, size=n_rows)
        self.weights[1::5] = 0
        upper = np.linalg.inv(np.linalg.cholesky(matrices)).transpose(0, 2, 1)
        self.unwhiten = np.linalg.inv(upper[0]).T if shape == "tied" else np.eye(d)
        center = self.means.mean(axis=0, dtype=np.float64)
        self.factors = {
            "full": upper.ravel(),
            "tied": np.concatenate([upper[0].ravel(), center, ((self.means - center) @ upper[0]).ravel()]),
            "diagonal": np.diagonal(upper, axis1=1, axis2=2).ravel(),
            "spherical": upper[:, 0, 0].copy(),
        }[shape].astype(dtype)
        reference = [self._distribution(k).logpdf(self.means[k].astype(float)) for k in range(count)]
        self.log_constants = self.log_weights + np.array(reference)

    def _distribution(self, k):
        degrees = np.inf if self.degrees is None else self.degrees[k]
        return multivariate_t(self.means[k].astype(float), self.matrices[k], df=degrees)

    def log_densities(self):
        X = self.X.astype(np.float64)
        parts = [self._distribution(k).logpdf(X).reshape(len(X)) for k in range(len(self.means))]
        return self.log_weights + np.stack(parts, axis=1)

    def distances(self):
        c = self.X.astype(np.float64)[:, None] - self.means.astype(np.float64)
        return c, np.einsum("nki,kij,nkj->nk", c, np.linalg.inv(self.matrices), c, optimize=True)

    def expected(self, floor=-np.inf):
        """Return log-likelihood, counts, first, second moments, tails and log densities, by brute force."""
        log_densities = self.log_densities()
        log_density = np.logaddexp(logsumexp(log_densities, axis=1), self.background)
        weights = np.where(log_density > floor, self.weights, 0)
        z = weights[:, None] * np.exp(log_densities - log_density[:, None])
        c, q = self.distances()
        d, tails, u = c.shape[2], None, np.ones_like(q)
        if self.degrees is not None:
            u = (self.degrees + d) / (self.degrees + q)
            tails = np.stack([z.sum(axis=0), (z * (np.log(u) - u)).sum(axis=0)])
        matrices = np.einsum("nk,nki,nkj->kij", z * u, c, c, optimize=True)
        second = {
            "full": matrices,
            "tied": matrices.sum(axis=0),
            "diagonal": np.diagonal(matrices, axis1=1, axis2=2),
            "spherical": np.trace(matrices, axis1=1, axis2=2),
        }[self.shape]
        first = np.einsum("nk,nki->ki", z * u, c)
        return weights @ log_density, (z * u).sum(axis=0), first, second, tails, log_density

    def arguments(self, X=None, weights=None):
        count, d = self.means.shape
        packed = d * (d + 1) // 2
        size = {"full": count * packed, "tied": packed, "diagonal": count * d, "spherical": count}[self.shape]
        return {
            "values": self.X if X is None else X,
            "weights": self.weights if weights is None else weights,
            "log_constants": self.log_constants,
            "means": self.means,
            "factors": self.factors,
            "counts": np.zeros(count),
            "first": np.zeros((count, d)),
            "second": np.zeros(size),
            "degrees_of_freedom": self.degrees,
            "tails": None if self.degrees is None else np.zeros((2, count)),
            "log_background": self.background,
        }

    def accumulate(self, X=None, weights=None, floor=-np.inf):
        a = self.arguments(X, weights)
        log_density = np.full(len(a["values"]), np.nan, self.dtype)
        log_likelihood = kernels.accumulate(self.shape, **a, floor=floor, log_density=log_density)
        first, second, d = a["first"], a["second"], self.means.shape[1]
        if self.shape in ("full", "tied"):
            matrices = np.zeros((len(second) * 2 // (d * (d + 1)), d, d))
            matrices[(slice(None), *np.tril_indices(d))] = second.reshape(len(matrices), -1)
            matrices = matrices + np.tril(matrices, -1).transpose(0, 2, 1)
            first, second = first @ self.unwhiten.T, self.unwhiten @ matrices @ self.unwhiten.T
            second = second[0] if self.shape == "tied" else second
        elif self.shape == "diagonal":
            second = second.reshape(-1, d)
        return log_likelihood, a["counts"], first, second, a["tails"], log_density

    def score(self, X=None):
        X = self.X if X is None else X
        shares, log_density = (
            np.full((len(X), len(self.means)), np.nan, self.dtype),
            np.full(len(X), np.nan, self.dtype),
        )
        labels = np.full(len(X), -1)
        kernels.score(
            self.shape,
            X,
            self.log_constants,
            self.means,
            self.factors,
            degrees_of_freedom=self.degrees,
            log_density=log_density,
            responsibilities=shares,
            labels=labels,
        )
        return log_density, shares, labels


def assert_moments(mine, expected, dtype, total):
    tolerance = TOLERANCE[dtype]
    for part, other in zip(mine[:3], expected[:3], strict=True):
        assert_close(part, other, tolerance, scale=max(total, np.abs(other).max()))
    assert_close(mine[3], expected[3], tolerance)
    if expected[4] is not None:
        assert_close(mine[4], expected[4], tolerance, scale=max(total, np.abs(expected[4]).max()))
    assert_close(mine[5], expected[5], tolerance, scale=1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_student_moments_are_those_of_the_reference(shape, dtype):
    for n_rows, d, count in SIZES:
        case = Case(shape, dtype, n_rows, d, count)
        mine = case.accumulate()
        assert mine[4].shape == (2, count)
        assert_moments(mine, case.expected(), dtype, total=max(case.weights.sum(), 1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_student_scores_are_those_of_the_reference(shape, dtype):
    for n_rows, d, count in SIZES:
        case = Case(shape, dtype, n_rows, d, count)
        log_density, shares, labels = case.score()
        expected = case.log_densities()
        total = logsumexp(expected, axis=1)
        assert_close(log_density, total, TOLERANCE[dtype], scale=1)
        assert_close(shares, np.exp(expected - total[:, None]), TOLERANCE[dtype])
        taken = np.take_along_axis(expected, labels[:, None], axis=1)[:, 0]
        assert_close(taken, expected.max(axis=1), TOLERANCE[dtype], scale=1)


@pytest.mark.pairwise
@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_background_is_one_more_component(shape, dtype, student):
    for n_rows, d, count in SIZES:
        background = float(np.median(Case(shape, dtype, n_rows, d, count, student=student).expected()[5]))
        case = Case(shape, dtype, n_rows, d, count, student=student, background=background)
        mine, expected = case.accumulate(), case.expected()
        assert_moments(mine, expected, dtype, total=max(case.weights.sum(), 1))
        z = mine[1] if mine[4] is None else mine[4][0]
        assert z.sum() < case.weights.sum() or case.weights.sum() == 0


@pytest.mark.pairwise
@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("background", [-np.inf, -20.0])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_at_or_below_the_floor_add_nothing(shape, dtype, background, student):
    for n_rows, d, count in SIZES:
        case = Case(shape, dtype, n_rows, d, count, student=student, background=background)
        log_density = case.accumulate()[5]
        # A value that a row has: that row is left out too.
        floor = float(np.sort(log_density)[len(log_density) // 3])
        mine = case.accumulate(floor=floor)
        np.testing.assert_array_equal(mine[5], log_density)
        kept = case.accumulate(weights=np.where(log_density > floor, case.weights, 0.0))
        for part, other in zip(mine[:5], kept[:5], strict=True):
            assert part is other is None or np.array_equal(part, other)
        nothing = case.accumulate(floor=float(log_density.max()))
        assert not any(np.any(part) for part in nothing[:5] if part is not None)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_log_densities_of_both_passes_agree(shape, dtype):
    case = Case(shape, dtype, 1000, 3, 3)
    assert_close(case.score()[0], case.accumulate()[5], 4 * np.finfo(dtype).eps, scale=1)


FAR = [(np.float64, far) for far in (1e8, 1e100, 1e150, 1e160, 1e200, 1e300)]
FAR += [(np.float32, far) for far in (1e8, 1e15, 1e19, 1e25, 1e30, 1e38)]


@pytest.mark.pairwise
@pytest.mark.parametrize("background", [-np.inf, -30.0, 700.0])
@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize(("dtype", "far"), FAR)
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_far_away_never_give_nan(shape, dtype, far, student, background):
    for d, count in ((1, 1), (2, 3), (5, 3)):
        case = Case(shape, dtype, 300, d, count, student=student, background=background)
        X = case.X.copy()
        outliers = [7, 131, 132, 299]
        X[7], X[131] = far, -far
        X[132, 0], X[299, -1] = far, -far
        moments = case.accumulate(X)
        assert not any(np.isnan(part).any() for part in moments if part is not None)
        assert np.isfinite(moments[5]).all()
        kept = np.delete(np.arange(300), outliers)
        np.testing.assert_array_equal(moments[5][kept], case.accumulate()[5][kept])
        log_density, shares, labels = case.score(X)
        assert np.isfinite(log_density).all()
        assert np.isfinite(shares).all()
        assert ((labels >= 0) & (labels < count)).all()
        # Left out by the floor, they add nothing at all.
        floor = float(moments[5][outliers].max())
        if floor < moments[5][kept].min():
            expected = case.accumulate(weights=np.where(np.isin(np.arange(300), outliers), 0.0, case.weights))
            for mine, theirs in zip(case.accumulate(X, floor=floor)[:5], expected[:5], strict=True):
                assert mine is theirs is None or np.array_equal(mine, theirs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_student_density_falls_as_a_power_far_away(shape, dtype):
    far = {np.float64: 1e100, np.float32: 1e12}[dtype]
    case = Case(shape, dtype, 10, 2, 1)
    X = np.array([[far, 0], [2 * far, 0]], dtype)
    near, further = case.score(X)[0].astype(float)
    assert near - further == pytest.approx((case.degrees[0] + 2) * np.log(2), rel=TOLERANCE[dtype])


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_of_weight_zero_count_for_nothing(shape, student):
    case = Case(shape, np.float64, 300, 3, 3, student=student, background=-10.0)
    weights = np.r_[np.ones(200), np.zeros(100)]
    for mine, expected in zip(
        case.accumulate(weights=weights)[:5], case.accumulate(case.X[:200], weights[:200])[:5], strict=True
    ):
        assert mine is expected is None or np.allclose(mine, expected, rtol=1e-12, atol=1e-10)
    nothing = case.accumulate(weights=np.zeros(300))
    assert not any(np.any(part) for part in nothing[:5] if part is not None)


@pytest.mark.pairwise
@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_background_of_any_height(shape, dtype, student):
    """A background above every density takes all rows; one below all of them takes none."""
    highest = Case(shape, dtype, 257, 3, 3, student=student, background=800.0)
    moments = highest.accumulate()
    np.testing.assert_array_equal(moments[5], 800)
    assert moments[0] == pytest.approx(800 * highest.weights.sum(), rel=1e-6)
    assert not any(np.any(part) for part in moments[1:5] if part is not None)
    lowest = Case(shape, dtype, 257, 3, 3, student=student, background=-1e6)
    without = Case(shape, dtype, 257, 3, 3, student=student)
    for mine, expected in zip(lowest.accumulate(), without.accumulate(), strict=True):
        if mine is not None:
            assert_close(mine, expected, TOLERANCE[dtype])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_student_component_of_weight_zero_takes_no_rows(shape):
    case = Case(shape, np.float64, 300, 3, 3)
    case.log_constants[1] = -np.inf
    moments, (_, shares, labels) = case.accumulate(), case.score()
    assert moments[1][1] == moments[4][0][1] == moments[4][1][1] == 0
    assert not any(np.isnan(part).any() for part in moments)
    assert not shares[:, 1].any()
    assert not (labels == 1).any()


@pytest.mark.parametrize("shape", SHAPES)
def test_many_degrees_of_freedom_are_a_normal_distribution(shape):
    student, normal = Case(shape, np.float64, 257, 3, 3), Case(shape, np.float64, 257, 3, 3, student=False)
    student.X = normal.X = normal.X[:50] / 3
    student.degrees = np.full(3, 1e7)
    student.log_constants = normal.log_constants
    np.testing.assert_allclose(student.score()[0], normal.score()[0], rtol=1e-4)


# Robust arguments of the wrong size, type or company.

WRONG_SIZE = [
    ({"degrees_of_freedom": np.full(4, 5.0)}, "degrees_of_freedom must have one value for each component"),
    ({"tails": np.zeros((2, 4))}, "tails has the wrong shape"),
    ({"tails": np.zeros((3, 3))}, "tails has the wrong shape"),
    ({"tails": None}, "tails go with degrees_of_freedom"),
    ({"degrees_of_freedom": None}, "tails go with degrees_of_freedom"),
    ({"log_density": np.empty(11)}, "log_density has the wrong size"),
]
WRONG_TYPE = [
    {"degrees_of_freedom": np.full((3, 1), 5.0)},
    {"tails": np.zeros((2, 3), np.float32)},
    {"tails": np.zeros((3, 2)).T},
    {"tails": np.zeros(6)},
    {"log_density": np.empty(10, np.float32)},
    {"log_density": np.empty(20)[::2]},
    {"log_background": None},
    {"floor": "low"},
]


@pytest.mark.parametrize("shape", SHAPES)
def test_robust_arguments_are_checked(shape):
    case = Case(shape, np.float64, 10, 3, 3)
    arguments = case.arguments() | {"floor": -np.inf, "log_density": np.empty(10)}
    assert np.isfinite(kernels.accumulate(shape, **arguments))
    for changed, sentence in WRONG_SIZE:
        with pytest.raises(ValueError, match=sentence):
            kernels.accumulate(shape, **(arguments | changed))
    for changed in WRONG_TYPE:
        with pytest.raises(TypeError):
            kernels.accumulate(shape, **(arguments | changed))
    scored = (case.X, case.log_constants, case.means, case.factors)
    with pytest.raises(ValueError, match="degrees_of_freedom must have one value for each component"):
        kernels.score(shape, *scored, degrees_of_freedom=np.full(2, 5.0), log_density=np.empty(10))


# Runs a robust pass over each case in a file, at the level that the environment forces, and writes the results.
AT_A_LEVEL = """
import sys
import numpy as np
from mixtura import kernels
source, results = np.load(sys.argv[1]), {"level": kernels.level}
for name in sorted({key.split("/")[0] for key in source}):
    a = {key.split("/")[1]: source[key] for key in source if key.split("/")[0] == name}
    a["log_background"], floor = float(a["log_background"]), float(a.pop("floor"))
    log_density = np.empty(len(a["values"]))
    likelihood = kernels.accumulate(name.split(" ")[0], **a, floor=floor, log_density=log_density)
    for key in ("counts", "first", "second", "tails"):
        results[f"{name}/{key}"] = a[key]
    results[f"{name}/likelihood"], results[f"{name}/log_density"] = likelihood, log_density
np.savez(sys.argv[2], **results)
"""


def test_every_level_gives_the_same_answers(tmp_path):
    cases, arrays = {}, {}
    for shape in SHAPES:
        for n_rows, d, count in ((257, 1, 1), (1000, 3, 3), (300, 9, 17)):
            case = Case(shape, np.float64, n_rows, d, count, background=-8.0)
            name, floor = f"{shape} {n_rows} {d}", float(np.quantile(case.expected()[5], 0.2))
            cases[name] = case, floor
            arrays |= {f"{name}/{key}": part for key, part in (case.arguments() | {"floor": floor}).items()}
    np.savez(tmp_path / "cases.npz", **arrays)
    for level in kernels.available():
        out = tmp_path / f"{level}.npz"
        subprocess.run(
            [sys.executable, "-c", AT_A_LEVEL, str(tmp_path / "cases.npz"), str(out)],
            env=os.environ | {"MIXTURA_ISA": level},
            check=True,
        )
        results = np.load(out)
        assert results["level"] == level
        for name, (case, floor) in cases.items():
            likelihood, counts, _, _, tails, log_density = case.expected(floor)
            assert_close(results[f"{name}/likelihood"], likelihood, 1e-10)
            assert_close(results[f"{name}/counts"], counts, 1e-10)
            assert_close(results[f"{name}/tails"], tails, 1e-10)
            assert_close(results[f"{name}/log_density"], log_density, 1e-10)
            mine = case.arguments()
            kernels.accumulate(case.shape, **mine, floor=floor)
            assert_close(results[f"{name}/first"], mine["first"], 1e-11)
            assert_close(results[f"{name}/second"], mine["second"], 1e-11)
