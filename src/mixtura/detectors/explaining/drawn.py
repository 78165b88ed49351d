"""Rows drawn from a mixture."""

import warnings

import numpy as np

from ...distributions.mixture import Mixture
from ...intake.scaling import Scaling
from ...typing import Floats


def drawn(mixture: Mixture, n_rows: int, scaling: Scaling | None = None) -> Floats:
    """Return rows drawn from a mixture of scaled rows, always the same, in the units before scaling.

    Covariances may be singular but for rounding: NumPy warns of those, and draws rows that are as good.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "covariance is not symmetric positive-semidefinite", RuntimeWarning)
        rows, _ = mixture.sample(n_rows, 0)
    if scaling is None:
        return rows
    limit = np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        return np.clip(rows * scaling.scale + scaling.center, -limit, limit)
