"""Where rows lie that do not vary in some direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats
from .tiles import TiledTable

# Terms of an equation that a message shows.
_SHOWN = 6
# Below this part of the largest, a coefficient is rounding.
_ROUNDING = 1e-6
# Rows lie on a hyperplane when they are nearer to it than this, in parts of their distance from the origin and of the
# spread of the columns.
_NEAR = 1e-6


@dataclass(frozen=True, eq=False)
class Flat:
    """The smallest plane through rows that do not vary in every direction, in scaled coordinates.

    Attributes
    ----------
    origin : ndarray of shape (n_columns,)
        A point of it.
    normals : ndarray of shape (n_columns, n_flat)
        Orthogonal unit vectors along which it does not extend.
    basis : ndarray of shape (n_columns, n_columns - n_flat)
        Orthogonal unit vectors along which it does.
    on_it : ndarray of shape (n_rows,)
        Whether each row of the table lies on it.
    """

    origin: Floats
    normals: Floats
    basis: Floats
    on_it: NDArray[np.bool_]

    def seen_from(self, outer: "Flat | None") -> "Flat":
        """Return a plane within another one in the coordinates of that one's table."""
        if outer is None:
            return self
        return Flat(
            outer.origin + outer.basis @ self.origin,
            np.hstack([outer.normals, outer.basis @ self.normals]),
            outer.basis @ self.basis,
            self.on_it,
        )


def flat_through(table: TiledTable, location: Floats, covariance: Floats, n_flat: int) -> Flat:
    """Return the plane that a covariance does not leave, and the rows of the table on it."""
    _, vectors = np.linalg.eigh(covariance)
    normals, basis = vectors[:, :n_flat], vectors[:, n_flat:]
    return Flat(location, normals, basis, _along(table, location, normals))


def rows_on(flat: Flat, table: TiledTable) -> int:
    """Return how many rows lie on the hyperplane that `equation` names, which may be more than on the plane."""
    normal = _sparsest(flat.normals)
    return int(_along(table, flat.origin, normal[:, None] / np.linalg.norm(normal)).sum())


def _along(table: TiledTable, origin: Floats, normals: Floats) -> NDArray[np.bool_]:
    centred = table.rows() - origin
    size = np.maximum(np.abs(centred).max(axis=1), 1.0)
    return np.asarray(np.abs(centred @ normals).max(axis=1) <= _NEAR * size)


def equation(flat: Flat, table: TiledTable, names: Sequence[str] | None) -> str:
    """Return one hyperplane through the rows of a plane in words, of as few columns as there are.

    Examples
    --------
    >>> table = TiledTable(np.zeros((1, 2, 264)), 3, np.array([5.0, 0.0]), np.ones(2))
    >>> plane = Flat(np.zeros(2), np.array([[0.6], [-0.8]]), np.array([[0.8], [0.6]]), np.ones(3, dtype=bool))
    >>> equation(plane, table, None)
    "0.75 'x0' - 'x1' = 3.75"
    >>> plane = Flat(np.zeros(2), np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]]), np.ones(3, dtype=bool))
    >>> equation(plane, table, None)
    "'x0' = 5"
    """
    normal = _sparsest(flat.normals)
    weights = normal / table.scale
    largest = np.abs(normal).argmax()
    weights = weights / abs(weights[largest])
    used = [int(j) for j in np.argsort(-np.abs(normal), kind="stable") if abs(normal[j]) > _ROUNDING]
    weights = weights * np.sign(weights[min(used)])
    value = float(weights[used] @ (table.center[used] + table.scale[used] * flat.origin[used]))
    if abs(value) < 1e-9 * float(np.abs(weights[used]) @ np.abs(table.scale[used])):
        value = 0.0
    shown = sorted(used[:_SHOWN])
    terms = ""
    for j in shown:
        sign = " - " if weights[j] < 0 else " + "
        factor = "" if abs(abs(weights[j]) - 1) < _ROUNDING else f"{abs(weights[j]):.4g} "
        terms += f"{sign}{factor}'{f'x{j}' if names is None else names[j]}'"
    more = f" and {len(used) - _SHOWN} more terms" if len(used) > _SHOWN else ""
    return f"{terms.removeprefix(' + ')}{more} = {value:.6g}"


def _sparsest(normals: Floats) -> Floats:
    """Return the combination of normals with the fewest entries that elimination finds, its largest entry one."""
    rows = normals.T.copy()
    for k in range(len(rows)):
        column = np.unravel_index(np.abs(rows[k:]).argmax(), rows[k:].shape)
        pivot = k + int(column[0])
        rows[[k, pivot]] = rows[[pivot, k]]
        rows[k] /= rows[k, column[1]]
        others = np.arange(len(rows)) != k
        rows[others] -= np.outer(rows[others, column[1]], rows[k])
    rows[np.abs(rows) < _ROUNDING] = 0
    best: Floats = rows[(rows != 0).sum(axis=1).argmin()]
    return np.asarray(best / np.abs(best).max())
