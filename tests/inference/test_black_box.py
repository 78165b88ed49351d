"""Black-box inference against known posteriors, and what it says of densities that have none."""

import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from jax.scipy.stats import cauchy, norm
from scipy import stats
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning

from mixtura import load, save
from mixtura.errors import RequestError
from mixtura.inference import (
    BlackBoxVI,
    CholeskyCorrelation,
    Interval,
    Ordered,
    Positive,
    Posterior,
    Real,
    Simplex,
    map_estimate,
    maximum_likelihood,
)
from mixtura.inference.blackbox.parameters import layout_of
from mixtura.inference.blackbox.psis import smoothed
from pairwise import exhaustive
from requirements import SHARED, needs_shared

POSTERIORS = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "posteriors.py"))


def fitted(log_density, parameters, seed=0):
    return BlackBoxVI(random_state=seed).fit(log_density, parameters)


def assert_right(fit, mean, sd, within=0.05):
    found = fit.posterior_.figures
    assert fit.converged_, fit.reasons_
    np.testing.assert_array_less(np.abs(found.means - mean) / sd, within)
    np.testing.assert_array_less(np.abs(found.sds / sd - 1), within)


# By default a hierarchy.
FEW = {"eight_schools_noncentered"}


@needs_shared("posteriordb")
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in FEW else pytest.mark.exhaustive) for name in POSTERIORS["MODELS"]],
)
def test_reference_posteriors(name):
    model = POSTERIORS["reference"](name, SHARED / "posteriordb")
    fit = BlackBoxVI(random_state=0).fit(
        log_prior=model.log_prior,
        log_likelihood=model.log_likelihood,
        data=model.data,
        parameters=model.parameters,
    )
    mean, sd = model.distances(fit.posterior_)
    assert fit.converged_, fit.reasons_
    assert max(mean, sd) < 0.05


@pytest.mark.parametrize("n_dimensions", [2, pytest.param(30, marks=pytest.mark.exhaustive)])
def test_normal_targets_of_any_scale(n_dimensions):
    rng = np.random.default_rng(n_dimensions)
    axes, _ = np.linalg.qr(rng.standard_normal((n_dimensions, n_dimensions)))
    covariance = axes * np.geomspace(1e-2, 1e2, n_dimensions) @ axes.T
    precision, mean = np.linalg.inv(covariance), 3 * rng.standard_normal(n_dimensions)
    fit = fitted(lambda p: -0.5 * (p["x"] - mean) @ precision @ (p["x"] - mean), {"x": Real(n_dimensions)})
    assert_right(fit, mean, np.sqrt(np.diag(covariance)), 0.02)
    log_evidence = 0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1]
    assert fit.log_evidence_ == pytest.approx(log_evidence, abs=4 * fit.posterior_.log_evidence_error + 1e-6)
    # The family holds the answer, so the bound is the evidence.
    assert fit.elbo_ == pytest.approx(log_evidence, abs=1e-6)


@pytest.mark.parametrize("offset", [4.0, *(pytest.param(far, marks=pytest.mark.exhaustive) for far in (8.0, 12.0))])
def test_two_modes(offset):
    def log_density(p):
        near, far = jnp.sum(p["x"] ** 2), jnp.sum((p["x"] - jnp.array([offset, 0, 0])) ** 2)
        return jnp.logaddexp(jnp.log(0.3) - near / 2, jnp.log(0.7) - far / 2)

    fit = fitted(log_density, {"x": Real(3)})
    assert_right(fit, [0.7 * offset, 0, 0], np.sqrt(1 + np.array([0.21 * offset**2, 0, 0])))
    assert fit.mixture_.n_components >= 2


def test_banana():
    # x ~ N(0, 4), y ~ N(x² / 2, 1): the variance of x² is 2·4², that of y is 1 + 32 / 4.
    fit = fitted(
        lambda p: norm.logpdf(p["x"], 0, 2) + norm.logpdf(p["y"], p["x"] ** 2 / 2, 1), {"x": Real(), "y": Real()}
    )
    assert_right(fit, [0, 2], [2, 3])
    assert abs(fit.log_evidence_) < 0.02


