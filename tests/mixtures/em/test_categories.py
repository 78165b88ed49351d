"""Fits of categories, alone and beside numbers: against published maxima, brute force and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, poisson

from mixtura import GaussianMixture
from mixtura.errors import ColumnError, DataError, SingularCovarianceError
from requirements import SHARED, needs_shared

# poLCA's manual: log-likelihoods of the best of many starts, to the digits that are printed there.
PUBLISHED = [
    ("carcinoma", slice(0, 7), 2, -317.2568, 1e-3),
    ("carcinoma", slice(0, 7), 3, -293.705, 1e-3),
    ("carcinoma", slice(0, 7), 4, -289.2858, 1e-3),
    ("cheating", slice(0, 4), 2, -440.0271, 1e-3),
    ("election", slice(0, 12), 1, -18647.31, 6e-3),
    ("election", slice(0, 12), 2, -17344.92, 6e-3),
    ("election", slice(0, 12), 3, -16714.66, 6e-3),
    ("gss82", slice(None), 2, -2783.268, 1e-3),
    ("gss82", slice(None), 3, -2754.545, 1e-3),
    ("values", slice(None), 1, -543.6498, 1e-3),
    ("values", slice(None), 2, -504.4677, 1e-3),
]


def some(published):
    """Mark all but two models of two classes: others take longer and are fitted in the same way."""
    few = ("carcinoma", 2), ("values", 2)
    return [pytest.param(*case, marks=[pytest.mark.exhaustive] * (case[::2][:2] not in few)) for case in published]


def coded(name, columns):
    """Return the complete rows of a table of categories, as numbers of levels."""
    frame = pd.read_csv(SHARED / "mixed" / f"{name}.csv").iloc[:, columns].dropna()
    return frame.apply(lambda column: pd.Categorical(column).codes).to_numpy(np.float64)


@needs_shared("mixed")
@pytest.mark.parametrize(("name", "columns", "n_classes", "published", "digits"), some(PUBLISHED))
def test_latent_classes_reach_published_maxima(name, columns, n_classes, published, digits):
    rows = coded(name, columns)
    for seed in range(2):
        fit = GaussianMixture(
            n_classes, categorical_features=range(rows.shape[1]), tol=1e-10, max_iter=5000, random_state=seed
        ).fit(rows)
        assert fit.score(rows) * len(rows) == pytest.approx(published, abs=digits)


def mixed_rows(n_rows=200, seed=0):
    """Return rows of two groups: two numbers, and categories of three and two levels."""
    random = np.random.default_rng(seed)
    group = random.integers(2, size=n_rows)
    numbers = random.normal(size=(n_rows, 2)) + 2 * group[:, None]
    first = np.where(random.random(n_rows) < 0.8, group, random.integers(3, size=n_rows))
    second = np.where(random.random(n_rows) < 0.7, group, random.integers(2, size=n_rows))
    return np.column_stack([numbers[:, 0], first, numbers[:, 1], second]).astype(np.float64)


CATEGORIES = [1, 3]


def expected_step(mixture, rows, extra=1e-6):
    """Return weights, means, covariances and levels after an iteration of EM, written out row by row."""
    k, d, sizes = mixture.n_components, 2, mixture.levels.sizes
    counts, first, second = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d))
    tables = [np.zeros((k, size)) for size in sizes]
    for row in rows:
        numbers, codes = row[[0, 2]], row[CATEGORIES]
        known = ~np.isnan(numbers)
        logs = np.log(mixture.weights)
        filled, left = np.empty((k, d)), np.zeros((k, d, d))
        for c in range(k):
            mean, matrix = mixture.means[c], mixture.covariances[c]
            across = matrix[:, known] @ np.linalg.inv(matrix[np.ix_(known, known)])
            filled[c] = np.where(known, numbers, mean + across @ (numbers - mean)[known])
            rest = matrix - across @ matrix[known]
            left[c][np.ix_(~known, ~known)] = rest[np.ix_(~known, ~known)]
            if known.any():
                logs[c] += multivariate_normal.logpdf(numbers[known], mean[known], matrix[np.ix_(known, known)])
            for table, code in zip(mixture.levels.probabilities, codes, strict=True):
                logs[c] += 0 if np.isnan(code) else np.log(table[c, int(code)])
        share = np.exp(logs - logsumexp(logs))
        counts += share
        first += share[:, None] * filled
        second += share[:, None, None] * (filled[:, :, None] * filled[:, None, :] + left)
        for table, code in zip(tables, codes, strict=True):
            if not np.isnan(code):
                table[:, int(code)] += share
    means = first / counts[:, None]
    covariances = second / counts[:, None, None] - means[:, :, None] * means[:, None, :]
    levels = [(table + extra) / (table.sum(axis=1, keepdims=True) + (table.shape[1] + 1) * extra) for table in tables]
    return counts / counts.sum(), means, covariances, levels


def test_an_iteration_with_missing_values_is_that_written_out():
    rows = mixed_rows(80)
    rows[np.random.default_rng(1).random(rows.shape) < 0.2] = np.nan
    rows = rows[~np.isnan(rows).all(axis=1)]
    start = GaussianMixture(2, categorical_features=CATEGORIES, max_iter=3, random_state=0, reg_covar=0.0, tol=0.0)
    with pytest.warns(UserWarning, match="did not converge"):
        start.fit(rows)
    expected = expected_step(start.mixture_, rows)
    start.set_params(warm_start=True, max_iter=1)
    with pytest.warns(UserWarning, match="did not converge"):
        start.fit(rows)
    after = start.mixture_
    for found, wanted in zip((after.weights, after.means, after.covariances), expected[:3], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    for found, wanted in zip(after.levels.probabilities, expected[3], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


@settings(max_examples=5)
@given(st.integers(0, 1000), st.sampled_from(["full", "tied", "diag", "spherical"]), st.booleans())
def test_likelihood_never_falls(seed, shape, missing):
    rows = mixed_rows(60, seed)
    if missing:
        rows[np.random.default_rng(seed).random(rows.shape) < 0.1] = np.nan
        rows = rows[~np.isnan(rows).all(axis=1)]
    fit = GaussianMixture(
        2, covariance_type=shape, categorical_features=CATEGORIES, tol=1e-6, max_iter=200, random_state=seed
    )
    try:
        fit.fit(rows)
    except SingularCovarianceError:
        return
    assert (np.diff(fit.lower_bounds_) > -1e-6).all()


def test_rows_of_weight_two_count_as_two():
    rows = mixed_rows(100)
    weights = np.random.default_rng(2).integers(1, 4, len(rows))
    given_weights, repeated = (
        GaussianMixture(2, categorical_features=CATEGORIES, random_state=0, tol=1e-9, max_iter=1000) for _ in range(2)
    )
    given_weights.fit(rows, sample_weight=weights)
    repeated.fit(np.repeat(rows, weights, axis=0))
    assert given_weights.score(rows, sample_weight=weights) == pytest.approx(
        repeated.score(np.repeat(rows, weights, axis=0)), abs=1e-6
    )


def test_columns_are_named_as_in_histogram_boosting():
    rows = mixed_rows(100)
    frame = pd.DataFrame(rows, columns=["a", "b", "c", "d"])
    fits = [
        GaussianMixture(2, categorical_features=features, random_state=0).fit(frame)
        for features in ([1, 3], ["b", "d"], [False, True, False, True], np.array([1, 3]))
    ]
    assert all(fit.mixture_ == fits[0].mixture_ for fit in fits)
    assert fits[0].n_features_in_ == 4


@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        ([4], ColumnError, "lists 4, and the table has no such column"),
        (["e"], ColumnError, "lists 'e', and the table has no such column"),
        ([True, False], ColumnError, "2 truth values, and the table 4 columns"),
        ([0], DataError, "should hold the numbers of levels"),
    ],
)
def test_columns_that_are_no_categories_are_refused(features, error, message):
    with pytest.raises(error, match=message):
        GaussianMixture(2, categorical_features=features).fit(mixed_rows(50))


def test_a_level_never_seen_is_improbable_and_not_impossible():
    rows = mixed_rows(200)
    fit = GaussianMixture(2, categorical_features=CATEGORIES, random_state=0).fit(rows)
    new = rows[:1].copy()
    new[0, 1] = 3
    drop = fit.score_samples(rows[:1]) - fit.score_samples(new)
    assert 10 < drop[0] < 25


@pytest.mark.parametrize(
    "options",
    [{"noise": True}, {"trim": 0.05}, {"family": "t"}, {"prior": "default"}, {"regularization": "relative"}],
    ids=lambda options: next(iter(options)),
)
def test_options_of_numbers_hold_beside_categories(options):
    rows = mixed_rows(300)
    rows[:5, [0, 2]] = np.random.default_rng(3).uniform(-20, 20, (5, 2))
    fit = GaussianMixture(2, categorical_features=CATEGORIES, random_state=0, max_iter=500, **options).fit(rows)
    groups = fit.predict(rows[5:])
    by_group = [rows[5:][groups == k][:, 0].mean() for k in range(2)]
    assert np.ptp(by_group) > 1.2
    assert (np.diff(fit.lower_bounds_) > -1e-6).all()


@needs_shared("mixed")
def test_counts_and_categories_reach_the_published_criterion():
    # VarSelLCM's vignette: numbers normal, Age Poisson, the rest multinomial; the first row's Age is made missing.
    frame = pd.read_csv(SHARED / "mixed" / "heart.csv").drop(columns="Class").astype(float)
    numbers = ["Age", "RestBloodPressure", "SerumCholestoral", "MaxHeartRate"]
    categories = frame.columns.difference(numbers)
    frame[categories] = frame[categories].apply(lambda column: pd.Categorical(column).codes).astype(float)
    frame.loc[0, "Age"] = np.nan
    for seed in range(2):
        fit = GaussianMixture(
            2,
            covariance_type="diag",
            categorical_features=categories,
            count_features=["Age"],
            random_state=seed,
            tol=1e-9,
            max_iter=2000,
        ).fit(frame)
        assert -fit.bic(frame) / 2 == pytest.approx(-6516.216, abs=0.05)


def test_counts_have_poisson_distributions():
    random = np.random.default_rng(0)
    rows = random.poisson(3.0, (500, 1)).astype(float)
    fit = GaussianMixture(1, count_features=[0]).fit(rows)
    np.testing.assert_allclose(fit.score_samples(rows), poisson.logpmf(rows[:, 0], rows.mean()), atol=1e-5)
    assert fit.mixture_.n_parameters == 1
    top = rows.max()
    assert fit.score_samples([[top + 1]])[0] == pytest.approx(poisson.logsf(top, rows.mean()), abs=1e-4)


def test_a_column_is_not_both_a_category_and_a_count():
    with pytest.raises(ColumnError, match="listed both"):
        GaussianMixture(categorical_features=[1], count_features=[1]).fit(mixed_rows(20))


def a_frame():
    """Return a frame of two numbers, a text and a flag that tell two groups apart, and names that do not."""
    rows = mixed_rows(200)
    return pd.DataFrame(
        {
            "width": rows[:, 0],
            "colour": np.array(["red", "green", "blue"])[rows[:, 1].astype(int)],
            "height": rows[:, 2],
            "open": rows[:, 3] == 1,
            "name": [f"the row of number {number} and of no other" for number in range(200)],
        }
    )


@pytest.mark.parametrize("to_source", [lambda frame, path: frame, lambda frame, path: path], ids=["frame", "file"])
def test_texts_and_flags_are_categories_by_their_types(to_source, tmp_path):
    frame, path = a_frame(), tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    source = to_source(frame, path)
    fit = GaussianMixture(2, categorical_features="from_dtype", random_state=0)
    with pytest.warns(UserWarning, match="'name'"):
        fit.fit(source)
    assert list(fit.feature_names_in_) == ["width", "colour", "height", "open"]
    assert fit.mixture_.levels.layout.columns == (1, 3)
    assert fit.mixture_.levels.layout.sizes == (3, 2)
    coded = mixed_rows(200)
    by_codes = GaussianMixture(2, categorical_features=[1, 3], random_state=0).fit(coded)
    assert fit.score(source) == pytest.approx(by_codes.score(coded), abs=1e-4)


def test_only_the_categories_named_take_part():
    frame = a_frame()
    fit = GaussianMixture(2, categorical_features=["colour"], random_state=0)
    with pytest.warns(UserWarning, match="'open'"):
        fit.fit(frame)
    assert list(fit.feature_names_in_) == ["width", "colour", "height"]
    new = frame.copy()
    new.loc[0, "colour"] = "violet"
    scores = fit.score_samples(frame) - fit.score_samples(new)
    assert scores[0] > 10
    assert not scores[1:].any()
