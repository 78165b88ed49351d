"""The plane that a picture of more than two columns shows: two of them, or the two leading directions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...distributions.shapes import Full
from ...errors import ColumnError
from ...typing import Floats
from ...words import percent
from .drawing import plain

Columns = Literal["leading"] | Sequence[int | str]

# Columns that the label of a direction names: those of a loading that is at least such a part of the largest, as far as
# they fit into a line of so many letters.
_TERMS, _TELLING, _LINE = 3, 0.25, 50


@dataclass(frozen=True, eq=False)
class Plane:
    """Where the rows of a table lie in a picture: at (row - center) @ directions.

    Attributes
    ----------
    center : ndarray of shape (n_columns,)
        What lies at the origin.
    directions : ndarray of shape (n_columns, 2)
        What a unit of each column adds.
    labels : tuple of str
        What the two axes show.
    """

    center: Floats
    directions: Floats
    labels: tuple[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether each place in the plane is one row, so that scores of rows can be drawn everywhere."""
        return len(self.directions) == 2

    def place(self, X: NDArray[Any]) -> Floats:
        """Return where rows lie, shape (n_rows, 2); NaN where a value that counts is missing."""
        used = (self.directions != 0).any(axis=1)
        return np.asarray((X[:, used].astype(np.float64) - self.center[used]) @ self.directions[used])

    def rows_at(self, places: Floats) -> Floats:
        """Return the rows at places in a plane that is whole."""
        return np.asarray(np.linalg.solve(self.directions.T, places.T).T + self.center)

    def project(self, mixture: Mixture) -> Mixture:
        """Return the distribution of the places of the rows of a mixture.

        A linear map takes a normal or Student's t component to another, so that nothing is lost or approximated. Noise
        that fills a box does not fill one in the plane unless its axes are columns; else it is left out, and the other
        components share its weight.
        """
        means = (mixture.means - self.center) @ self.directions
        covariances = np.einsum("ia,kij,jb->kab", self.directions, mixture.covariance.dense, self.directions)
        noise, weights = mixture.noise, mixture.weights
        columns = self._columns
        if noise is not None and columns is None:
            noise, weights = None, weights / weights.sum()
        elif noise is not None and columns is not None:
            noise = noise.select(columns)
        return Mixture(weights, means, Full.unchecked(covariances, *means.shape), mixture.degrees_of_freedom, noise)

    @property
    def _columns(self) -> list[int] | None:
        """The two columns that are the axes, as they are, if there are such."""
        if self.center.any() or not np.isin(self.directions, (0.0, 1.0)).all():
            return None
        return [int(column) for column in self.directions.argmax(axis=0)]


def plane_of(columns: Columns | None, names: Sequence[str], X: NDArray[Any] | None, mixture: Mixture | None) -> Plane:
    """Return the plane that `columns` asks for.

    Parameters
    ----------
    columns : 'leading' or sequence of two int or str, optional
        Positions or names of two columns, or the two leading directions: the default for more than two columns.
    names : sequence of str
        Names of the columns.
    X : ndarray of shape (n_rows, n_columns), optional
        Rows whose leading directions are taken.
    mixture : Mixture, optional
        Whose they are if there are no rows.

    Raises
    ------
    ColumnError
        There are not two such columns.
    """
    if len(names) < 2:
        raise ColumnError("a picture of a density needs two columns, and the table has one")
    if columns is None:
        columns = (0, 1) if len(names) == 2 else "leading"
    if isinstance(columns, str):
        if columns != "leading":
            raise ColumnError(f"columns are 'leading', or the positions or names of two columns, not {columns!r}")
        return _leading(names, *(_spread(X) if X is not None else _spread_of(mixture)))
    pair = [_position(column, names) for column in columns]
    if len(pair) != 2 or pair[0] == pair[1]:
        raise ColumnError(f"columns are two different ones, one for each axis, not {columns!r}")
    labels = (plain(names[pair[0]]), plain(names[pair[1]]))
    return Plane(np.zeros(len(names)), np.eye(len(names))[:, pair], labels)


def in_units(mixture: Mixture, center: Floats, scale: Floats) -> Mixture:
    """Return the distribution of z * scale + center where z follows a mixture."""
    covariances = mixture.covariance.dense * np.outer(scale, scale)
    noise = mixture.noise
    if noise is not None:
        noise = type(noise)(noise.weight, noise.lower * scale + center, noise.upper * scale + center)
    means = mixture.means * scale + center
    return Mixture(mixture.weights, means, Full.unchecked(covariances, *means.shape), mixture.degrees_of_freedom, noise)


def _position(column: int | str, names: Sequence[str]) -> int:
    if isinstance(column, str):
        if column not in names:
            raise ColumnError(f"there is no column {column!r} among {', '.join(names)}")
        return list(names).index(column)
    if not -len(names) <= column < len(names):
        raise ColumnError(f"there is no column {column}: the table has {len(names)}, counted from 0")
    return int(column) % len(names)


def _spread(X: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return mean and covariance of rows; where a value is missing, the mean of its column stands for it."""
    values = X.astype(np.float64)
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    center = np.divide(np.where(known, values, 0.0).sum(axis=0), counts, out=np.zeros(len(counts)), where=counts > 0)
    centred = np.where(known, values - center, 0.0)
    return center, centred.T @ centred / max(len(values), 1)


def _spread_of(mixture: Mixture | None) -> tuple[Floats, Floats]:
    assert mixture is not None, "without rows there is a mixture"
    weights = mixture.weights / mixture.weights.sum()
    center = weights @ mixture.means
    between = mixture.means - center
    return center, np.tensordot(weights, mixture.covariance.dense, 1) + (weights[:, None] * between).T @ between


def _leading(names: Sequence[str], center: Floats, covariance: Floats) -> Plane:
    """Return the plane of the two principal directions of standardised columns."""
    deviations = np.sqrt(np.diagonal(covariance))
    # Rounding leaves a constant column a deviation of some 1e-16 of its size.
    scale = np.where(deviations > 1e-12 * np.abs(center), deviations, 1.0)
    correlations = covariance / np.outer(scale, scale)
    variances, vectors = np.linalg.eigh(correlations)
    shares = np.clip(variances[::-1][:2], 0.0, None) / max(np.trace(correlations), 1.0)
    vectors = vectors[:, ::-1][:, :2]
    largest = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.sign(vectors[largest, [0, 1]])
    first, second = (
        f"direction {axis + 1}, {percent(shares[axis])} of variance\n{_terms(vectors[:, axis], names)}"
        for axis in (0, 1)
    )
    return Plane(center, vectors / scale[:, None], (first, second))


def _terms(loadings: Floats, names: Sequence[str]) -> str:
    """Return the columns that a direction is mainly made of, as a sum."""
    sizes = np.abs(loadings)
    order = np.argsort(-sizes, kind="stable")[:_TERMS]
    told = [column for column in order if sizes[column] >= _TELLING * sizes[order[0]]]
    terms = [f"{sizes[column]:.2f} {plain(names[column], 18)}" for column in told]
    text = ("−" if loadings[told[0]] < 0 else "") + terms[0]
    n_told = 1
    for column, term in zip(told[1:], terms[1:], strict=True):
        if len(text) + len(term) + 3 > _LINE:
            break
        text += (" − " if loadings[column] < 0 else " + ") + term
        n_told += 1
    return text + (" …" if (sizes >= 0.005).sum() > n_told else "")