def test_a_prior_far_from_the_data():
    fit = fitted(lambda p: norm.logpdf(p["x"], 0, 1) + norm.logpdf(10.0, p["x"], 0.5), {"x": Real()})
    assert_right(fit, [8.0], [np.sqrt(0.2)], 0.01)
    assert fit.log_evidence_ == pytest.approx(stats.norm.logpdf(10, 0, np.sqrt(1.25)), abs=1e-3)


@pytest.mark.exhaustive
def test_bounded_parameters_of_conjugate_models():
    counts = jnp.array([1.0, 4.0, 9.0])
    fit = fitted(
        lambda p: jnp.sum(counts * jnp.log(p["w"])) + 6 * jnp.log(p["share"]), {"w": Simplex(3), "share": Interval()}
    )
    weights, share = stats.dirichlet([2, 5, 10]), stats.beta(7, 1)
    assert_right(fit, [*weights.mean(), share.mean()], np.sqrt([*weights.var(), share.var()]))
    assert fit.posterior_.names == ("w[0]", "w[1]", "w[2]", "share")
    fit = fitted(lambda p: 3 * jnp.log(p["rate"]) - 2 * p["rate"], {"rate": Positive()})
    assert_right(fit, [2.0], [1.0])  # the gamma distribution of shape 4 and rate 2


def test_ordered_parameters_are_order_statistics():
    fit = fitted(lambda p: jnp.sum(norm.logpdf(p["x"])), {"x": Ordered(2)})
    expected = 1 / np.sqrt(np.pi)
    assert_right(fit, [-expected, expected], np.full(2, np.sqrt(1 - expected**2)))


@pytest.mark.exhaustive
def test_logistic_regression_agrees_with_a_long_chain_of_another_kind():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((100, 2))
    y = (rng.uniform(size=100) < 1 / (1 + np.exp(-X @ [1.0, -2.0]))).astype(float)

    def log_density(p, jnp=jnp):
        logits = X @ p["b"]
        return jnp.sum(y * logits - jnp.logaddexp(0.0, logits)) - jnp.sum(p["b"] ** 2) / 8

    # The answer by a grid, far finer than the posterior is wide.
    grid = np.linspace(-6, 6, 400)
    points = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
    logits = points @ X.T
    log_values = (y * logits - np.logaddexp(0, logits)).sum(axis=1) - (points**2).sum(axis=1) / 8
    weights = np.exp(log_values - log_values.max())
    weights /= weights.sum()
    mean = weights @ points
    assert_right(fitted(log_density, {"b": Real(2)}), mean, np.sqrt(weights @ (points - mean) ** 2), 0.03)


HARD = {
    "funnel": (
        lambda p: norm.logpdf(p["v"], 0, 3) + jnp.sum(norm.logpdf(p["x"], 0, jnp.exp(p["v"] / 2))),
        {"v": Real(), "x": Real(9)},
    ),
    "infinite variance": (lambda p: jnp.sum(cauchy.logpdf(p["x"])), {"x": Real(2)}),
    "improper": (lambda p: -0.5 * (p["a"] + p["b"]) ** 2, {"a": Real(), "b": Real()}),
    "NaN in a region": (lambda p: -0.5 * p["a"] ** 2 + 0 * jnp.sqrt(p["a"] + 2.5), {"a": Real()}),
    "jump": (lambda p: jnp.where(p["a"] > -0.5, -0.5 * p["a"] ** 2, -jnp.inf), {"a": Real()}),
}


@pytest.mark.parametrize("name", ["improper", "jump", *exhaustive("funnel", "infinite variance", "NaN in a region")])
def test_what_is_not_right_is_said(name):
    with pytest.warns(ConvergenceWarning, match="not reliable"):
        fit = fitted(*HARD[name])
    assert not fit.converged_
    assert fit.reasons_


