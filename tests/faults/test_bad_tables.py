"""Bad tables, for every covariance shape and every way to fit: a sound result, or an error that says what is wrong."""

import re

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import BayesianGaussianMixture, GaussianMixture, MixturePrior, MixtureSearch, clean
from mixtura.errors import DataError

SHAPES = ["full", "tied", "diag", "spherical"]
COMMON = {"n_components": 2, "random_state": 0}

# A fit may warn that it did not converge, lost components, or found fewer groups than it was to start from.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def unit_covariance(shape, n_columns):
    matrix = np.eye(n_columns)
    return {"full": matrix, "tied": matrix, "diag": np.ones(n_columns), "spherical": 1.0}[shape]


ESTIMATORS = {
    "likelihood": lambda shape, d: GaussianMixture(covariance_type=shape, **COMMON),
    "no ridge": lambda shape, d: GaussianMixture(covariance_type=shape, reg_covar=0, **COMMON),
    "relative": lambda shape, d: GaussianMixture(covariance_type=shape, regularization="relative", **COMMON),
    "default prior": lambda shape, d: GaussianMixture(covariance_type=shape, prior="default", **COMMON),
    "given prior": lambda shape, d: GaussianMixture(
        covariance_type=shape, prior=MixturePrior(covariance=unit_covariance(shape, d)), **COMMON
    ),
    "noise": lambda shape, d: GaussianMixture(covariance_type=shape, noise=True, **COMMON),
    "t": lambda shape, d: GaussianMixture(covariance_type=shape, family="t", **COMMON),
    "trimmed": lambda shape, d: GaussianMixture(covariance_type=shape, trim=0.1, **COMMON),
    "process": lambda shape, d: BayesianGaussianMixture(covariance_type=shape, **COMMON),
    "distribution": lambda shape, d: BayesianGaussianMixture(
        covariance_type=shape, weight_concentration_prior_type="dirichlet_distribution", **COMMON
    ),
}

# The sentences by which tables are refused that leave a covariance at zero, where no ridge holds it up.
SINGULAR = "Try to decrease the number of components, increase reg_covar, or scale the input data. Here "
NO_SCALE = "the covariance of the data, which scales the prior, is not "
NO_PRIOR = "the covariance of the rows, which is the default covariance_prior, should be "
NO_RANGE = "noise spreads over the range of every column, and column x"
REFUSALS = {
    "no ridge": SINGULAR,
    "relative": SINGULAR,
    "default prior": f"{NO_SCALE}|{SINGULAR}",
    "given prior": SINGULAR,
    "noise": f"{NO_RANGE}|{SINGULAR}",
    "process": f"{NO_PRIOR}|{SINGULAR}",
    "distribution": f"{NO_PRIOR}|{SINGULAR}",
}


def groups(n_rows=40, n_columns=3):
    random = np.random.default_rng(0)
    return 6.0 * random.integers(2, size=(n_rows, 1)) + random.normal(size=(n_rows, n_columns))


X = groups()


def changed(where, value, table=X):
    table = table.copy()
    table[where] = value
    return table


HOLES = changed((slice(None, None, 7), 1), np.nan)

# Tables that every way to fit gives a result for.
SOUND = {
    "one column": X[:, :1],
    "int8": X.astype(np.int8),
    "huge integers": (X * 2.0**58).astype(np.int64),
    "unsigned": (np.abs(X) * 2.0**60).astype(np.uint64),
    "float16": X.astype(np.float16),
    "objects": X.astype(object),
    "None among objects": np.where(np.eye(40, 3) > 0, None, X.astype(object)),
    "1e100": X * 1e100,
    "1e-100": X * 1e-100,
    "units": X * [1e100, 1.0, 1e-100],
    "a row missing": changed(0, np.nan),
    "holes": HOLES,
    "single precision 1e14": (X * 1e14).astype(np.float32),
}

# Tables that leave some covariance at zero, or nearly: a result, or the refusal of the way to fit.
FLAT = {
    "one different row": np.tile(X[:1], (40, 1)),
    "constant column": changed((slice(None), 1), 3.0),
    "constant in single precision": np.full((40, 3), 7, np.float32),
    "holes in a constant column": np.where(np.isnan(HOLES), np.nan, changed((slice(None), 1), 3.0)),
    "repeated rows": np.tile(X[:4], (10, 1)),
    "equal columns": X[:, [0, 1, 0]],
    "as many rows as components": X[:2],
    "two equal rows": X[[0, 0]],
    "one more row than components": X[:3],
    "more columns than rows": groups(6, 12),
    "holes, more columns than rows": changed((np.arange(6), np.arange(6)), np.nan, groups(6, 12)),
    "booleans": X > 3,
    "largest float16": np.where(X > 3, np.float16(65504), np.float16(-65504)),
    "all but two rows missing": changed(slice(2, None), np.nan),
    "one value in a column": changed((slice(1, None), 1), np.nan),
    "1e-308": X * 1e-308,
    "1e-308 with holes": HOLES * 1e-308,
    "subnormal": X * 5e-323,
    "1e-160": X * 1e-160,
    "1e-150 beside 1e100": X * [1e100, 1.0, 1e-150],
    "1e-38 in single precision": (X * 1e-38).astype(np.float32),
    "1e-20 in single precision": (X * 1e-20).astype(np.float32),
    "far away in single precision": (X + 1e8).astype(np.float32),
    "outlier": changed((0, 0), 1e60),
    "equal outliers": np.where(np.isnan(HOLES), 1e60, X),
}

