"""Bad priors, weights and rows to score, for every covariance shape: a sound answer, or an error that says why not."""

import numpy as np
import pytest

from mixtura import BayesianGaussianMixture, GaussianMixture, MixturePrior, MixtureSearch
from mixtura.errors import DataError, EmptyTableError

SHAPES = ["full", "tied", "diag", "spherical"]
WEIGHT_PRIORS = ["dirichlet_process", "dirichlet_distribution"]
COMMON = {"n_components": 2, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def likelihood(shape, **parameters):
    return GaussianMixture(covariance_type=shape, **COMMON | parameters)


def posterior(shape, **parameters):
    return GaussianMixture(covariance_type=shape, prior=MixturePrior(**parameters), **COMMON)


def variational(shape, **parameters):
    return BayesianGaussianMixture(covariance_type=shape, **COMMON | parameters)


WAYS = {
    "likelihood": likelihood,
    "relative": lambda shape: likelihood(shape, regularization="relative"),
    "default prior": lambda shape: likelihood(shape, prior="default"),
    "given prior": lambda shape: posterior(shape, covariance=covariance(np.eye(3), shape)),
    "noise": lambda shape: likelihood(shape, noise=True),
    "t": lambda shape: likelihood(shape, family="t"),
    "trimmed": lambda shape: likelihood(shape, trim=0.1),
    "process": variational,
    "distribution": lambda shape: variational(shape, weight_concentration_prior_type="dirichlet_distribution"),
}

random = np.random.default_rng(0)
X = 6.0 * random.integers(2, size=(40, 1)) + random.normal(size=(40, 3))


def covariance(matrix, shape):
    """Return what a matrix says of one covariance of a shape."""
    return {"full": matrix, "tied": matrix, "diag": np.diag(matrix), "spherical": matrix[0, 0]}[shape]


def precisions(matrix, shape):
    one = covariance(matrix, shape)
    return one if shape == "tied" else np.array([one, one])


def check_finite(model, table=X):
    assert np.isfinite(model.lower_bound_)
    assert np.isfinite(model.score_samples(table)).all()
    total = model.predict_proba(table).sum(axis=1)
    assert model.mixture_.noise is not None or total == pytest.approx(1, abs=1e-5)
    assert all(np.isfinite(values).all() for values in (model.means_, model.covariances_, model.precisions_))


# Covariances of priors, and precisions to start from

BAD_MATRICES = {
    "shape": (np.eye(5), r"shape (of )?\(.*(not|but got) \("),
    "asymmetric": (np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]), "should be|must be symmetric"),
    "indefinite": (np.array([[-1, 2, 0], [2, -1, 0], [0, 0, -1]]), "definite|positive|in the range"),
    "singular": (np.zeros((3, 3)), "definite|positive|in the range"),
    "missing": (np.full((3, 3), np.nan), "finite|NaN|in the range"),
    "infinite": (np.diag([np.inf] * 3), "finite|infinity|in the range"),
    "1e308": (np.eye(3) * 1e308, r"of variances from 2e-247 to 4e\+246"),
    "1e-308": (np.eye(3) * 1e-308, r"of variances from 2e-247 to 4e\+246"),
    "text": (np.full((3, 3), "a"), "real numbers|could not convert string to float|must be None, an array-like"),
    "complex": (np.eye(3) * 1j, "real numbers|Complex data not supported|must be None, an array-like"),
}


def of_wrong_shape(shape):
    return np.ones(3) if shape == "spherical" else np.ones((5, 5))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", BAD_MATRICES)
def test_bad_matrices_are_refused(name, shape):
    matrix, sentence = BAD_MATRICES[name]
    if name == "asymmetric" and shape in ("diag", "spherical"):
        sentence = "shape"  # these have nothing asymmetric: a matrix is too much for them
    given = matrix if name == "asymmetric" else of_wrong_shape(shape) if name == "shape" else covariance(matrix, shape)
    start = given if name in ("asymmetric", "shape") and shape != "full" else precisions(matrix, shape)
    models = [
        posterior(shape, covariance=given),
        *[variational(shape, covariance_prior=given, weight_concentration_prior_type=kind) for kind in WEIGHT_PRIORS],
        likelihood(shape, precisions_init=start),
    ]
    for model in models:
        with pytest.raises(ValueError, match=sentence):
            model.fit(X)
        assert not hasattr(model, "mixture_")


# Means

