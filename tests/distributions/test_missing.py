"""Passes over rows with missing values, against sums over single rows with SciPy's distributions."""

import pickle

import numpy as np
import pytest
from scipy.special import digamma, gammaln, logsumexp
from scipy.stats import multivariate_normal, multivariate_t

from mixtura.distributions.matrices import regressions
from mixtura.distributions.missing import ObservedPasses, patterns_of, sorted_by_pattern
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.passes import Passes
from mixtura.distributions.shapes import SEARCHED, SHAPES
from mixtura.engines import ThreadEngine
from mixtura.intake.sample import take_sample
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation, passes_for
from mixtura.mixtures.em.overview import overview
from mixtura.rows import ArrayRows, Block, SelectedRows, rows_per_block

D, K = 5, 3
SUMS = ("weight", "log_likelihood", "counts", "first", "second", "tails")

each_shape = pytest.mark.parametrize("shape", sorted(SEARCHED))
each_family = pytest.mark.parametrize("student", [False, True], ids=["normal", "t"])


def mixture_of(shape, *, student=False, noise=None, seed=0):
    random = np.random.default_rng(seed)
    roots = random.normal(size=(K, D, D)) / 2
    full = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(D)
    values = {
        "full": full,
        "tied": full[0],
        "diag": np.stack([np.diag(matrix) for matrix in full]),
        "spherical": np.array([0.7, 1.2, 2.0]),
    }[shape]
    weights = np.array([0.2, 0.3, 0.5]) * (1 if noise is None else 1 - noise.weight)
    degrees = [2.5, 5.0, 30.0] if student else None
    return Mixture(weights, 2 * random.normal(size=(K, D)), SHAPES[shape](values, K, D), degrees, noise)


def table(n_rows=60, share=0.35, seed=1, n_columns=D):
    """Rows that miss values here and there; the first misses nothing, the second everything."""
    random = np.random.default_rng(seed)
    X = 2 * random.normal(size=(n_rows, n_columns))
    X[random.random(X.shape) < share] = np.nan
    X[0] = 0.5
    X[1] = np.nan
    return X


def of_rows(mixture, X, weights):
    """Return log densities, responsibilities and the expected sums of rows, one row after the other."""
    mu, dense, nu = mixture.means, mixture.covariance.dense, mixture.degrees_of_freedom
    log_density, shares = np.zeros(len(X)), np.tile(mixture.weights, (len(X), 1))
    counts, masses, logs = np.zeros(K), np.zeros(K), np.zeros(K)
    first, second = np.zeros((K, D)), np.zeros((K, D, D))
    for i, (x, weight) in enumerate(zip(X, weights, strict=True)):
        o, m = np.flatnonzero(~np.isnan(x)), np.flatnonzero(np.isnan(x))
        if not len(o):
            continue
        inner = dense[:, o[:, None], o]
        joint = np.array(
            [
                np.log(mixture.weights[k])
                + (
                    multivariate_normal(mu[k, o], inner[k]).logpdf(x[o])
                    if nu is None
                    else multivariate_t(mu[k, o], inner[k], nu[k]).logpdf(x[o])
                )
                for k in range(K)
            ]
        )
        if mixture.noise is not None:
            box = mixture.noise
            inside = ((x[o] >= box.lower[o]) & (x[o] <= box.upper[o])).all()
            volume = np.prod(box.upper[o] - box.lower[o])
            joint = np.append(joint, np.log(box.weight / volume) if inside else -np.inf)
        log_density[i] = logsumexp(joint)
        shares[i] = np.exp(joint - log_density[i])[:K]
        for k in range(K):
            slopes = dense[k][np.ix_(m, o)] @ np.linalg.inv(inner[k])
            deviation = np.zeros(D)
            deviation[o] = x[o] - mu[k, o]
            deviation[m] = slopes @ deviation[o]
            left = np.zeros((D, D))
            left[np.ix_(m, m)] = dense[k][np.ix_(m, m)] - slopes @ dense[k][np.ix_(o, m)]
            z, u = weight * shares[i, k], 1.0
            if nu is not None:
                distance = deviation[o] @ np.linalg.inv(inner[k]) @ deviation[o]
                u = (nu[k] + len(o)) / (nu[k] + distance)
                logs[k] += z * (digamma((nu[k] + len(o)) / 2) - np.log((nu[k] + distance) / 2) - u)
            counts[k] += z
            masses[k] += z * u
            first[k] += z * u * deviation
            second[k] += z * (u * np.outer(deviation, deviation) + left)
    return log_density, shares, counts, masses, logs, first, second