@pytest.mark.parametrize(
    ("log_density", "parameters", "says"),
    [
        (lambda p: jnp.log(-1 - p["tau"] ** 2), {"tau": Positive()}, r"NaN at tau=1\."),
        (lambda p: jnp.where(p["a"] > 99, 0.0, -jnp.inf), {"a": Real()}, "minus infinity at a=0"),
        (lambda p: -(p["a"] ** 2), {"a": Real(), "b": Real()}, "does not depend on b"),
        (lambda p: -(p["a"] ** 2), {"a": Real(), "s": Positive()}, "does not depend on s"),
        (lambda p: -(jax.lax.stop_gradient(p["a"]) ** 2), {"a": Real()}, "changes with a and its gradient is zero"),
        (lambda p: -(p["a"] ** 2), {"a": Real(3)}, r"one real number, and is float64 of shape \(3,\)"),
        (lambda p: p["a"] ** 4, {"a": Real()}, "proper prior"),
        (lambda p: -jnp.sqrt(jnp.abs(p["a"])), {"a": Real()}, "gradient of the log density in a is not finite at a=0"),
    ],
)
def test_a_density_that_cannot_be_is_refused_in_words(log_density, parameters, says):
    with pytest.raises(RequestError, match=says):
        fitted(log_density, parameters)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"parameters": {"a": Real()}}, "give log_density, or"),
        ({"log_density": abs}, "parameters must be given"),
        ({"log_density": abs, "parameters": {"a": 1}}, "parameter 'a' must be"),
        ({"log_density": abs, "parameters": {}}, "parameters must be a mapping"),
        ({"log_prior": abs, "parameters": {"a": Real()}}, "give log_density, or"),
    ],
)
def test_arguments_that_do_not_fit(arguments, says):
    with pytest.raises(RequestError, match=says):
        BlackBoxVI().fit(**arguments)


def test_unknown_method():
    with pytest.raises(RequestError, match="method must be 'auto' or one of 'mixture'"):
        BlackBoxVI(method="mcmc").fit(lambda p: -(p["a"] ** 2), {"a": Real()})


