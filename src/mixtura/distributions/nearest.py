"""The component that a row lies nearest to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats, Integers
from .missing import patterns_of
from .mixture import Mixture


def nearest_component(mixture: Mixture, X: NDArray[Any]) -> tuple[Integers, Floats]:
    """Return the component of least Mahalanobis distance from each row, and that distance.

    Parameters
    ----------
    mixture : Mixture
        The mixture; components of weight zero are left out.
    X : ndarray of shape (n_rows, n_columns)
        The rows. Where values are missing, NaN, the distance is that of the others.

    Returns
    -------
    components : ndarray of int, shape (n_rows,)
    distances : ndarray of shape (n_rows,)

    Examples
    --------
    >>> from mixtura import Full
    >>> mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 9.0]], Full([np.eye(2), 4 * np.eye(2)], 2, 2))
    >>> components, distances = nearest_component(mixture, np.array([[5.0, 9.0], [np.nan, 3.0]]))
    >>> components.tolist(), distances.tolist()
    ([1, 0], [2.0, 3.0])
    """
    rows = np.asarray(X, dtype=np.float64)
    distances = np.full((len(rows), mixture.n_components), np.inf)
    for known, which in patterns_of(rows):
        columns = np.flatnonzero(known)
        matrices = mixture.covariance.dense[:, columns[:, None], columns]
        for component in np.flatnonzero(mixture.weights > 0):
            apart = rows[which][:, columns] - mixture.means[component, columns]
            whitened = np.linalg.solve(np.linalg.cholesky(matrices[component]), apart.T)
            with np.errstate(over="ignore"):
                distances[which, component] = np.linalg.norm(whitened, axis=0)
    nearest = distances.argmin(axis=1)
    return nearest, distances[np.arange(len(rows)), nearest]
