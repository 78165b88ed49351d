"""The kernels of the ensemble: a member's density and fit against SciPy and known tables, and what they refuse."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from mixtura.kernels import native
from mixtura.kernels.ensemble import Members, Samples, Units, densities, distances, fit_member, scores

RULES = {"trimmed": 0.25, "prior_rows": 1.0, "iterations": 15}
LEAST = np.full(3, 1e-6)
DTYPES = (np.float64, np.float32)


def member(random, d, width, count, full):
    """Return one member, and the matrices of its covariances."""
    columns = np.sort(random.choice(d, width, replace=False)).astype(np.int32)
    roots = random.normal(size=(count, width, width)) / np.sqrt(width)
    matrices = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(width)
    if not full:
        matrices = matrices * np.eye(width)
    weights, means = random.dirichlet(np.ones(count)), random.normal(size=(count, width))
    upper = np.linalg.inv(np.linalg.cholesky(matrices)).transpose(0, 2, 1)
    log_constants = np.log(weights) - 0.5 * np.linalg.slogdet(2 * np.pi * matrices)[1]
    factors = upper if full else np.diagonal(upper, axis1=1, axis2=2)
    arrays = Members(
        np.array([[full, width, count]], np.int32),
        columns,
        log_constants,
        means.astype(np.float32).ravel(),
        factors.astype(np.float32).ravel(),
        np.array([random.normal()]),
        np.array([random.uniform(1, 3)]),
        np.array([random.uniform(0, 0.1)]),
    )
    return arrays, (columns, weights, means, matrices)


def together(members):
    return Members(*(np.concatenate(parts) for parts in zip(*members, strict=True)))


def scaled(X, units):
    return np.clip((X.astype(np.float64) - units.center) * units.scale, -units.limit, units.limit)


def reference(X, units, definition):
    columns, weights, means, matrices = definition
    Z = scaled(X, units)[:, columns]
    parts = [multivariate_normal(m, C).logpdf(Z).reshape(len(Z)) for m, C in zip(means, matrices, strict=True)]
    return logsumexp(np.log(weights) + np.stack(parts, axis=1), axis=1)


def case(seed, n_rows, d, dtype):
    random = np.random.default_rng(seed)
    X = (5 + 3 * random.normal(size=(n_rows, d))).astype(dtype)
    units = Units(np.full(d, 5.0), np.full(d, 1 / 3), 2.5)
    made = [
        member(random, d, width, count, full)
        for width in sorted({1, min(d, 3), d})
        for count in (1, 4)
        for full in (True, False)
    ]
    members = together([arrays for arrays, _ in made])
    return X, units, members, samples(random, d), [definition for _, definition in made]


def samples(random, d, n_samples=3, n_rows=9, k=3):
    usual = random.normal(size=n_samples), random.uniform(1, 3, n_samples), random.uniform(0, 0.1, n_samples)
    return Samples(k, random.normal(size=(n_samples, n_rows, d)).astype(np.float32), *usual)


def nearest(Z, reference, k):
    """Return the k-th distances by brute force, one row at distance zero left out."""
    ordered = np.sort(np.linalg.norm(Z[:, None] - reference, axis=2), axis=1)
    return np.where(ordered[:, 0] == 0, ordered[:, k], ordered[:, k - 1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n_rows", "d"), [(1, 1), (511, 2), (513, 5), (1030, 9), (100, 37)])
def test_densities_and_scores_are_those_of_scipy(n_rows, d, dtype):
    X, units, members, neighbors, definitions = case(n_rows, n_rows, d, dtype)
    expected = np.stack([reference(X, units, definition) for definition in definitions])
    mine = densities(X, units, members)
    np.testing.assert_allclose(mine, expected, rtol=2e-5, atol=2e-4)
    z = (-expected - members.medians[:, None]) / members.spreads[:, None]
    found = np.stack([nearest(scaled(X, units), reference, neighbors.k) for reference in neighbors.references])
    np.testing.assert_allclose(distances(X, units, neighbors), found, rtol=1e-5, atol=1e-6)
    y = (found - neighbors.medians[:, None]) / neighbors.spreads[:, None]
    outlyingness = members.weights @ (np.sign(z) * np.log1p(np.abs(z)))
    outlyingness += neighbors.weights @ (np.sign(y) * np.log1p(np.abs(y)))
    np.testing.assert_allclose(scores(X, units, members, neighbors), outlyingness, rtol=2e-5, atol=2e-4)


def test_a_row_is_no_neighbour_of_itself():
    random = np.random.default_rng(9)
    X = random.normal(size=(40, 4)).astype(np.float32)
    neighbors = samples(random, 4)._replace(references=np.stack([X[:9], X[9:18], np.repeat(X[:3], 3, axis=0)]))
    mine = distances(X, Units(np.zeros(4), np.ones(4), 10.0), neighbors)
    found = np.stack([nearest(X.astype(float), reference, 3) for reference in neighbors.references.astype(float)])
    np.testing.assert_allclose(mine, found, rtol=1e-5, atol=1e-6)
    assert (mine[0, :9] > 0).all()
    assert (mine[2, :3] > 0).all()  # of three copies one is left out, and the third nearest is another row


@pytest.mark.parametrize("d", [127, 128, 131, 300])
def test_distances_in_more_columns_than_are_taken_together(d):
    random = np.random.default_rng(d)
    X = random.normal(size=(45, d))
    neighbors = samples(random, d, n_rows=10)
    found = np.stack([nearest(X, reference, 3) for reference in neighbors.references.astype(float)])
    np.testing.assert_allclose(distances(X, Units(np.zeros(d), np.ones(d), 10.0), neighbors), found, rtol=1e-5)


def test_any_memory_order_and_place_gives_the_same_bits():
    X, units, members, neighbors, _ = case(1, 1100, 6, np.float64)
    expected = scores(X, units, members, neighbors)
    np.testing.assert_array_equal(scores(np.asfortranarray(X), units, members, neighbors), expected)
    np.testing.assert_array_equal(scores(np.repeat(X, 2, axis=0)[::2], units, members, neighbors), expected)
    np.testing.assert_array_equal(scores(X[700:703], units, members, neighbors), expected[700:703])


def test_columns_without_a_scale_are_not_seen_and_missing_values_lie_in_the_middle():
    X, units, members, neighbors, _ = case(2, 40, 4, np.float64)
    units = units._replace(scale=np.array([1 / 3, 1 / 3, 0.0, 1 / 3]))
    X[:, 2] = 5.0
    usual = scores(X, units, members, neighbors)
    X[3, 2], X[4, 2], X[5, 2] = 5.001, -1e300, np.nan
    np.testing.assert_array_equal(scores(X, units, members, neighbors), usual)
    X[5], X[6] = np.nan, 5.0
    missing, middle = scores(X[5:7], units, members, neighbors)
    assert missing == middle


def test_values_of_any_size_have_finite_scores():
    _, units, members, neighbors, _ = case(3, 1, 3, np.float64)
    largest = np.finfo(np.float64).max
    X = np.array([[largest, -largest, 1e-320], [-largest, 0, largest]])
    for scale in (largest, 5e-324, 1.0):
        extreme = units._replace(scale=np.full(3, scale), center=np.array([-largest, largest, 0]))
        assert np.isfinite(scores(X, extreme, members, neighbors)).all()


@pytest.mark.parametrize("full", [True, False])
def test_one_component_without_trimming_is_the_posterior_mode(full):
    X = np.random.default_rng(0).normal(size=(300, 3)) @ np.array([[2, 1, 0], [0, 1, 0.5], [0, 0, 1]])
    least = np.array([1e-6, 0.5, 30.0])
    log_constants, means, factors = fit_member(
        np.ascontiguousarray(X.T), least, 1, full=full, trimmed=0.0, prior_rows=7.0, iterations=5, seed=1
    )
    covariance = (300 * np.cov(X.T, bias=True) + 7 * np.diag(X.var(axis=0) + least)) / 307 + np.diag(least)
    covariance = covariance if full else covariance * np.eye(3)
    upper = factors.reshape(3, 3).astype(float) if full else np.diag(factors.astype(float))
    np.testing.assert_allclose(means, X.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(upper @ upper.T, np.linalg.inv(covariance), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(log_constants[0], -0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1], rtol=1e-10)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_no_component_is_narrower_than_what_values_cannot_be_told_apart_by(full, count):
    random = np.random.default_rng(6)
    x = random.normal(size=200)
    rows = np.stack([x, x, np.zeros(200), np.where(np.arange(200) < 195, 0.0, 1.0)])
    least = np.array([0.3, 0.01, 1e-4, 0.02])
    _, _, factors = fit_member(rows, least, count, full=full, **RULES, seed=1)
    if full:
        upper = factors.reshape(count, 4, 4).astype(float)
        precisions = np.diagonal(upper @ upper.transpose(0, 2, 1), axis1=1, axis2=2)
    else:
        precisions = factors.reshape(count, 4).astype(float) ** 2
    # Though the first two columns say all of one another, and the last two do not change in a component.
    assert (1 / precisions >= least * (1 - 1e-5)).all()
    assert (1 / precisions[:, 2] <= 1.1 * least[2]).all()


def test_two_groups_are_found_and_outliers_left_out():
    random = np.random.default_rng(4)
    groups = np.concatenate([random.normal(size=(120, 2)), random.normal(size=(100, 2)) + 8])
    sample = np.ascontiguousarray(np.concatenate([groups, np.full((30, 2), -40.0)]).T)
    found = [fit_member(sample, LEAST[:2], 2, full=True, **RULES, seed=seed)[1].reshape(2, 2) for seed in range(20)]
    near = [np.abs(np.sort(means[:, 0]) - [0, 8]).max() < 0.7 for means in found]
    # Two rows drawn at random lie in either group 38 times in 100, and only some other starts lead there.
    assert sum(near) >= 8


@pytest.mark.parametrize("full", [True, False])
def test_no_sample_makes_a_fit_fail(full):
    random = np.random.default_rng(5)
    samples = [
        np.zeros((3, 1)),
        np.zeros((1, 50)),
        np.tile(random.normal(size=(1, 20)), (4, 1)),
        np.repeat(random.normal(size=(5, 2)), 30, axis=1),
        np.where(random.random((3, 100)) < 0.01, 10.0, 0.0),
        10.0 * np.sign(random.normal(size=(17, 33))),
    ]
    for sample in samples:
        for count in (1, 6):
            for trimmed in (0.0, 0.25, 0.9):
                fitted = fit_member(
                    np.ascontiguousarray(sample),
                    np.full(len(sample), 1e-6),
                    count,
                    full=full,
                    trimmed=trimmed,
                    prior_rows=1.0,
                    iterations=15,
                    seed=3,
                )
                assert all(np.isfinite(array).all() for array in fitted)


def test_what_does_not_fit_together_is_refused():
    X, units, members, neighbors, _ = case(6, 10, 3, np.float64)

    def refused(match, **changed):
        with pytest.raises(ValueError, match=match):
            scores(X, units, members._replace(**changed), neighbors)

    shapes = members.shapes.copy()
    for place, value in ((0, 2), (1, 0), (1, 4), (2, 0), (2, -1)):
        wrong = shapes.copy()
        wrong[0, place] = value
        refused("no such shape", shapes=wrong)
    huge = shapes.copy()
    huge[0, 2] = 2**31 - 1
    refused("end too early", shapes=huge)
    refused("no such column", columns=np.full_like(members.columns, 3))
    refused("no such column", columns=np.full_like(members.columns, -1))
    for name in ("columns", "log_constants", "means", "factors"):
        refused("too early", **{name: getattr(members, name)[:-1]})
        refused("too long", **{name: np.concatenate([getattr(members, name)] * 2)})
    refused("one value a member", medians=members.medians[1:])
    refused("parts of one", weights=-members.weights)
    refused("positive", spreads=np.zeros_like(members.spreads))
    with pytest.raises(ValueError, match="for each column"):
        scores(X, units._replace(center=np.zeros(2)), members, neighbors)
    with pytest.raises(ValueError, match="out has the wrong size"):
        native.ensemble_scores(X, *units, *members, *neighbors, np.empty(9))
    with pytest.raises(ValueError, match="out has the wrong shape"):
        native.ensemble_distances(X, *units, *neighbors, np.empty((1, 10), np.float32))
    wrong = {
        "columns of the rows": {"references": neighbors.references[:, :, 1:]},
        "more rows than k": {"references": neighbors.references[:, :3]},
        "at most 5": {"k": 6},
        "one value a sample": {"medians": neighbors.medians[1:]},
        "spreads must be positive": {"spreads": -neighbors.spreads},
        "parts of one": {"weights": neighbors.weights + 1},
    }
    for match, change in wrong.items():
        with pytest.raises(ValueError, match=match):
            scores(X, units, members, neighbors._replace(**change))
    with pytest.raises(ValueError, match="out has the wrong shape"):
        native.ensemble_densities(X, *units, *members, np.empty((1, 10), np.float32))


def test_fits_that_make_no_sense_are_refused():
    sample = np.zeros((2, 5))
    for match, wrong in (("trimmed", {"trimmed": 1.0}), ("prior_rows", {"prior_rows": 0.0})):
        with pytest.raises(ValueError, match=match):
            fit_member(sample, LEAST[:2], 1, full=True, **(RULES | wrong), seed=0)
    with pytest.raises(ValueError, match="must have columns and rows"):
        fit_member(np.zeros((2, 0)), LEAST[:2], 1, full=True, **RULES, seed=0)
    for least in (LEAST[:1], np.array([1.0, 0.0]), np.array([1.0, -1e-9]), np.array([np.nan, 1.0])):
        with pytest.raises(ValueError, match="least must have a positive variance for each column"):
            fit_member(sample, least, 1, full=True, **RULES, seed=0)

    def into(means, factors):
        out = np.empty(1), np.empty(means, np.float32), np.empty(factors, np.float32)
        native.ensemble_fit(sample, LEAST[:2], True, 0.0, 1.0, 5, 0, *out)

    with pytest.raises(ValueError, match="means has the wrong size"):
        into(3, 4)
    with pytest.raises(ValueError, match="factors has the wrong size"):
        into(2, 5)
