"""What a model is, and what it was chosen among, as plain data."""

import math
from dataclasses import dataclass, field

# What is told of the fit of a mixture, and saved with it: attributes of `ModelFacts`.
FIT_FIGURES = ("bic", "aic", "log_likelihood", "lower_bound")


@dataclass(frozen=True)
class CandidateFacts:
    """One combination that the search fitted; infinite criteria mean that it could not be fitted.

    Criteria and log likelihood are of the rows fitted, in the units of the table; of a large table, those of candidates
    that a sample ruled out are estimates.
    """

    n_components: int
    covariance_type: str
    bic: float
    aic: float
    log_likelihood: float
    n_parameters: int
    converged: bool
    is_estimated: bool = False


@dataclass(frozen=True)
class ModelFacts:
    """The model.

    Attributes
    ----------
    kind : str
        Name of its kind, such as "auto".
    description : str
        What it is, in words.
    n_components : int or None
        Number of components of a mixture.
    covariance_type : str or None
        Shape of their covariances.
    n_parameters : int or None
        Free parameters of a mixture.
    candidates : tuple of CandidateFacts
        All that was tried, empty where there was nothing to try, and for a model from a file.
    trained_on : str or None
        The reference table that the model was trained on, None where it was the table itself.
    bic, aic, log_likelihood : float or None
        Of a mixture of maximum likelihood and the rows that it was fitted to, in the units of the table.
    lower_bound : float or None
        Lower bound of the log evidence of these rows under a Bayesian mixture, in the units of the table.
    seed : int or None
        Seed of the random starts that it was fitted with, where that is known.
    versions : dict of str to str
        Versions of the libraries and kernels that made it, by name; none of a model that does not say.
    """

    kind: str
    description: str
    n_components: int | None = None
    covariance_type: str | None = None
    n_parameters: int | None = None
    candidates: tuple[CandidateFacts, ...] = ()
    trained_on: str | None = None
    bic: float | None = None
    aic: float | None = None
    log_likelihood: float | None = None
    lower_bound: float | None = None
    seed: int | None = None
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def ranking(self) -> list[CandidateFacts]:
        """The candidates that could be fitted, the lowest BIC first."""
        return sorted((c for c in self.candidates if math.isfinite(c.bic)), key=lambda c: c.bic)