def in_layout(shape, second):
    return {
        "full": lambda: second,
        "tied": lambda: second.sum(axis=0),
        "diag": lambda: np.diagonal(second, axis1=1, axis2=2),
        "spherical": lambda: np.trace(second, axis1=1, axis2=2),
    }[shape]()


def table_of_one_pattern():
    X = 2 * np.random.default_rng(4).normal(size=(50, D))
    X[:, [1, 3]] = np.nan
    return X


@each_shape
@each_family
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("X", [table(), table_of_one_pattern()], ids=["many-patterns", "one-pattern"])
def test_moments_are_those_of_single_rows(shape, student, weighted, X):
    mixture = mixture_of(shape, student=student)
    weights = np.random.default_rng(2).uniform(0, 3, len(X)) if weighted else None
    passes = ObservedPasses(mixture.components, np.float64)
    moments = passes.in_units(passes.summarise(Block(X, weights, 0)))
    each = np.ones(len(X)) if weights is None else weights
    log_density, _, counts, masses, logs, first, second = of_rows(mixture, X, each)
    observed = ~np.isnan(X).all(axis=1)
    np.testing.assert_allclose(moments.weight, each[observed].sum(), rtol=1e-12)
    np.testing.assert_allclose(moments.log_likelihood, each @ log_density, rtol=1e-11)
    np.testing.assert_allclose(moments.counts, counts, rtol=1e-10)
    np.testing.assert_allclose(moments.masses, masses, rtol=1e-10)
    np.testing.assert_allclose(moments.first, first, rtol=1e-10, atol=1e-10)
    unpacked = SHAPES[shape].unpacked(moments.second, D)
    np.testing.assert_allclose(unpacked, in_layout(shape, second), rtol=1e-10, atol=1e-10)
    if student:
        # `next_degrees` adds what the expectation of log u lacks for rows of all columns.
        half = (mixture.degrees_of_freedom + D) / 2
        np.testing.assert_allclose(moments.tails[1] + counts * (digamma(half) - np.log(half)), logs, rtol=1e-10)


