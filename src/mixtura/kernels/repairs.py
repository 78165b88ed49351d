"""Why rows are unlikely under a mixture: the fewest cells to replace, and the share of each column in the surprise.

The search is in ``native/repairs.hpp``, the shares are in ``native/shapley_exact.hpp`` and
``native/shapley_orders.hpp``. Each row is computed alone, so that answers have the same bits on any number of threads.
Arrays of floats are float64 and C-contiguous.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from ..engines.threads import available_processors, in_threads
from ..typing import Floats
from . import native
from .chunks import CHUNK

__all__ = ["Shapley", "cheapest_repairs"]


def cheapest_repairs(
    X: Floats,
    log_constants: Floats,
    means: Floats,
    precisions: Floats,
    degrees: Floats | None,
    most_cells: int,
    kept: int,
    exhaustive_columns: int,
    *,
    n_threads: int | None = None,
) -> tuple[NDArray[np.int32], Floats, Floats]:
    """Return the sets of cells of each row whose replacement makes the row likeliest.

    A component replaces cells by what it predicts given the others. With P its precision and g = P (x - mean), cells T
    become x_T - (P_TT)^-1 g_T, and the squared distance falls by g_T' (P_TT)^-1 g_T [1]_. The log density of a set is
    the highest that any component then gives the row; the values are those of that component. Log densities that agree
    in nine digits are equal. Of equal sets the one of lower columns comes first.

    Up to `exhaustive_columns` all sets are looked at. Beyond, the search starts from the best sets of one cell less,
    each with every other cell. It then exchanges each cell of the sets that it keeps for every other, until no exchange
    is new.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Numbers. A value is taken to be at most 1e100 deviations from a mean, those given the other columns.
    log_constants : ndarray of shape (n_components,)
        Log of weight times density at the mean, less d/2 log 2π if the components are normal.
    means : ndarray of shape (n_components, n_columns)
        Means.
    precisions : ndarray of shape (n_components, n_columns, n_columns)
        Inverse covariances, or inverse scale matrices of Student's t components.
    degrees : ndarray of shape (n_components,) or None
        Degrees of freedom of Student's t components; None for normal ones.
    most_cells : int
        The most cells to replace, at least 1.
    kept : int
        Sets to return of each number of cells, at least 1.
    exhaustive_columns : int
        The most columns of which all sets are looked at.
    n_threads : int, optional
        Number of threads. Default: the processors this process may use.

    Returns
    -------
    sets : ndarray of shape (n_rows, most_cells, kept, most_cells), int32
        For each number of cells, from 1 on, the best sets of columns, in ascending order; -1 for no cell.
    values : ndarray of shape (n_rows, most_cells, kept, most_cells)
        What these cells are replaced by; 0 for no cell.
    log_densities : ndarray of shape (n_rows, most_cells, kept)
        Log densities of the rows with these cells replaced; -inf for no set.

    References
    ----------
    .. [1] Bishop (2006), "Pattern Recognition and Machine Learning", section 2.3.1.
    """
    sets = np.empty((len(X), most_cells, kept, most_cells), np.int32)
    values, log_densities = np.empty(sets.shape), np.empty(sets.shape[:-1])

    def repair(part: slice) -> None:
        out = sets[part], values[part], log_densities[part]
        native.cheapest_repairs(X[part], log_constants, means, precisions, degrees, exhaustive_columns, *out)

    _in_parts(repair, len(X), n_threads)
    return sets, values, log_densities


class Shapley:
    """The Shapley value of each column in the surprise at rows under a mixture.

    The game is v(S) = -log p(x_S), where p is the marginal density of the columns S, and v of no columns is 0. The
    Shapley value of a column is what it adds to the surprise at the columns before it, in the mean over all orders of
    the columns [1]_. The values of a row add up to minus its log density.

    Parameters
    ----------
    log_weights : ndarray of shape (n_components,)
        Log weights.
    means : ndarray of shape (n_components, n_columns)
        Means.
    covariances : ndarray of shape (n_components, n_columns, n_columns)
        Covariances, or scale matrices of Student's t components.
    degrees : ndarray of shape (n_components,) or None
        Degrees of freedom of Student's t components; None for normal ones.
    orders : ndarray of shape (n_orders, n_columns), int32, or None
        Orders of the columns for an estimate [2]_, two pairs or more: order 2i + 1 is order 2i reversed. Their factors
        are shared by all rows, and kept up to 16 MB. None for exact values, from all subsets of at most 16 columns.

    Raises
    ------
    ValueError
        Exact values of more than 16 columns are asked for, or orders are not orders or not in pairs.

    References
    ----------
    .. [1] Shapley (1953), "A value for n-person games", Contributions to the Theory of Games 2.
    .. [2] Castro, Gómez, Tejada (2009), "Polynomial calculation of the Shapley value based on sampling", Computers &
       Operations Research 36.

    Examples
    --------
    >>> X, covariances = np.array([[2.0, 0.0]]), np.array([[[1.0, 0.0], [0.0, 1.0]]])
    >>> values, _ = Shapley(np.zeros(1), np.zeros((1, 2)), covariances, None, None)(X)
    >>> values.round(3)
    array([[2.919, 0.919]])
    """

    def __init__(
        self,
        log_weights: Floats,
        means: Floats,
        covariances: Floats,
        degrees: Floats | None,
        orders: NDArray[np.int32] | None,
    ) -> None:
        n_columns = means.shape[1]
        if orders is None and n_columns > native.shapley_most_columns:
            raise ValueError(
                f"exact Shapley values of {n_columns} columns are asked for, and there are too many subsets beyond "
                f"{native.shapley_most_columns}: pass orders of the columns"
            )
        self._components = _constants(log_weights, degrees, n_columns), means, covariances, degrees
        self._estimated = None if orders is None else native.ShapleyOrders(*self._components, orders)

    def __call__(self, X: Floats, *, n_threads: int | None = None) -> tuple[Floats, Floats]:
        """Return the Shapley values of rows, and their standard errors.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Numbers. A value is taken to be at most 1e100 deviations from a mean.
        n_threads : int, optional
            Number of threads. Default: the processors this process may use.

        Returns
        -------
        values : ndarray of shape (n_rows, n_columns)
            Shapley values, in nats.
        errors : ndarray of shape (n_rows, n_columns)
            Standard error of the mean over pairs of orders; 0 where values are exact.
        """
        values, errors = np.empty(X.shape), np.zeros(X.shape)

        def share(part: slice) -> None:
            if self._estimated is None:
                native.shapley_exact(X[part], *self._components, values[part])
            else:
                self._estimated.run(X[part], values[part], errors[part])

        _in_parts(share, len(X), n_threads)
        return values, errors


def _constants(log_weights: Floats, degrees: Floats | None, n_columns: int) -> Floats:
    """Return the log of weight times density at the mean, in 0, 1, ... n_columns columns of unit scale."""
    sizes = np.arange(n_columns + 1)
    constants: Floats = log_weights[:, None] - sizes / 2 * np.log(2 * np.pi)
    if degrees is not None:
        nu = degrees[:, None]
        constants += gammaln((nu + sizes) / 2) - gammaln(nu / 2) - sizes / 2 * np.log(nu / 2)
    return np.asarray(constants)


def _in_parts(work: Callable[[slice], None], n_rows: int, n_threads: int | None) -> None:
    """Call `work` with parts of the rows, on threads when there are several."""
    n_threads = n_threads or available_processors()
    size = max(1, min(CHUNK, -(-n_rows // n_threads)))
    parts = [slice(first, first + size) for first in range(0, n_rows, size)]
    for _ in in_threads(work, parts, max(1, min(n_threads, len(parts)))):
        pass
