"""Minibatches from a file: a logistic regression on more rows than are held."""

import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.exceptions import ConvergenceWarning

from mixtura.inference import BlackBoxVI, Real
from mixtura.inference.blackbox.methods.stochastic import Stochastic

from .suites import peak_kilobytes, reset_peak

N_ROWS, N_COLUMNS = 1_000_000, 20


def log_prior(p: dict[str, Any]) -> Any:
    return jax.scipy.stats.norm.logpdf(p["beta"], 0, 10).sum()


def log_likelihood(p: dict[str, Any], data: Any) -> Any:
    linear = data[:, :-1] @ p["beta"]
    return data[:, -1] * linear - jnp.logaddexp(0, linear)


def inference_rows(repeat: int) -> Iterator[dict[str, Any]]:
    """Logistic regression by minibatches from a Parquet file (Linux): memory above what JAX takes for a small table,
    and the distance from the coefficients that drew the rows, in posterior standard deviations.
    """
    with tempfile.TemporaryDirectory() as folder:
        beta = np.random.default_rng(0).normal(scale=0.5, size=N_COLUMNS)
        large, small = Path(folder, "large.parquet"), Path(folder, "small.parquet")
        _write(large, beta, N_ROWS)
        _write(small, beta, 10_000)
        _fit(small, 200)
        before, start = reset_peak(), time.perf_counter()
        fit = _fit(large, 100_000)
        q = fit.mixture_
        deviations = (q.means[0] - beta) / np.sqrt(q.covariance.variances[0])
        yield {
            "case": f"{N_ROWS:,} × {N_COLUMNS}",
            "peak_mb": (peak_kilobytes() - before) / 1024,
            "seconds": time.perf_counter() - start,
            "iterations": len(fit.elbo_trace_),
            "reasons": len(fit.reasons_),
            "root_mean_square_distance": float(np.sqrt((deviations**2).mean())),
        }


def _fit(path: Path, max_iter: int) -> BlackBoxVI:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the reasons are counted
        return BlackBoxVI(method=Stochastic(batch_size=1000, max_iter=max_iter), random_state=0).fit(
            log_prior=log_prior, log_likelihood=log_likelihood, data=path, parameters={"beta": Real(N_COLUMNS)}
        )


def _write(path: Path, beta: np.ndarray, n_rows: int) -> None:
    rng = np.random.default_rng(1)
    names = [*(f"x{column}" for column in range(N_COLUMNS)), "y"]
    schema = pa.schema([(name, pa.float64()) for name in names])
    with pq.ParquetWriter(path, schema) as writer:
        for _ in range(10):
            rows = rng.normal(size=(n_rows // 10, N_COLUMNS))
            response = (rng.random(len(rows)) < 1 / (1 + np.exp(-rows @ beta))).astype(float)
            writer.write_table(pa.table([*rows.T, response], schema=schema))
