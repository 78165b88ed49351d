"""All that was learnt from a table, as one frozen value: what scoring another table needs, and nothing else."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..detectors.conditionals import explain
from ..detectors.explanation import Explanation
from ..distributions.mixture import Mixture
from ..distributions.normal_only import require_normal
from ..errors import ColumnError
from ..rows import ArrayRows, Block, ScaledRows
from .reasons import reasons
from .thresholds import check_rate

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TableModel:
    """A mixture fitted to the scaled columns of a table, with their names, the scaling and the threshold.

    Its methods take rows in the units of the table, the columns in the order of `columns`, as float32 or float64, and
    work through them in blocks. Rows are scaled as `mixtura.rows.ScaledRows` scales them, so that scores have the same
    bits however the rows were read.

    Parameters
    ----------
    mixture : Mixture
        Distribution of the scaled columns.
    columns : sequence of str
        Names of the columns, all different.
    center, scale : array_like of shape (n_columns,)
        A scaled value is (value - center) / scale.
    threshold : float, optional
        Log density, in scaled units, below which a row is an anomaly. None: the model only finds groups.
    rate : float, optional
        Share of the rows of the fitted table that the threshold was set to flag, where it was set so.
    info : mapping, optional
        Facts to keep with the model, of the types that JSON has.

    Raises
    ------
    ValueError
        The parts do not fit together, or are not numbers that can be used.

    Examples
    --------
    >>> from mixtura import Full
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2))
    >>> model = TableModel(mixture, ["height", "mass"], center=[170, 65], scale=[10, 12], threshold=-6.0)
    >>> model.is_anomaly([[172.0, 66.0], [185.0, 50.0]])
    array([False,  True])
    >>> print(*model.reasons([[185.0, 50.0]]))
    height = 185, expected 160 ± 6 given the other columns (4.2 sd above)
    """

    mixture: Mixture
    columns: tuple[str, ...]
    center: Floats
    scale: Floats
    threshold: float | None = None
    rate: float | None = None
    info: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns = tuple(self.columns)
        if (
            isinstance(self.columns, str)
            or not all(isinstance(name, str) for name in columns)
            or len(set(columns)) < len(columns)
        ):
            raise ValueError("the names of the columns must be strings, all different")
        require_normal(self.mixture, "a table model")  # its reasons are those of normal distributions
        if len(columns) != self.mixture.n_features:
            raise ValueError(f"there are {len(columns)} names of columns, and {self.mixture.n_features} in the mixture")
        center, scale = (_frozen(getattr(self, name), name, len(columns)) for name in ("center", "scale"))
        if not (scale > 0).all():
            raise ValueError("every scale must be positive")
        if self.threshold is not None and not np.isfinite(self.threshold):
            raise ValueError(f"the threshold must be a finite log density, not {self.threshold}")
        try:
            info = json.loads(json.dumps(dict(self.info), allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"info must be of the types that JSON has: {error}") from error
        values = {
            "columns": columns,
            "center": center,
            "scale": scale,
            "threshold": None if self.threshold is None else float(self.threshold),
            "rate": None if self.rate is None else check_rate(self.rate),
            "info": info,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TableModel):
            return NotImplemented
        mine = (self.mixture, self.columns, self.threshold, self.rate, self.info)
        return (
            mine == (other.mixture, other.columns, other.threshold, other.rate, other.info)
            and np.array_equal(self.center, other.center)
            and np.array_equal(self.scale, other.scale)
        )

    __hash__ = None  # type: ignore[assignment]  # a value of arrays, as unhashable as they are

    @property
    def means(self) -> Floats:
        """Means of the components in the units of the table, shape (n_components, n_columns)."""
        return self.mixture.means * self.scale + self.center

    @property
    def standard_deviations(self) -> Floats:
        """Standard deviations of the components in the units of the table, shape (n_components, n_columns)."""
        variances = [self.mixture.covariance.select([column]).dense[:, 0, 0] for column in range(len(self.columns))]
        return np.sqrt(np.stack(variances, axis=1)) * self.scale

    def scores(self, X: ArrayLike) -> Floats:
        """Return the anomaly score of each row, shape (n_rows,): minus the log density of its scaled values.

        Parameters
        ----------
        X : array_like of shape (n_rows, n_columns)
            Rows in the units of the table.

        Raises
        ------
        DataError
            `X` is not a table of finite numbers with the columns of the model. So for every method that takes rows.
        """
        parts = [self.mixture.log_density(block.values) for block in self._scaled(X)]
        return -np.concatenate(parts).astype(np.float64)

    def is_anomaly(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Return whether the log density of each row is below the threshold, shape (n_rows,)."""
        return self.above_threshold(self.scores(X))

    def above_threshold(self, scores: Floats) -> NDArray[np.bool_]:
        """Return whether scores are those of anomalies: strictly above minus the threshold.

        Raises
        ------
        ValueError
            The model has no threshold.
        """
        if self.threshold is None:
            raise ValueError("this model has no threshold: it was made to find groups, not anomalies")
        return np.asarray(scores > -self.threshold)

    def labels(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable component of each row, shape (n_rows,)."""
        return np.concatenate([self.mixture.labels(block.values) for block in self._scaled(X)])

    def responsibilities(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each component given each row, shape (n_rows, n_components)."""
        return np.concatenate([self.mixture.responsibilities(block.values) for block in self._scaled(X)])

    def explain(self, X: ArrayLike) -> Explanation:
        """Return what the other columns predict for each value, in the units of the table."""
        parts = [explain(self.mixture, block.values) for block in self._scaled(X)]
        return Explanation.concatenate(parts).in_units(self.center, self.scale)

    def reasons(self, X: ArrayLike) -> list[str]:
        """Return a sentence for each row naming the column that makes it unusual; see `mixtura.decisions.reasons`."""
        return reasons(self.columns, np.asarray(X), self.explain(X))

    def _scaled(self, X: ArrayLike) -> Iterator[Block]:
        rows = ArrayRows(X)
        if rows.n_columns != len(self.columns):
            raise ColumnError(f"the rows have {rows.n_columns} columns, and the model {len(self.columns)}")
        return ScaledRows(rows, self.center, self.scale).blocks()


def _frozen(values: ArrayLike, name: str, n_columns: int) -> Floats:
    array = np.array(values, dtype=np.float64)
    if array.shape != (n_columns,) or not np.isfinite(array).all():
        raise ValueError(f"{name} must be {n_columns} finite numbers, one for each column")
    array.setflags(write=False)
    return array
