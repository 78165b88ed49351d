"""From the numbers of a table to a fitted model, of the kind that was asked for."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ...errors import DataError, MixturaError
from ..asking.run import Run
from ..models import fitting
from . import KINDS, Fitted, Kind
from .request import Request


def scaled(kind: Kind, numbers: fitting.Numbers, run: Run, seed: int) -> fitting.Numbers:
    """Return the numbers of a table with the center and scale that a kind of model is to see."""
    if kind.scaling == "quartiles":
        return fitting.by_quartiles(numbers, run.engine, seed)
    if kind.scaling == "deviations":
        return numbers
    return replace(numbers, center=np.zeros_like(numbers.center), scale=np.ones_like(numbers.scale))


def fit(request: Request, numbers: fitting.Numbers, run: Run, *, clean: bool) -> Fitted:
    """Fit the kind of model that was asked for to scaled rows, of a table that is known to be clean or is not.

    Raises
    ------
    DataError
        The table cannot be fitted by such a model.
    """
    try:
        with notices_of_warnings() as said:
            fitted = request.kind.fit(request, numbers, run, clean=clean)
    except (MixturaError, ValueError) as error:
        # What is said of mixtures is said of what was asked for; the others speak of their own parameters.
        if isinstance(error, MixturaError) and request.kind.has_components:
            raise
        raise DataError(f"{str(error).rstrip('.')} (or choose another {run.spell('model')})") from error
    return replace(fitted, notices=(*fitted.notices, *said))


@contextmanager
def notices_of_warnings() -> Iterator[list[str]]:
    """Give a list that holds the warnings for users of what was done, once that is done, as notices.

    What is said of convergence is for those who chose the number of iterations and of clusters.
    """
    notices: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield notices
    said = [" ".join(str(one.message).split()).rstrip(".") for one in caught if issubclass(one.category, UserWarning)]
    notices.extend(f"{sentence}." for sentence in dict.fromkeys(said))


def detectors(seed: int, n_rows: int) -> dict[str, Any]:
    """Return one detector of each kind, with what a table gives it, not fitted."""
    return {kind.name: kind.estimator(seed, n_rows) for kind in KINDS}