BAD_MEANS = {
    "too many": ([0.0] * 4, "shape|3 finite numbers"),
    "a row": ([[0.0] * 3], "shape|3 finite numbers"),
    "missing": ([np.nan, 0.0, 0.0], "NaN|3 finite numbers"),
    "infinite": ([np.inf, 0.0, 0.0], "infinity|numbers up to 2e.123, not inf"),
    "1e308": ([1e308, 0.0, 0.0], r"numbers up to 2e.123, not 1e\+308"),
    "text": (["a", "b", "c"], "real numbers|could not convert string to float"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", BAD_MEANS)
def test_bad_means_are_refused(name, shape):
    mean, sentence = BAD_MEANS[name]
    models = [
        posterior(shape, mean=mean),
        *[variational(shape, mean_prior=mean, weight_concentration_prior_type=kind) for kind in WEIGHT_PRIORS],
        likelihood(shape, means_init=[mean, mean]),
    ]
    for model in models:
        with pytest.raises(ValueError, match=sentence):
            model.fit(X)


@pytest.mark.parametrize("shape", SHAPES)
def test_means_too_far_for_single_precision_are_refused(shape):
    for model in (posterior(shape, mean=[1e60, 3, 3]), variational(shape, mean_prior=[1e60, 3, 3])):
        with pytest.raises(DataError, match=r"a component has a mean of .* overflow float32 above .* as float64"):
            model.fit(X.astype(np.float32))


@pytest.mark.parametrize("shape", SHAPES)
def test_precisions_of_single_precision_start_a_fit(shape):
    check_finite(likelihood(shape, precisions_init=precisions(np.eye(3), shape).astype(np.float32)).fit(X))


@pytest.mark.parametrize("shape", SHAPES)
def test_starts_too_far_from_every_row_are_refused(shape):
    start = {"weights_init": [0.5, 0.5], "means_init": [[1e100] * 3] * 2}
    model = likelihood(shape, precisions_init=precisions(np.eye(3) * 1e200, shape), **start)
    with pytest.raises(ValueError, match="every row is too far from all components to have a density"):
        model.fit(X)


# Numbers

NUMBERS = [0.0, -1.0, np.nan, np.inf, 1e308, 1e-308, 5e-324, "a", [1, 2]]
REFUSED_NUMBER = "must be a number, not|must be finite and|must be from 1e-100 to 1e.100, not|parameter of "


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("value", NUMBERS)
def test_bad_numbers_of_priors_are_refused(value, shape):
    for name in ("mean_precision", "degrees_of_freedom", "weight_concentration", "strength"):
        with pytest.raises(ValueError, match=REFUSED_NUMBER):
            posterior(shape, **{name: value}).fit(X)
    for name in ("mean_precision_prior", "degrees_of_freedom_prior", "weight_concentration_prior"):
        for kind in WEIGHT_PRIORS:
            with pytest.raises(ValueError, match=REFUSED_NUMBER):
                variational(shape, weight_concentration_prior_type=kind, **{name: value}).fit(X)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("value", [1e-100, 1e100])
def test_numbers_at_the_limits_are_used(value, shape):
    for name in ("mean_precision", "strength"):
        check_finite(posterior(shape, **{name: value}).fit(X))
    for kind in WEIGHT_PRIORS:
        for name in ("mean_precision_prior", "weight_concentration_prior"):
            check_finite(variational(shape, weight_concentration_prior_type=kind, **{name: value}).fit(X))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, 1e308, "a"])
def test_bad_ridges_are_refused(value, shape):
    models = [likelihood(shape), likelihood(shape, noise=True), likelihood(shape, family="t"), variational(shape)]
    models += [likelihood(shape, regularization="relative"), MixtureSearch([1, 2], covariance_types=[shape])]
    for model in models:
        with pytest.raises(ValueError, match=r"'reg_covar' parameter of|reg_covar must be at most 1e.100, not"):
            model.set_params(reg_covar=value).fit(X)


# Weights of rows

EVERY_OTHER = np.arange(40) % 2
SOUND_WEIGHTS = {
    "integers": 1 + EVERY_OTHER,
    "booleans": np.arange(40) % 3 > 0,
    "1e15": np.full(40, 1e15),
    "1e-300 beside ones": np.where(EVERY_OTHER, 1e-300, 1.0),
    "1e-7": np.full(40, 1e-7),
}
BAD_WEIGHTS = {
    "zero": (np.zeros(40), "must contain at least one non-zero number"),
    "all but one zero": (
        np.eye(40)[0],
        "2 components (start from|need) as many rows.*, and 1 of 40 have (one|a weight and a value)",
    ),
    "1e-300": (np.full(40, 1e-300), "sample weights add up to 4e-299, which is lost in rounding: multiply all of them"),
    "5e-324": (np.full(40, 5e-324), "sample weights add up to .*e-32., which is lost in rounding"),
    "1e300": (np.full(40, 1e300), "a sample weight is 1e.300, and sums overflow .*: divide all weights"),
    "one of 1e308": (1 + 1e308 * np.eye(40)[0], "a sample weight is 1e.308"),
    "negative": (1 - 2 * np.eye(40)[3], "Negative values in data passed to `sample_weight`"),
    "NaN": (np.where(np.eye(40)[3], np.nan, 1.0), "sample_weight contains NaN"),
    "infinite": (np.where(np.eye(40)[3], np.inf, 1.0), "sample_weight contains infinity"),
    "both infinities": (np.where(EVERY_OTHER, np.inf, -np.inf), "infinity|Negative values"),
    "one too few": (np.ones(39), r"sample_weight.shape == \(39,\), expected \(40,\)"),
    "a column": (np.ones((40, 1)), "must be 1D array or scalar"),
    "text": (np.full(40, "a"), "could not convert string to float"),
}