@each_shape
@each_family
def test_densities_are_those_of_what_was_observed(shape, student):
    mixture, X = mixture_of(shape, student=student), table()
    log_density, shares, *_ = of_rows(mixture, X, np.ones(len(X)))
    np.testing.assert_allclose(mixture.log_density(X), log_density, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(mixture.responsibilities(X), shares, rtol=1e-10, atol=1e-13)
    np.testing.assert_array_equal(mixture.labels(X), shares.argmax(axis=1))


@each_shape
def test_noise_fills_the_box_of_what_was_observed(shape):
    noise = Noise(0.3, np.full(D, -4.0), np.linspace(3.0, 5.0, D))
    mixture, X = mixture_of(shape, noise=noise), table(80)
    log_density, shares, *_ = of_rows(mixture, X, np.ones(len(X)))
    np.testing.assert_allclose(mixture.log_density(X), log_density, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(mixture.responsibilities(X), shares, rtol=1e-10, atol=1e-13)
    outside = 1 - shares.sum(axis=1)
    np.testing.assert_array_equal(mixture.labels(X), np.where(outside > shares.max(axis=1), -1, shares.argmax(axis=1)))
    assert (mixture.labels(X) == -1).any()


def test_likelihoods_leave_out_rows_that_say_nothing():
    mixture, X = mixture_of("full"), table()
    weights = np.random.default_rng(2).uniform(size=len(X))
    log_density, shares, *_ = of_rows(mixture, X, weights)
    observed = ~np.isnan(X).all(axis=1)
    sums = ObservedPasses(mixture.components, np.float64).likelihoods(Block(X, weights, 0))
    assigned = np.log(shares.max(axis=1))[observed]
    np.testing.assert_allclose(
        sums, [weights @ log_density, weights[observed] @ assigned, weights[observed].sum()], rtol=1e-10
    )


@each_shape
def test_rows_at_or_below_a_floor_are_left_out(shape):
    mixture, X = mixture_of(shape), table()
    passes = ObservedPasses(mixture.components, np.float64)
    log_density = np.empty(len(X))
    floor = np.median(mixture.log_density(X))
    moments = passes.accumulate(Block(X, None, 0), floor=floor, log_density=log_density)
    np.testing.assert_allclose(log_density, mixture.log_density(X), rtol=1e-12, atol=1e-13)
    kept = passes.summarise(Block(X[mixture.log_density(X) > floor], None, 0))
    np.testing.assert_allclose(moments.counts, kept.counts, rtol=1e-10)
    np.testing.assert_allclose(moments.second, kept.second, rtol=1e-9, atol=1e-10)


@each_shape
@each_family
def test_complete_rows_have_the_moments_of_the_complete_pass(shape, student):
    mixture = mixture_of(shape, student=student)
    rows = ArrayRows(np.random.default_rng(3).normal(size=(500, D)))
    complete = Passes(mixture.components, np.float64).moments(rows, ThreadEngine(1))
    observed = ObservedPasses(mixture.components, np.float64).moments(rows, ThreadEngine(1))
    for name in SUMS[: 6 if student else 5]:
        np.testing.assert_allclose(getattr(observed, name), getattr(complete, name), rtol=1e-12, atol=1e-12)


def test_complete_rows_take_the_complete_pass():
    components, X = mixture_of("full").components, np.zeros((3, D))
    assert isinstance(passes_for(components, ArrayRows(X)), Passes)
    assert isinstance(passes_for(components, ArrayRows(X, missing="allow")), ObservedPasses)


@each_shape
@each_family
def test_blocks_may_be_cut_anywhere(shape, student):
    mixture, X = mixture_of(shape, student=student), table(400)
    passes = ObservedPasses(mixture.components, np.float64)
    whole = passes.summarise(Block(X, None, 0))
    parts = [passes.summarise(Block(X[first : first + 37], None, first)) for first in range(0, 400, 37)]
    total = sum(parts, passes.zero)
    for name in SUMS[: 6 if student else 5]:
        np.testing.assert_allclose(getattr(total, name), getattr(whole, name), rtol=1e-11, atol=1e-10)


@each_shape
def test_threads_give_the_same_bits(shape):
    rows = ArrayRows(table(3 * rows_per_block(D) + 100), missing="allow")
    mixture = mixture_of(shape)
    one, two, four = (Expectation(Table(rows, ThreadEngine(n)))(mixture) for n in (1, 2, 4))
    for name in SUMS[:5]:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        np.testing.assert_array_equal(getattr(one, name), getattr(four, name))


@each_shape
def test_sorting_rows_by_pattern_changes_no_sum(shape):
    X = table(rows_per_block(D) + 500)
    weights = np.random.default_rng(6).uniform(size=len(X))
    rows, mixture = ArrayRows(X, sample_weight=weights, missing="allow"), mixture_of(shape)
    sorted_rows = sorted_by_pattern(rows)
    masks = np.concatenate([np.isnan(block.values) for block in sorted_rows.blocks()])
    assert (masks[1:] != masks[:-1]).any(axis=1).sum() == len(np.unique(masks, axis=0)) - 1
    as_they_are = ObservedPasses(mixture.components, np.float64).moments(rows, ThreadEngine(1))
    grouped = Expectation(Table(rows, ThreadEngine(1)))(mixture)
    for name in SUMS[:5]:
        scale = np.abs(getattr(as_they_are, name)).max()
        np.testing.assert_allclose(getattr(grouped, name), getattr(as_they_are, name), rtol=1e-10, atol=1e-12 * scale)


def test_rows_that_are_not_sorted_sorted_by_pattern():
    X = table(2 * rows_per_block(D))
    small, elsewhere = ArrayRows(X[:100], missing="allow"), SelectedRows(ArrayRows(X, missing="allow"), [0, 1])
    complete = ArrayRows(np.zeros((2 * rows_per_block(D), D)))
    for rows in (small, elsewhere, complete):
        assert sorted_by_pattern(rows) is rows


def test_a_row_does_not_depend_on_its_neighbours():
    mixture, X = mixture_of("full"), table(300)
    together = mixture.log_density(X)
    alone = np.array([mixture.log_density(row[None])[0] for row in X[:40]])
    np.testing.assert_array_equal(together[:40], alone)


@each_shape
@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("X", [table(300), table_of_one_pattern()], ids=["many-patterns", "one-pattern"])
def test_single_precision(shape, student, X):
    mixture = mixture_of(shape, student=student)
    narrow = ObservedPasses(mixture.components, np.float32).summarise(Block(X.astype(np.float32), None, 0))
    wide = ObservedPasses(mixture.components, np.float64).summarise(Block(X, None, 0))
    for name in ("counts", "first", "second"):
        scale = np.abs(getattr(wide, name)).max()
        np.testing.assert_allclose(getattr(narrow, name), getattr(wide, name), rtol=1e-4, atol=1e-5 * scale)
    assert mixture.log_density(X.astype(np.float32)).dtype == np.float32


def test_passes_travel():
    passes = ObservedPasses(mixture_of("full").components, np.float64)
    block = Block(table(), None, 0)
    copy = pickle.loads(pickle.dumps(passes))
    np.testing.assert_array_equal(copy.summarise(block).second, passes.summarise(block).second)


@each_shape
@each_family
@pytest.mark.parametrize("n_columns", [12, 41])
def test_columns_that_nearly_follow_from_others(shape, student, n_columns):
    """Against regressions of single rows by SciPy, where what is left of most variances is a millionth."""
    random = np.random.default_rng(7)
    loadings = random.normal(size=(2, n_columns, 2))
    matrices = loadings @ loadings.transpose(0, 2, 1) + 1e-6 * np.eye(n_columns)
    values = {
        "full": matrices,
        "tied": matrices[0],
        "diag": np.diagonal(matrices, axis1=1, axis2=2),
        "spherical": np.array([0.5, 2.0]),
    }[shape]
    covariance = SHAPES[shape](values, 2, n_columns)
    degrees = np.array([3.0, 8.0]) if student else None
    mixture = Mixture([0.4, 0.6], random.normal(size=(2, n_columns)), covariance, degrees)
    draws = [random.multivariate_normal(mixture.means[k], covariance.dense[k], 20) for k in range(2)]
    X = np.concatenate(draws)
    X[random.random(X.shape) < random.choice([0.05, 0.5, 0.95], size=(len(X), 1))] = np.nan
    X = X[~np.isnan(X).all(axis=1)]
    log_density, counts = np.empty(len(X)), np.zeros(2)
    first, second = np.zeros((2, n_columns)), np.zeros((2, n_columns, n_columns))
    rows = []
    for x in X:
        known, missing = np.flatnonzero(~np.isnan(x)), np.flatnonzero(np.isnan(x))
        logs, scales, deviations, left = [], [], [], []
        for k in range(2):
            slopes, rest = (np.asarray(a) for a in regressions(covariance.dense[k], missing, known))
            c = np.zeros(n_columns)
            c[known] = x[known] - mixture.means[k, known]
            c[missing] = slopes @ c[known]
            lower = np.linalg.cholesky(covariance.dense[k][np.ix_(known, known)])
            q = (np.linalg.solve(lower, c[known]) ** 2).sum()
            constant = np.log(mixture.weights[k]) - np.log(np.diagonal(lower)).sum()
            m = len(known)
            if student:
                nu = degrees[k]
                constant += gammaln((nu + m) / 2) - gammaln(nu / 2) - m / 2 * np.log(nu * np.pi)
                logs.append(constant - (nu + m) / 2 * np.log1p(q / nu))
                scales.append((nu + m) / (nu + q))
            else:
                logs.append(constant - m / 2 * np.log(2 * np.pi) - q / 2)
                scales.append(1.0)
            deviations.append(c)
            left.append((missing, rest))
        rows.append((logs, scales, deviations, left))
    for i, (logs, scales, deviations, left) in enumerate(rows):
        log_density[i] = logsumexp(logs)
        for k in range(2):
            z = np.exp(logs[k] - log_density[i])
            counts[k] += z
            first[k] += z * scales[k] * deviations[k]
            second[k] += z * scales[k] * np.outer(deviations[k], deviations[k])
            missing, rest = left[k]
            second[k][np.ix_(missing, missing)] += z * rest
    passes = ObservedPasses(mixture.components, np.float64)
    moments = passes.summarise(Block(X, None, 0))
    np.testing.assert_allclose(passes.log_density(Block(X, None, 0)), log_density, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(moments.counts, counts, rtol=1e-8)
    np.testing.assert_allclose(moments.first, first, rtol=1e-7, atol=1e-8)
    unpacked = SHAPES[shape].unpacked(moments.second, n_columns)
    np.testing.assert_allclose(unpacked, in_layout(shape, second), rtol=1e-7, atol=1e-8)


@each_shape
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_too_far_away_for_a_density_belong_to_nobody(shape, dtype):
    limit = 1e20 if dtype == np.float32 else 1e160
    X = table(40).astype(dtype)
    X[2, 0], X[3, :2], X[4] = limit, -limit, [limit, np.nan, 0, np.nan, 0]
    X[2, 1] = np.nan
    passes = ObservedPasses(mixture_of(shape).components, dtype)
    moments = passes.summarise(Block(X, None, 0))
    near = passes.summarise(Block(np.delete(X, [2, 3, 4], axis=0), None, 0))
    for name in ("counts", "first", "second"):
        np.testing.assert_allclose(getattr(moments, name), getattr(near, name), rtol=1e-5, atol=1e-5)


def test_rows_that_say_nothing_add_nothing():
    passes = ObservedPasses(mixture_of("full").components, np.float64)
    moments = passes.summarise(Block(np.full((7, D), np.nan), None, 0))
    for name in SUMS[:5]:
        assert not np.any(getattr(moments, name))
    assert passes.log_density(Block(np.full((2, D), np.nan), None, 0)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("n_columns", [1, 8, 16, 17, 64, 65, 130])
def test_patterns_are_the_distinct_rows_of_the_mask(n_columns):
    X = table(200, share=1.5 / n_columns, n_columns=n_columns)
    X[50:100] = X[:50]
    known = ~np.isnan(X)
    found = {mask.tobytes(): rows.tolist() for mask, rows in patterns_of(X)}
    expected = {}
    for row, mask in enumerate(known):
        expected.setdefault(mask.tobytes(), []).append(row)
    assert found == expected


def test_patterns_of_any_memory_order():
    X = table(90)
    for same in (np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
        mine, theirs = ({mask.tobytes(): rows.tolist() for mask, rows in patterns_of(Y)} for Y in (same, X))
        assert mine == theirs
        np.testing.assert_array_equal(mixture_of("tied").log_density(same), mixture_of("tied").log_density(X))


def test_sample_is_filled_with_means_of_columns():
    X = table(500)
    sample = take_sample(Table(ArrayRows(X, missing="allow"), ThreadEngine(1)), np.random.RandomState(0), 2)
    known = X[~np.isnan(X).all(axis=1)]
    np.testing.assert_allclose(sample.X, np.where(np.isnan(known), np.nanmean(X, axis=0), known), rtol=1e-12)
    np.testing.assert_array_equal(sample.observed, known)
    assert sample.rows.has_missing
    assert sample.whole


def test_sample_in_which_a_column_has_no_value():
    X = np.random.default_rng(0).normal(size=(5000, 2))
    X[:, 1] = np.nan
    X[4999, 1] = 7.0
    sample = take_sample(
        Table(ArrayRows(X, missing="allow"), ThreadEngine(1)), np.random.RandomState(0), 2, max_rows=50
    )
    assert len(sample.X) == 100
    np.testing.assert_array_equal(sample.X[:, 1], 7.0)


@each_shape
def test_overview_is_the_normal_distribution_of_highest_likelihood(shape):
    random = np.random.default_rng(5)
    X = random.normal(size=(400, D)) @ random.normal(size=(D, D)) + [0, 10, -100, 0, 3]
    complete = overview(Table(ArrayRows(X), ThreadEngine(1)), SHAPES[shape])
    np.testing.assert_allclose(complete.mean, X.mean(axis=0), rtol=1e-12)
    Y = X.copy()
    Y[random.random(X.shape) < 0.2] = np.nan
    found = overview(Table(ArrayRows(Y, missing="allow"), ThreadEngine(1)), SHAPES[shape])
    np.testing.assert_array_equal(found.lower, np.nanmin(Y, axis=0))
    np.testing.assert_array_equal(found.upper, np.nanmax(Y, axis=0))
    np.testing.assert_allclose(found.variances, np.nanvar(Y, axis=0), rtol=1e-10)
    covariance = SHAPES[shape](found.covariance if shape == "tied" else found.covariance[None], 1, D)
    best = Mixture([1.0], found.mean[None], covariance)
    reached = best.log_density(Y).mean()
    for seed in range(20):
        step = 0.01 * np.random.default_rng(seed).normal(size=D) * np.sqrt(found.variances)
        assert Mixture([1.0], found.mean[None] + step, covariance).log_density(Y).mean() < reached
    for factor in (0.98, 1.02):
        other = SHAPES[shape](factor * covariance.values, 1, D)
        assert Mixture([1.0], found.mean[None], other).log_density(Y).mean() < reached
    if shape in ("diag", "spherical"):
        np.testing.assert_allclose(found.mean, np.nanmean(Y, axis=0), rtol=0.1, atol=0.02)
