"""Latent classes end at a maximum with the defaults, from tables whose equal rows count as one."""

import numpy as np
import pandas as pd
import pytest

from mixtura import GaussianMixture, MixtureSearch
from requirements import SHARED, needs_shared

# poLCA's manual, and the best of 500 random starts that it tells of.
PUBLISHED = [("gss82", 3, -2754.545), ("gss82", 4, -2746.621), ("values", 3, -503.3011)]


def codes_of(name):
    frame = pd.read_csv(SHARED / "mixed" / f"{name}.csv")
    return frame.apply(lambda column: pd.Categorical(column).codes).to_numpy(np.float64)


@pytest.mark.one_case
@needs_shared("mixed")
@pytest.mark.parametrize(("name", "n_classes", "published"), PUBLISHED)
@pytest.mark.parametrize("seed", [1, 4])
def test_defaults_reach_published_maxima(name, n_classes, published, seed):
    rows = codes_of(name)
    fit = GaussianMixture(n_classes, categorical_features=range(rows.shape[1]), random_state=seed).fit(rows)
    assert fit.score(rows) * len(rows) == pytest.approx(published, abs=1e-3)
    assert fit.converged_


def classes(n_rows=300, seed=0):
    """Return rows of two classes in four columns of two or three levels, some missing."""
    random = np.random.default_rng(seed)
    group = random.integers(2, size=n_rows)
    rows = np.column_stack(
        [np.where(random.random(n_rows) < 0.8, group, random.integers(size, size=n_rows)) for size in (2, 3, 2, 3)]
    ).astype(np.float64)
    rows[random.random(rows.shape) < 0.05] = np.nan
    return rows[~np.isnan(rows).all(axis=1)]


def test_no_direction_leads_up_from_the_end():
    rows = classes()
    fit = GaussianMixture(2, categorical_features=range(4), random_state=0).fit(rows)
    again = GaussianMixture(2, categorical_features=range(4), random_state=0, tol=1e-13, max_iter=20_000).fit(rows)
    assert fit.score(rows) * len(rows) == pytest.approx(again.score(rows) * len(rows), abs=1e-5)


def test_bounds_never_fall():
    fit = GaussianMixture(3, categorical_features=range(4), random_state=1, n_init=2).fit(classes(seed=1))
    assert (np.diff(fit.lower_bounds_) > -1e-9).all()


def test_the_order_of_the_rows_says_nothing():
    rows = classes(seed=2)
    here, there = (GaussianMixture(2, categorical_features=range(4), random_state=0) for _ in range(2))
    here.fit(rows), there.fit(rows[::-1])
    assert here.mixture_ == there.mixture_


def test_a_row_of_weight_two_is_two_rows_to_the_last_bit():
    rows = classes(seed=3)
    weights = np.random.default_rng(0).integers(1, 4, len(rows))
    weighted, repeated = (GaussianMixture(2, categorical_features=range(4), random_state=0) for _ in range(2))
    weighted.fit(rows, sample_weight=weights)
    repeated.fit(np.repeat(rows, weights, axis=0))
    assert weighted.mixture_ == repeated.mixture_


def test_few_iterations_stop_where_they_are_told():
    rows = classes(seed=4)
    fit = GaussianMixture(2, categorical_features=range(4), random_state=0, tol=0.0, max_iter=2)
    with pytest.warns(UserWarning, match="did not converge"):
        fit.fit(rows)
    assert fit.n_iter_ == 2


def test_a_search_reaches_the_maxima_too():
    rows = classes(seed=5)
    search = MixtureSearch([1, 2, 3], categorical_features=range(4), random_state=0, tol=1e-3).fit(rows)
    alone = GaussianMixture(2, categorical_features=range(4), random_state=0).fit(rows)
    (two,) = [candidate for candidate in search.candidates_ if candidate.n_components == 2]
    assert two.log_likelihood == pytest.approx(alone.score(rows) * len(rows), abs=1e-3)


def with_numbers(rows, seed):
    return np.column_stack([np.random.default_rng(seed).normal(size=len(rows)) + 2 * np.nan_to_num(rows[:, 0]), rows])


@pytest.mark.parametrize("numbers", [False, True])
def test_fits_go_on_where_levels_are_new_or_gone(numbers):
    few, more = classes(seed=6), classes(seed=7)
    more[:20, 1] = 4
    if numbers:
        few, more = with_numbers(few, 0), with_numbers(more, 1)
    columns = range(int(numbers), few.shape[1])
    warm = GaussianMixture(2, categorical_features=columns, random_state=0, warm_start=True)
    batches = GaussianMixture(2, categorical_features=columns, random_state=0)
    for fit in (warm.fit, batches.partial_fit):
        fit(few), fit(more), fit(few)
    for fitted in (warm, batches):
        assert fitted.mixture_.levels.sizes == (2, 5, 2, 3)
        assert np.isfinite(fitted.score(more))
    anew = GaussianMixture(2, categorical_features=columns, random_state=0).fit(few)
    assert warm.score(few) == pytest.approx(anew.score(few), abs=1e-3)


def test_levels_of_batches_are_those_of_all_rows():
    few, more = classes(3000, seed=8), classes(3000, seed=9)
    more[:300, 1] = 3
    batches = GaussianMixture(1, categorical_features=range(4), random_state=0)
    batches.partial_fit(few), batches.partial_fit(more)
    weights = np.bincount(np.nan_to_num(more[:, 1], nan=9).astype(int))[:4] / np.isfinite(more[:, 1]).sum()
    found = batches.mixture_.levels.probabilities[1][0]
    assert 0.3 * weights[3] < found[3] < weights[3]
    assert found.sum() == pytest.approx(1, abs=1e-5)


def test_a_warm_start_with_other_categories_says_so():
    rows = with_numbers(classes(), 0)
    fit = GaussianMixture(2, categorical_features=[1, 2, 3, 4], random_state=0, warm_start=True).fit(rows)
    with pytest.raises(ValueError, match="other categorical columns"):
        fit.set_params(categorical_features=[3, 4]).fit(rows)


def test_dask_gives_the_same_classes(need):
    array = need("dask.array")
    rows = classes(seed=10)
    here, there = (GaussianMixture(2, categorical_features=range(4), random_state=0) for _ in range(2))
    here.fit(rows)
    there.fit(array.from_array(rows, chunks=(100, 4)))
    assert here.mixture_ == there.mixture_