@pytest.mark.pairwise
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SOUND_WEIGHTS)
def test_odd_weights_are_used(name, way, shape):
    model = WAYS[way](shape).fit(X, sample_weight=SOUND_WEIGHTS[name])
    check_finite(model)
    if (
        way in ("likelihood", "relative", "t", "noise", "trimmed")
        and np.ptp(np.asarray(SOUND_WEIGHTS[name], float)) == 0
    ):
        plain = WAYS[way](shape).fit(X)
        np.testing.assert_allclose(np.sort(model.means_, axis=0), np.sort(plain.means_, axis=0), rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", BAD_WEIGHTS)
def test_bad_weights_are_refused(name, shape):
    weights, sentence = BAD_WEIGHTS[name]
    models = {way: make(shape) for way, make in WAYS.items()}
    single = (
        "covariance of the data, which scales the prior|holds a single value" if name == "all but one zero" else "$^"
    )
    for model in models.values():
        with pytest.raises(ValueError, match=f"{sentence}|{single}"):
            model.fit(X, sample_weight=weights)
    for way in ("likelihood", "process"):
        with pytest.raises(ValueError, match=sentence):
            models[way].partial_fit(X, sample_weight=weights)
    with pytest.raises(ValueError, match=sentence):
        MixtureSearch([2], covariance_types=[shape]).fit(X, sample_weight=weights)


# Rows to score

FAR = {
    "1e308": np.array([[1e308, -1e308, 1e308], [0, 0, 1e155]]),
    "1e308 with holes": np.array([[1e308, np.nan, 0], [np.nan, np.nan, -1e308]]),
    "largest of single precision": np.full((2, 3), 3.4e38, np.float32),
    "1e-308": np.full((2, 3), 1e-308),
    "nothing": np.full((2, 3), np.nan),
    "float16": np.full((2, 3), 65504, np.float16),
    "objects": np.array([[10**30, None, 0], [1, 2, 3]], object),
}
UNSCORED = {
    "infinite": ([[np.inf, 0, 0]], "infinity"),
    "both infinities": ([[np.inf, -np.inf, 0]], "infinity"),
    "an integer of 400 digits": (np.array([[10**400, 0, 0]], object), "integer beyond all float64 numbers"),
    "columns": (np.ones((2, 4)), "4 features, but .* is expecting 3 features"),
    "no rows": (np.ones((0, 3)), "minimum of 1 is required"),
    "text": ([["a", "b", "c"]], "could not convert string to float"),
    "flat": (np.ones(3), "Expected 2D array"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", WAYS)
def test_any_finite_row_is_scored(way, shape):
    model = WAYS[way](shape).fit(X)
    for name, rows in FAR.items():
        scores, shares = model.score_samples(rows), model.predict_proba(rows)
        assert np.isfinite(scores).all(), name
        assert np.isfinite(model.score(rows)), name
        # A row so far away that its density is zero belongs to no component.
        total = shares.sum(axis=1)
        assert (np.isclose(total, 1, atol=1e-5) | (total == 0)).all() or model.mixture_.noise is not None, name
        assert set(model.predict(rows)) <= {-1, 0, 1}, name
        filled, known = model.impute(rows), np.array(rows, dtype=np.float64)
        assert np.isfinite(filled).all(), name
        np.testing.assert_array_equal(filled[~np.isnan(known)], known[~np.isnan(known)].astype(filled.dtype))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", WAYS)
def test_other_rows_are_not_scored(way, shape):
    model = WAYS[way](shape).fit(X)
    for rows, sentence in UNSCORED.values():
        for answer in (model.score_samples, model.score, model.predict, model.predict_proba, model.impute):
            with pytest.raises(ValueError, match=sentence):
                answer(rows)


@pytest.mark.parametrize("shape", SHAPES)
def test_criteria_need_a_value(shape):
    model = likelihood(shape).fit(X)
    for criterion in (model.bic, model.aic):
        with pytest.raises(EmptyTableError, match="every value is missing"):
            criterion(np.full((2, 3), np.nan))
