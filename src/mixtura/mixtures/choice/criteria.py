"""What the candidates of a search are compared by."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...distributions.mixture import Mixture
from ...intake.table import Table
from ..em.expectation import passes_for
from ..em.loop import Fit


@dataclass(frozen=True)
class Candidate:
    """One fitted combination of a search.

    Attributes
    ----------
    n_components : int
        Number of components.
    covariance_type : str
        Covariance shape.
    bic, aic, icl, mml : float
        Criteria; lower is better, infinite where the fit is singular or left out. The message length `mml` is in nats.
    log_likelihood : float
        Sum of the log densities of the rows.
    n_parameters : int
        Free parameters.
    n_iter : int
        Iterations of the best start.
    converged : bool
        Whether it converged.
    cv_log_likelihood : float or None
        Mean log density of a row under fits to other rows; higher is better, minus infinity where one of those fits is
        singular. None when the search does not choose by it.
    left_out : str
        Why the candidate does not compete, empty where it does.
    estimated : bool or None
        Whether a sample of the rows showed that the candidate cannot win: its criteria are then estimates, beside those
        of the best, `icl` with the separation of the best. None where every candidate was fitted to all rows.
    """

    n_components: int
    covariance_type: str
    bic: float
    aic: float
    icl: float
    mml: float
    log_likelihood: float
    n_parameters: int
    n_iter: int
    converged: bool
    cv_log_likelihood: float | None = None
    left_out: str = ""
    estimated: bool | None = None


@dataclass(frozen=True)
class VariationalCandidate:
    """One combination of a search, fitted by variational inference.

    Attributes
    ----------
    n_components : int
        Number of components, those that hold no rows included.
    covariance_type : str
        Covariance shape.
    elbo : float
        Lower bound of the log evidence of the table; higher is better.
    n_effective_components : int
        Components that hold rows.
    n_iter : int
        Iterations of the best start.
    converged : bool
        Whether it converged.
    left_out : str
        Why it is not taken, empty where it may be.
    """

    n_components: int
    covariance_type: str
    elbo: float
    n_effective_components: int
    n_iter: int
    converged: bool
    left_out: str = ""


# What is minimised, by the name of the criterion: likelihoods and bounds of evidence are good when they are high.
LOSSES: dict[str, Callable[[Any], float]] = {
    "bic": lambda candidate: candidate.bic,
    "aic": lambda candidate: candidate.aic,
    "icl": lambda candidate: candidate.icl,
    "mml": lambda candidate: candidate.mml,
    "cv": lambda candidate: -candidate.cv_log_likelihood,
    "elbo": lambda candidate: -candidate.elbo,
}

# How many times the log-likelihood of the rows is in a criterion, for those that add nothing else from row to row.
SUMMED = {"bic": 2.0, "aic": 2.0, "mml": 1.0}


def measure(fit: Fit[Mixture], log_likelihood: float, log_assigned: float, n_rows: float) -> Candidate:
    """Return a fit as a candidate, given what `likelihoods` returns of it."""
    mixture = fit.model
    bic = -2 * log_likelihood + mixture.n_parameters * float(np.log(n_rows))
    return Candidate(
        n_components=mixture.n_components,
        covariance_type=mixture.covariance.name,
        bic=bic,
        aic=-2 * log_likelihood + 2 * mixture.n_parameters,
        icl=bic - 2 * log_assigned,
        mml=message_length(mixture, n_rows) - log_likelihood,
        log_likelihood=log_likelihood,
        n_parameters=mixture.n_parameters,
        n_iter=fit.n_iter,
        converged=fit.converged,
    )


def singular(n_components: int, shape: str) -> Candidate:
    """Return the candidate of which no start could be fitted."""
    infinite = float("inf")
    none = Candidate(n_components, shape, infinite, infinite, infinite, infinite, -infinite, 0, 0, False)
    return replace(none, left_out="a covariance is singular")


def barred(candidate: Candidate) -> Candidate:
    """Return a candidate as one that no criterion chooses, if it is left out."""
    if not candidate.left_out:
        return candidate
    infinite = float("inf")
    return replace(candidate, bic=infinite, aic=infinite, icl=infinite, mml=infinite)


def likelihoods(mixture: Mixture, table: Table) -> list[float]:
    """Return three weighted sums: of log densities, of log responsibilities of the likeliest component, of ones."""
    passes = passes_for(mixture.components, table.rows)
    sums: list[float] = table.fold(passes.likelihoods, np.zeros(3)).tolist()
    return sums


def message_length(mixture: Mixture, n_rows: float) -> float:
    """Return how many nats it takes to say which mixture it is: the part of a message before the rows.

    Figueiredo and Jain (2002), "Unsupervised learning of finite mixture models", IEEE Transactions on Pattern Analysis
    and Machine Intelligence 24, equation 14 with their prior (Jeffreys' for every component and for the weights): a
    parameter that m rows tell of costs (log(m / 12) + 1) / 2. For those of component k they are n w_k rows, for the k
    weights n; so that without the log-likelihood this is their equation 15 where components share nothing. What all
    components share, such as a tied covariance, has n times the information that one row holds, and costs as much as
    so many weights. Components of weight zero cost nothing.
    """
    shape, n_features = mixture.covariance, mixture.means.shape[1]
    own = shape.n_parameters(2, n_features) - shape.n_parameters(1, n_features)
    shared = shape.n_parameters(1, n_features) - own
    weights = mixture.weights[mixture.weights > 0]
    of_levels = 0 if mixture.levels is None else mixture.levels.layout.n_parameters
    per_component = (n_features + own + of_levels) * (np.log(n_rows * weights / 12) + 1).sum()
    return float(per_component + (shared + len(weights)) * (np.log(n_rows / 12) + 1)) / 2
