"""Rows drawn from a mixture."""

import numpy as np

from ...distributions.mixture import Mixture
from ...intake.scaling import Scaling
from ...typing import Floats
from .conditionals import without_noise


def drawn(mixture: Mixture, n_rows: int, scaling: Scaling | None = None) -> Floats:
    """Return rows drawn from the components of a mixture of scaled rows, always the same, in the units before scaling.

    `Mixture.sample` draws by singular values, which takes minutes in thousands of columns. Cholesky factors do not.
    """
    mixture = without_noise(mixture)
    random = np.random.RandomState(0)
    components = random.choice(mixture.n_components, n_rows, p=mixture.weights)
    rows = random.standard_normal((n_rows, mixture.n_features))
    for k, factor in enumerate(np.linalg.cholesky(mixture.covariance.dense)):
        rows[components == k] = rows[components == k] @ factor.T
    if mixture.degrees_of_freedom is not None:
        degrees = mixture.degrees_of_freedom[components]
        rows /= np.sqrt(random.chisquare(degrees) / degrees)[:, None]
    rows += mixture.means[components]
    if scaling is None:
        return rows
    limit = np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        return np.clip(rows * scaling.scale + scaling.center, -limit, limit)
