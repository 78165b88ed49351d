"""What the estimators say of a fit: their parameters as a frozen value, from which the algorithm follows."""

import pickle
from dataclasses import fields
from functools import cache
from typing import Any, Protocol, Self, TypeVar

from sklearn.base import BaseEstimator

from ...distributions.mixture import Mixture
from ...intake.table import Table
from .loop import Algorithm, Fit
from .state import Fitted
from .streaming import digest
from .updates import M, Update

F = TypeVar("F", bound=Fitted)

# Parameters that say how a fit is sought, and not what is fitted.
_SEEKING = {
    "n_init",
    "init_params",
    "weights_init",
    "means_init",
    "precisions_init",
    "tol",
    "max_iter",
    "moves",
    "random_state",
    "warm_start",
    "verbose",
    "verbose_interval",
    "engine",
    "on_progress",
}


class Settings(Protocol[M, F]):
    """The parameters of an estimator that say what is fitted, and how."""

    @property
    def n_components(self) -> int:
        """Number of components."""
        ...

    def after(self, last: F) -> Self:
        """Return the settings of a fit that goes on from the last one."""
        ...

    def update(self, table: Table) -> Update[M]:
        """Return the M-step for the rows of a table."""
        ...

    def algorithm(self, table: Table) -> Algorithm[M]:
        """Return how the model is fitted to the rows of a table."""
        ...

    def resumed(self, last: F, update: Update[M], table: Table, *, same: bool = False) -> M:
        """Return where a fit goes on from that starts at the last one; `same` if that had these rows and settings."""
        ...

    def kept(self, fit: Fit[M], table: Table) -> F:
        """Return what an estimator keeps of a fit to the rows of a table."""
        ...

    def given(self, mixture: Mixture) -> F:
        """Return what an estimator keeps of a mixture that no fit has found."""
        ...


def parameters_for(settings: type[Any], estimator: BaseEstimator) -> dict[str, Any]:
    """Return the parameters of an estimator that a class of settings takes."""
    names = _names_of(settings, type(estimator))  # type: ignore[arg-type]  # mypy says that types have no hash
    return {name: getattr(estimator, name) for name in names}


@cache
def _names_of(settings: type[Any], estimator: type[BaseEstimator]) -> tuple[str, ...]:
    names = {field.name for field in fields(settings)}
    return tuple(name for name in estimator._get_param_names() if name in names)


def check_enough(table: Table, n_components: int) -> None:
    """Raise where a table has fewer rows than there are to be components."""
    if table.n_rows is not None and table.n_rows < n_components:
        raise ValueError(
            f"Expected n_samples >= n_components but got n_components = {n_components}, n_samples = {table.n_rows}"
        )


def objective_of(estimator: BaseEstimator, table: Table) -> bytes:
    """Return a name for what a fit raises: only equal rows and equal parameters share it."""
    parameters = {name: value for name, value in estimator.get_params(deep=False).items() if name not in _SEEKING}
    return digest(table) + pickle.dumps(parameters)
