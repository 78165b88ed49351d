"""The groups of a mixture in the units of the table: profiles, and densities to draw."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from ....tables.models.table_model import TableModel
from ....typing import Floats
from ..budget import PAGE
from .data import Contours, GroupProfile
from .numbers import rounded, significant

# Places of a density that is drawn, along each of two columns.
_PLACES = 48

# A mixture is drawn as far as so many standard deviations from the means of its components.
_FAR = 4.0


def profiles(model: TableModel, described: Sequence[int], most: int) -> tuple[GroupProfile, ...]:
    """Return what the rows of so many of the heaviest components have in common, in the order of the components."""
    if not model.has_components:
        return ()
    mixture, columns = model.mixture, list(described)
    heaviest = np.sort(np.argsort(-mixture.weights, kind="stable")[:most])
    means, deviations, scale = model.means, model.standard_deviations, model.scale[columns]
    whole = len(heaviest) * len(columns) ** 2 <= PAGE.covariances
    matrices = _matrices(model, columns) if whole else np.empty((mixture.n_components, 0, 0))
    return tuple(
        GroupProfile(
            component,
            significant(float(mixture.weights[component])),
            _significant(means[component, columns]),
            tuple(map(_significant, matrices[component] * (np.outer(scale, scale) if whole else 1.0))),
            _significant(deviations[component, columns]),
        )
        for component in heaviest.tolist()
    )


def _matrices(model: TableModel, columns: Sequence[int]) -> Floats:
    """Return the covariances of the components in some columns, NaN of levels."""
    numbers = model.mixture.numbers
    places = np.flatnonzero(np.isin(columns, numbers))
    matrices = np.full((model.mixture.n_components, len(columns), len(columns)), np.nan)
    own = np.searchsorted(numbers, np.array(columns)[places])
    matrices[:, places[:, None], places] = model.mixture.covariance.select(own.tolist()).dense
    return matrices


def _significant(values: Floats) -> tuple[float, ...]:
    return tuple(map(significant, values.tolist()))


def contours(
    model: TableModel, viewed: Sequence[int], names: Mapping[str, str], ranges: Mapping[int, tuple[float, float]]
) -> tuple[Contours, ...]:
    """Return the log density of a mixture over pairs of columns, pairs of the most telling ones first.

    Parameters
    ----------
    model : TableModel
        The model; one without components has none.
    viewed : sequence of int
        Positions of the columns, the most telling first.
    names : mapping of str to str
        What columns are called.
    ranges : mapping of int to tuple of float
        Smallest and largest value of each; a column without values has none.
    """
    if not model.has_components:
        return ()
    amounts = [position for position in viewed if position in ranges and position not in model.coded]
    grids = {position: _grid(model, position, *ranges[position]) for position in amounts}
    pairs = sorted(combinations(range(len(grids)), 2), key=sum)[: PAGE.pairs]
    order = list(grids)
    return tuple(_contours(model, order[first], order[second], grids, names) for first, second in pairs)


def _grid(model: TableModel, position: int, minimum: float, maximum: float) -> Floats:
    """Return places over a range of values, as far as the mixture has density there."""
    means, far = model.means[:, position], _FAR * model.standard_deviations[:, position]
    low, high = max(minimum, float((means - far).min())), min(maximum, float((means + far).max()))
    if not low < high:  # one value, or none near the mixture
        low, high = min(minimum, float((means - far).min())), max(maximum, float((means + far).max()))
    return np.array(rounded(np.linspace(low, high, _PLACES), high - low))


def _contours(model: TableModel, x: int, y: int, grids: Mapping[int, Floats], names: Mapping[str, str]) -> Contours:
    x_grid, y_grid = grids[x], grids[y]
    places = np.stack([values.ravel() for values in np.meshgrid(x_grid, y_grid)], axis=1)
    columns = [x, y]
    center, scale = model.center[columns], model.scale[columns]
    scaled = model.mixture.marginal(columns).log_density((places - center) / scale)
    log_density = (scaled - np.log(scale).sum()).reshape(len(y_grid), len(x_grid))
    return Contours(
        names[model.columns[x]],
        names[model.columns[y]],
        tuple(x_grid.tolist()),
        tuple(y_grid.tolist()),
        tuple(_rows(log_density)),
    )


def _rows(matrix: Floats) -> Iterator[tuple[float, ...]]:
    for row in matrix.tolist():
        yield tuple(significant(value, 5) for value in row)
