"""The posterior that inference found: weighted draws, their figures, and whether to trust them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...distributions.mixture import Mixture
from ...rows.results import as_frame
from ...typing import Floats
from .judging import Figures, resampled


@dataclass(frozen=True, eq=False)
class Posterior:
    """The distribution of the parameters given the data, as weighted draws.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        Shape of the values of each parameter.
    names : tuple of str
        One name for each number that the parameters hold.
    values : ndarray of shape (n_draws, n_numbers)
        The draws.
    log_weights : ndarray of shape (n_draws,)
        Logarithms of their weights.
    figures : Figures
        Means, standard deviations and errors.
    k_hats : ndarray of shape (n_numbers,)
        Shape of the tail of weighted draws of each number.
    mixture : Mixture
        q, over unconstrained coordinates.
    log_evidence : float
        Logarithm of the integral of the density.
    log_evidence_error : float
        Its standard error.
    elbo : float
        Evidence lower bound of q.
    elbo_trace : ndarray of shape (n_steps,)
        The bound on the way.
    k_hat : float
        Shape of the tail of the importance weights.
    ess : float
        How many independent draws of the posterior the weighted ones are worth.
    n_gradients, n_evaluations : int
        How often the gradient, and the log density alone, were asked for.
    reasons : tuple of str
        Why not to trust the answer; empty when it converged.
    """

    shapes: dict[str, tuple[int, ...]]
    names: tuple[str, ...]
    values: Floats
    log_weights: Floats
    figures: Figures
    k_hats: Floats
    mixture: Mixture
    log_evidence: float
    log_evidence_error: float
    elbo: float
    elbo_trace: Floats
    k_hat: float
    ess: float
    n_gradients: int
    n_evaluations: int
    reasons: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether every check passed."""
        return not self.reasons

    def sample(self, n_draws: int, seed: int) -> dict[str, Floats]:
        """Return draws in proportion to their weights, an array of shape (n_draws, ...) for each parameter."""
        drawn = self.values[resampled(self.log_weights, n_draws, seed)]
        return self.shaped(drawn)

    def shaped(self, rows: Floats) -> dict[str, Floats]:
        """Return rows of numbers, shape (n_rows, n_numbers), as an array for each parameter."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])
        parts = np.split(rows, ends[:-1], axis=1)
        return {
            name: part.reshape(len(rows), *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def summary(self, level: float) -> Any:
        """Return a row for each number: mean, standard deviation, their errors, interval of equal tails, k̂."""
        ends = weighted_quantiles(self.values, self.log_weights, [(1 - level) / 2, 0.5, (1 + level) / 2])
        columns = {
            "mean": self.figures.means,
            "sd": self.figures.sds,
            "lower": ends[0],
            "median": ends[1],
            "upper": ends[2],
            "mean_error": self.figures.mean_errors,
            "sd_error": self.figures.sd_errors,
            "k_hat": self.k_hats,
        }
        return as_frame({"parameter": self.names, **{name: column.tolist() for name, column in columns.items()}})


def weighted_quantiles(values: Floats, log_weights: Floats, levels: list[float]) -> Floats:
    """Return quantiles of each column of weighted rows, shape (n_levels, n_columns)."""
    order = np.argsort(values, axis=0)
    weights = np.exp(log_weights - log_weights.max())
    shares = np.cumsum(weights[order], axis=0) / weights.sum()
    sorted_values = np.take_along_axis(values, order, axis=0)
    places = [[min(np.searchsorted(column, level), len(column) - 1) for column in shares.T] for level in levels]
    return np.take_along_axis(sorted_values, np.array(places), axis=0)
