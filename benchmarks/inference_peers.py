"""Black-box inference beside NumPyro's SVI: gradients to an answer, on the reference posteriors."""

import time
import warnings
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpyro.distributions import ImproperUniform
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal
from numpyro.optim import Adam
from sklearn.exceptions import ConvergenceWarning

from mixtura.inference import BlackBoxVI

from .posteriors import MODELS, Reference, reference

# An answer is there when means and deviations are so near, in standard deviations.
NEAR = 0.1
SEEDS = 3
STEPS = (0.001, 0.003, 0.01, 0.03, 0.1)
MOST_GRADIENTS, BETWEEN_LOOKS, DRAWS = 20_000, 250, 4_000
GUIDES = (AutoNormal, AutoMultivariateNormal)


def inference_peers(repeat: int) -> Iterator[dict[str, Any]]:
    """Gradients to an answer: the default settings against SVI with the best of five steps, medians of three seeds."""
    with jax.enable_x64(True):
        for name in MODELS:
            model = reference(name)
            row = {"posterior": name, **_ours(model)}
            for guide in GUIDES:
                row |= _svi(model, guide)
            yield row


def _ours(model: Reference) -> dict[str, Any]:
    fits = [_fit(model, seed) for seed in range(SEEDS + 1)]
    gradients, distances, seconds = map(np.array, zip(*fits, strict=True))
    return {
        "gradients": float(np.median(gradients)),
        "largest_distance": float(distances.max()),
        "compile_and_fit_seconds": float(seconds[0]),
        "later_seconds": float(np.median(seconds[1:])),
    }


def _fit(model: Reference, seed: int) -> tuple[int, float, float]:
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the distance says more
        fit = BlackBoxVI(random_state=seed).fit(
            log_prior=model.log_prior,
            log_likelihood=model.log_likelihood,
            data=model.data,
            parameters=model.parameters,
        )
    return fit.n_gradients_, max(model.distances(fit.posterior_)), time.process_time() - start


def _svi(model: Reference, guide: Any) -> dict[str, Any]:
    """Return the fewest gradients over the steps, as a median of seeds, and the best distance that any run came to."""
    runs = {step: _runs(model, guide, step) for step in STEPS}
    medians = {step: float(np.median(gradients)) for step, (gradients, _) in runs.items()}
    best = min(STEPS, key=medians.__getitem__)
    there = np.isfinite(medians[best])
    return {
        f"{guide.__name__}_gradients": medians[best] if there else "never",
        f"{guide.__name__}_step": best if there else "none",
        f"{guide.__name__}_distance": float(min(distances.min() for _, distances in runs.values())),
    }


def _runs(model: Reference, guide: Any, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return of each seed the gradients until the answer is there, infinite if it never is, and the least distance."""

    def written() -> None:
        values = {
            name: numpyro.sample(name, ImproperUniform(parameter.support, (), parameter.value_shape))
            for name, parameter in model.parameters.items()
        }
        numpyro.factor("density", model.log_density(values))

    approximation = guide(written)
    svi = SVI(written, approximation, Adam(step), Trace_ELBO())
    states = [svi.init(jax.random.key(seed)) for seed in range(SEEDS)]
    state = jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)

    @jax.jit
    @jax.vmap
    def ascended(state: Any) -> tuple[Any, Any]:
        state = jax.lax.scan(lambda held, _: (svi.update(held)[0], None), state, length=BETWEEN_LOOKS)[0]
        key = jax.random.fold_in(state.rng_key, 1)
        return state, approximation.sample_posterior(key, svi.get_params(state), sample_shape=(DRAWS,))

    needed, least = np.full((2, SEEDS), np.inf)
    for gradients in range(BETWEEN_LOOKS, MOST_GRADIENTS + 1, BETWEEN_LOOKS):
        state, draws = ascended(state)
        held = {name: np.asarray(draws[name]) for name in model.parameters}
        for seed in range(SEEDS):
            of_seed = {name: values[seed] for name, values in held.items()}
            distance = max(model.distances_of(of_seed, np.full(DRAWS, 1 / DRAWS)))
            least[seed] = min(least[seed], distance)
            if distance <= NEAR:
                needed[seed] = min(needed[seed], gradients)
        if np.isfinite(needed).all():
            break
    return needed, least