SOME = ["int8", "float16", "holes", "1e100", "1e-100", "one different row", "two equal rows", "1e-308", "outlier"]

TOO_LARGE = r"are as large as [\d.e+]+, and sums of squares overflow float"
# Tables that no way to fit gives a result for.
REFUSED = {
    "1e308": (
        np.clip(X / 10, -1, 1) * 1e308,
        f"values in columns 'x0', 'x1' and 'x2' {TOO_LARGE}64 above .*: divide the col",
    ),
    "1e154": (X * 1e154, TOO_LARGE),
    "one outlier of 1e300": (
        changed((0, 0), 1e300),
        "in column 'x0' are as large as 1e.300, .* sums of squares overflow",
    ),
    "1e300 beside 1e-300": (
        X * [1e300, 1.0, 1e-300],
        f"values in column 'x0' {TOO_LARGE}64 above .*: divide the column by 8e",
    ),
    "1e200 with holes": (changed((0, 0), 1e200, HOLES), f"values in column 'x0' {TOO_LARGE}64"),
    "3e38 in single precision": ((X * 1e37).astype(np.float32), f"{TOO_LARGE}32 above .*, or give them as float64"),
    "an integer of 400 digits": (changed((0, 0), 10**400, X.astype(object)), "integer beyond all float64 numbers"),
    "column missing": (changed((slice(None), 1), np.nan), "every value of column 'x1' is missing.*the column out"),
    "all missing": (np.full((40, 3), np.nan), "every value is missing in the rows of positive weight"),
    "infinite": (changed((0, 1), np.inf), "contains infinity"),
    "both infinities": (changed((slice(2), 1), [np.inf, -np.inf]), "contains infinity"),
    "one row": (X[:1], "minimum of 2 is required"),
    "no rows": (X[:0], "minimum of 2 is required"),
    "no columns": (X[:, :0], r"0 feature\(s\)"),
    "fewer rows than components": (X[:3], "Expected n_samples >= n_components but got n_components = 4, n_samples = 3"),
    "text": (np.full((40, 3), "a"), "could not convert string to float"),
    "complex": (X + 1j, "Complex data not supported"),
    "flat": (X[:, 0], "Expected 2D array, got 1D array"),
    "a cube": (X[None], "dim 3"),
}


def width(table):
    return table.shape[1] if table.ndim == 2 else 3


def check_sound(model, table):
    """Assert that a model is one, and answers for the rows that it was fitted to."""
    mixture, table = model.mixture_, np.asarray(table)
    noise = 0.0 if mixture.noise is None else mixture.noise.weight
    assert np.isfinite(model.lower_bound_)
    assert mixture.weights.sum() + noise == pytest.approx(1, abs=1e-9)
    for values in (model.weights_, model.means_, model.covariances_, model.precisions_, model.precisions_cholesky_):
        assert np.isfinite(values).all()
    deviations = np.sqrt(np.diagonal(mixture.covariance.dense, axis1=1, axis2=2))
    assert (deviations > 0).all()
    # A triangular factor with a positive diagonal exists for a positive definite matrix, and for no other.
    factors = mixture.covariance.precision_cholesky
    assert (
        (np.diagonal(factors, axis1=-2, axis2=-1) if model.covariance_type in ("full", "tied") else factors) > 0
    ).all()
    assert np.isfinite(model.score_samples(table)).all()
    shares = model.predict_proba(table)
    assert (shares >= 0).all()
    total = shares.sum(axis=1)
    assert (total <= 1 + 1e-5).all()
    assert mixture.noise is not None or total == pytest.approx(1, abs=1e-5)
    assert set(model.predict(table)) <= {-1 if mixture.noise is not None else 0, 0, 1}
    filled = model.impute(table)
    assert np.isfinite(filled).all()
    known = ~np.isnan(table.astype(np.float64))
    np.testing.assert_array_equal(filled[known], table.astype(np.float64)[known])


