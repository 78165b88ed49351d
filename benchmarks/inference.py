"""Black-box inference: how near the reference posteriors it comes, what it asks of the model, and how long it takes."""

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from mixtura.inference import BlackBoxVI

from .posteriors import MODELS, reference

SEEDS = 10
# Means and deviations of an answer that is right are so near, in standard deviations.
NEAR = 0.05


def inference(repeat: int) -> Iterator[dict[str, Any]]:
    """Default settings on reference posteriors, ten seeds each: largest distances, and medians of the cost."""
    for name in MODELS:
        model = reference(name)
        rows = []
        for seed in range(SEEDS):
            start = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                fit = BlackBoxVI(random_state=seed).fit(
                    log_prior=model.log_prior,
                    log_likelihood=model.log_likelihood,
                    data=model.data,
                    parameters=model.parameters,
                )
            seconds = time.perf_counter() - start
            mean, sd = model.distances(fit.posterior_)
            rows.append((mean, sd, fit.converged_, fit.n_gradients_, fit.n_evaluations_, seconds))
        means, sds, converged, gradients, evaluations, seconds = map(np.array, zip(*rows, strict=True))
        wrong = np.maximum(means, sds) > NEAR
        yield {
            "posterior": name,
            "mean_distance": float(means.max()),
            "sd_distance": float(sds.max()),
            "converged": int(converged.sum()),
            "wrong": int(wrong.sum()),
            "wrong_and_converged": int((wrong & converged).sum()),
            "gradients": float(np.median(gradients)),
            "evaluations": float(np.median(evaluations)),
            "first_fit_seconds": float(seconds[0]),
            "later_seconds": float(np.median(seconds[1:])),
        }