def test_a_fit_is_the_same_again():
    first, second = (fitted(lambda p: jnp.sum(norm.logpdf(p["x"])), {"x": Real(2)}, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.posterior_.values, second.posterior_.values)
    np.testing.assert_array_equal(first.sample(5, 0)["x"], second.sample(5, 0)["x"])


def test_other_data_of_the_same_shape_do_not_compile_again():
    def log_prior(p):
        return norm.logpdf(p["mu"], 0, 10)

    def log_likelihood(p, data):
        traced.append(len(data))
        return norm.logpdf(data, p["mu"], 1)

    traced = []
    for shift in (0.0, 3.0):
        known = len(traced)
        data = shift + np.linspace(-1, 1, 20)
        fit = BlackBoxVI(random_state=0).fit(
            log_prior=log_prior, log_likelihood=log_likelihood, data=data, parameters={"mu": Real()}
        )
        assert_right(fit, [shift * 20 / 20.01], [np.sqrt(1 / 20.01)], 0.01)
    # What is asked again is the shape of the answer alone, which compiles nothing.
    assert known > 1
    assert len(traced) - known <= 1


def test_double_precision_is_not_left_switched_on():
    before = jax.config.jax_enable_x64
    fitted(lambda p: -(p["a"] ** 2), {"a": Real()})
    assert jax.config.jax_enable_x64 == before


def test_draws_and_summary_agree():
    fit = fitted(lambda p: 3 * jnp.log(p["rate"]) - 2 * p["rate"], {"rate": Positive()})
    draws = fit.sample(4000, 0)["rate"]
    gamma = stats.gamma(4, scale=0.5)
    assert stats.kstest(draws, gamma.cdf).pvalue > 1e-3
    row = fit.summary(0.9).iloc[0]
    assert row["parameter"] == "rate"
    np.testing.assert_allclose(row[["lower", "median", "upper"]].astype(float), gamma.ppf([0.05, 0.5, 0.95]), rtol=0.02)


def test_point_estimates():
    fit = map_estimate(lambda p: 3 * jnp.log(p["rate"]) - 2 * p["rate"], {"rate": Positive()})
    assert (fit.values["rate"], fit.standard_errors["rate"]) == pytest.approx((1.5, np.sqrt(3) / 2), rel=1e-5)
    x = np.random.default_rng(0).normal(3, 2, 50)
    fit = maximum_likelihood(lambda p, x: norm.logpdf(x, p["mu"], p["sigma"]), {"mu": Real(), "sigma": Positive()}, x)
    assert (fit.values["mu"], fit.values["sigma"]) == pytest.approx((x.mean(), x.std()), rel=1e-5)
    assert fit.standard_errors["mu"] == pytest.approx(x.std() / np.sqrt(50), rel=1e-4)
    assert fit.log_density == pytest.approx(stats.norm.logpdf(x, x.mean(), x.std()).sum())


@pytest.fixture(scope="module")
def gamma_fit():
    return fitted(lambda p: 3 * jnp.sum(jnp.log(p["rate"])) - 2 * jnp.sum(p["rate"]), {"rate": Positive(2)})


def test_a_saved_posterior_is_the_same(gamma_fit, tmp_path):
    saved = gamma_fit.posterior_
    save(saved, tmp_path / "posterior.safetensors")
    found = load(tmp_path / "posterior.safetensors")
    assert isinstance(found, Posterior)
    assert found.shapes == saved.shapes == {"rate": (2,)}
    assert (found.names, found.reasons, found.mixture) == (saved.names, saved.reasons, saved.mixture)
    assert (found.k_hat, found.n_gradients, found.log_evidence) == (saved.k_hat, saved.n_gradients, saved.log_evidence)
    np.testing.assert_array_equal(found.sample(9, 1)["rate"], saved.sample(9, 1)["rate"])
    assert found.summary(0.9).equals(saved.summary(0.9))


def test_a_posterior_that_does_not_fit_together_is_no_model(gamma_fit, tmp_path):
    saved = gamma_fit.posterior_
    arrays = saved.arrays()
    for broken in ({**arrays, "values": arrays["values"][:, :1]}, {k: v for k, v in arrays.items() if k != "scalars"}):
        with pytest.raises(ValueError, match="posterior"):
            Posterior.from_arrays(broken, saved.settings())


def test_loading_needs_no_jax(gamma_fit, tmp_path):
    save(gamma_fit.posterior_, tmp_path / "posterior.safetensors")
    probe = "import sys; sys.modules['jax'] = None; import mixtura; print(mixtura.load(sys.argv[1]).converged)"
    done = subprocess.run(
        [sys.executable, "-c", probe, tmp_path / "posterior.safetensors"], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "True"


def test_without_jax_the_error_names_the_extra():
    probe = "import sys; sys.modules['jax'] = None; import mixtura.inference; mixtura.inference.BlackBoxVI"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert "MissingDependencyError" in done.stderr
    assert "pip install 'mixtura[jax]'" in done.stderr


def test_inference_in_one_parameter_does_not_import_jax():
    probe = "import sys, mixtura; from mixtura.inference import fit_parameter; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_arviz(gamma_fit, need):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # ArviZ says that it will change
        need("arviz")
    posterior = gamma_fit.to_arviz(500, 0).posterior
    assert posterior["rate"].shape == (1, 500, 2)


def test_the_picture_shows_marginals_pairs_and_trace(gamma_fit):
    display = gamma_fit.plot()
    assert len(display.axes_) == 2 * 2 + 1
    assert [axes.get_xlabel() for axes in display.axes_[2:4]] == ["rate[0]", "rate[1]"]
    np.testing.assert_array_equal(display.axes_[-1].lines[0].get_ydata(), gamma_fit.elbo_trace_)
    assert len(gamma_fit.plot(names=["rate[1]"]).axes_) == 2
    with pytest.raises(RequestError, match=r"choose from rate\[0\], rate\[1\]"):
        gamma_fit.plot(names=["mu"])


def test_numpyro_models():
    def model(y):
        mu = numpyro.sample("mu", dist.Normal(0, 10))
        sigma = numpyro.sample("sigma", dist.HalfNormal(5))
        with numpyro.plate("rows", len(y)):
            numpyro.sample("y", dist.Normal(mu, sigma), obs=y)

    y = np.random.default_rng(0).normal(2, 1, 30)
    given = BlackBoxVI(random_state=0).fit_numpyro(model, y)
    written = fitted(
        lambda p: (
            norm.logpdf(p["mu"], 0, 10)
            + jnp.log(2)
            + norm.logpdf(p["sigma"], 0, 5)
            + jnp.sum(norm.logpdf(y, p["mu"], p["sigma"]))
        ),
        {"mu": Real(), "sigma": Positive()},
    )
    np.testing.assert_allclose(given.posterior_.figures.means, written.posterior_.figures.means, rtol=1e-9)
    assert given.log_evidence_ == pytest.approx(written.log_evidence_, rel=1e-9)


def test_numpyro_models_that_cannot_be():
    def discrete():
        numpyro.sample("k", dist.Bernoulli(0.5))

    def dependent():
        numpyro.sample("b", dist.Uniform(0, numpyro.sample("a", dist.HalfNormal(1))))

    with pytest.raises(RequestError, match="site 'k' is discrete"):
        BlackBoxVI().fit_numpyro(discrete)
    with pytest.raises(RequestError, match="site 'b' can take depend on other sites"):
        BlackBoxVI().fit_numpyro(dependent)
    with pytest.raises(RequestError, match="no site that is not observed"):
        BlackBoxVI().fit_numpyro(lambda: None)


def test_progress_is_told():
    told = []
    BlackBoxVI(random_state=0, on_progress=told.append).fit(
        lambda p: cauchy.logpdf(p["a"]) - p["a"] ** 2, {"a": Real()}
    )
    assert {(each.what, each.total, each.unit) for each in told} == {("fitting the mixture", None, "rounds")}
    assert [each.done for each in told] == [*range(1, len(told) + 1)]


def test_parameters_say_what_is_wrong_with_them():
    for make, says in (
        (lambda: Real(0), "shape of Real must be whole numbers"),
        (lambda: Interval(2, 1), "the lower before the upper"),
        (lambda: Simplex(1), "size of Simplex must be a whole number from 2"),
    ):
        with pytest.raises(RequestError, match=says):
            make()


@pytest.mark.parametrize(
    "parameter",
    [
        *(Positive(3), Interval(-1, 4), Simplex(3, shape=2), Ordered(3), CholeskyCorrelation(3)),
        *exhaustive(Real((2, 2)), Simplex(4)),
    ],
    ids=repr,
)
def test_jacobians_are_those_of_the_transform(parameter):
    layout = layout_of({"x": parameter})
    z = np.random.default_rng(0).normal(size=layout.n_dimensions)
    slopes = np.asarray(jax.jit(jax.jacobian(layout.flat))(z))
    # As many of the numbers as are free determine the others: the volume is that of the independent ones.
    independent = {
        Simplex: lambda J: np.delete(J, np.arange(parameter.size - 1, len(J), parameter.size), axis=0),
        CholeskyCorrelation: lambda J: J.reshape(3, 3, -1)[np.tril_indices(3, -1)],
    }.get(type(parameter), lambda J: J)(slopes)
    assert layout.constrain(z)[1] == pytest.approx(np.linalg.slogdet(independent)[1])
    assert layout.shaped(np.asarray(layout.flat(z))[None])["x"].shape == (1, *parameter.value_shape)


def test_smoothing_agrees_with_arviz(need):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # ArviZ says that it will change
        arviz = need("arviz")
    rng = np.random.default_rng(0)
    for tail in (0.2, 0.5, 0.9):
        log_weights = np.log(stats.genpareto(tail).rvs(4000, random_state=rng) + 1e-3)
        theirs, their_shape = arviz.psislw(log_weights.copy())
        ours, our_shape = smoothed(log_weights)
        assert our_shape == pytest.approx(float(their_shape), abs=0.02)
        np.testing.assert_allclose(ours - logsumexp(ours), theirs, atol=0.02)


def test_rows_of_a_file_in_minibatches(tmp_path):
    x = np.random.default_rng(0).normal(3.0, 2.0, 5000)
    path = tmp_path / "rows.csv"
    np.savetxt(path, x, header="x", comments="")

    def log_likelihood(p, rows):
        return norm.logpdf(rows[:, 0], p["mu"], 2.0)

    given = {"log_prior": lambda p: norm.logpdf(p["mu"], 0, 10), "log_likelihood": log_likelihood, "data": path}
    fit = BlackBoxVI("stochastic", random_state=0).fit(**given, parameters={"mu": Real()})
    found = fit.posterior_.figures
    assert abs(found.means[0] - x.mean()) < 0.2 * 2 / np.sqrt(5000)
    assert found.sds[0] == pytest.approx(2 / np.sqrt(5000), rel=0.1)
    with pytest.raises(RequestError, match="take method='stochastic', which reads rows in passes"):
        BlackBoxVI().fit(**given, parameters={"mu": Real()})