def is_refused(fit, sentence):
    """Return whether a fit raises a ValueError with the sentence; without a sentence it may not."""
    try:
        fit()
    except ValueError as error:
        if sentence is None or not re.search(sentence, str(error)):
            raise
        return True
    return False


@pytest.mark.pairwise
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", ESTIMATORS)
@pytest.mark.parametrize("name", SOUND)
def test_odd_but_sound_tables_are_fitted(name, way, shape):
    table = SOUND[name]
    model = ESTIMATORS[way](shape, width(table)).fit(table)
    assert model.n_features_in_ == table.shape[1]
    check_sound(model, table)


@pytest.mark.each_value
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", ESTIMATORS)
@pytest.mark.parametrize("name", FLAT)
def test_flat_tables_are_fitted_or_refused(name, way, shape):
    table = FLAT[name]
    model = ESTIMATORS[way](shape, width(table))
    if is_refused(lambda: model.fit(table), REFUSALS.get(way)):
        assert not hasattr(model, "mixture_")
    else:
        check_sound(model, table)


@pytest.mark.pairwise
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", ["likelihood", "process"])
@pytest.mark.parametrize("name", SOME)
def test_batches_are_fitted_or_refused(name, way, shape):
    table = (SOUND | FLAT)[name]
    model = ESTIMATORS[way](shape, width(table))
    if is_refused(lambda: [model.partial_fit(batch) for batch in (table, table[:20], table)], REFUSALS.get(way)):
        assert model.__dict__.get("n_iter_", 0) < 3
    else:
        assert model.n_iter_ == 3
        check_sound(model, table)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", SOME)
def test_candidates_are_compared_on_any_table(name, shape):
    table = (SOUND | FLAT)[name]
    search = MixtureSearch([1, 2], covariance_types=[shape], random_state=0).fit(table)
    check_sound(search.best_estimator_, table)
    # Those that are left out have no criterion, unless there is no other.
    assert all(np.isfinite(candidate.bic) or candidate.left_out for candidate in search.candidates_)
    assert np.isfinite(min(candidate.bic for candidate in search.candidates_))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [name for name in SOME if name != "two equal rows"])
def test_any_table_is_cleaned(name, shape):
    table = (SOUND | FLAT)[name]
    kept, model = clean(table, GaussianMixture(covariance_type=shape, random_state=0), 0.1)
    assert kept.sum() == 36
    check_sound(model, table)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", REFUSED)
def test_impossible_tables_are_refused(name, shape):
    table, sentence = REFUSED[name]
    models = {way: make(shape, width(table)) for way, make in ESTIMATORS.items()}
    if name == "fewer rows than components":
        models = {way: model.set_params(n_components=4) for way, model in models.items()}
    for way, model in models.items():
        with pytest.raises(ValueError, match=sentence):
            model.fit(table)
        assert not hasattr(model, "mixture_"), way
    for way in ("likelihood", "process"):
        with pytest.raises(ValueError, match=sentence):
            models[way].partial_fit(table)
    if name != "fewer rows than components":
        with pytest.raises(ValueError, match=sentence.replace("2 is", r"\d is")):
            MixtureSearch([1, 2], covariance_types=[shape]).fit(table)
    if np.ndim(table) == 2 and table.size and table.dtype.kind not in "Uc":
        with pytest.raises(ValueError, match=sentence):
            clean(table, models["likelihood"], 0.1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", ["likelihood", "t", "process", "distribution"])
def test_later_batches_are_checked_and_change_nothing(way, shape):
    model = ESTIMATORS[way](shape, 3).partial_fit(X)
    before = model.score_samples(X)
    for table in (X * 1e154, changed((0, 0), np.inf), X[:, :2], X[:0]):
        with pytest.raises(ValueError, match=r"overflow|infinity|2 features|0 sample"):
            model.partial_fit(table)
    np.testing.assert_array_equal(model.score_samples(X), before)
    check_sound(model.partial_fit(changed((slice(None), 1), np.nan)), X)


@pytest.mark.parametrize("shape", SHAPES)
def test_noise_may_take_every_row(shape):
    """The ridge is wider than the table: the box of the noise fits it better than any component."""
    model = ESTIMATORS["noise"](shape, 3)
    with pytest.warns(ConvergenceWarning, match="components 0, 1 of 2 lost all their rows and keep weight 0"):
        model.fit(X * 1e-100)
    assert model.noise_weight_ == 1
    assert set(model.predict(X * 1e-100)) == {-1}
    assert model.lower_bound_ == pytest.approx(-np.log(np.ptp(X * 1e-100, axis=0)).sum())


def test_columns_of_frames_are_named(need):
    frame = need("pandas").DataFrame({"length": X[:, 0] * 1e200, "width": X[:, 1]})
    with pytest.raises(DataError, match="values in column 'length' are as large as"):
        GaussianMixture().fit(frame)
