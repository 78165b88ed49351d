"""Where a detector finds neighbours: our own index, or scikit-learn's for distances that it does not have."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ...kernels.chunks import OnRows
from ...kernels.neighbors import METRICS, Metric
from ...typing import Floats, Integers

# Other names that scikit-learn has for the same distances.
_ALIASES: dict[str, Metric] = {"l1": "manhattan", "cityblock": "manhattan", "l2": "euclidean"}


class Search(Protocol):
    """Rows of a reference whose nearest to other rows, or to one another, can be found."""

    @property
    def n_rows(self) -> int:
        """Number of rows of the reference."""

    def neighbors(self, queries: Any, k: int, *, n_threads: int | None = None) -> tuple[Floats, Integers]:
        """Return distances and row numbers of the k rows nearest to each query, both of shape (n_queries, k)."""

    def own_neighbors(
        self, k: int, *, n_threads: int | None = None, on_rows: OnRows | None = None
    ) -> tuple[Floats, Integers]:
        """Return the same for the rows of the reference, none of which is a neighbour of itself."""


@dataclass(frozen=True, eq=False)
class PeerSearch:
    """A search by scikit-learn's `NearestNeighbors`, which is fitted and keeps its own number of jobs."""

    fitted: NearestNeighbors

    @property
    def n_rows(self) -> int:
        """Number of rows of the reference."""
        return int(self.fitted.n_samples_fit_)

    def neighbors(self, queries: Any, k: int, *, n_threads: int | None = None) -> tuple[Floats, Integers]:
        """Return distances and row numbers of the k rows nearest to each query."""
        distances, rows = self.fitted.kneighbors(queries, k)
        return distances.astype(np.float64, copy=False), rows

    def own_neighbors(
        self, k: int, *, n_threads: int | None = None, on_rows: OnRows | None = None
    ) -> tuple[Floats, Integers]:
        """Return the same for the rows of the reference, none of which is a neighbour of itself."""
        if on_rows is not None:
            on_rows(0)
        distances, rows = self.fitted.kneighbors(None, k)
        if on_rows is not None:
            on_rows(self.n_rows)
        return distances.astype(np.float64, copy=False), rows


def effective_metric(metric: Any, p: float | None, params: dict[str, Any] | None) -> tuple[Any, dict[str, Any]]:
    """Return the metric meant and its parameters, as scikit-learn names them: 'minkowski' of order 2 is 'euclidean'."""
    parameters = dict(params or {})
    if metric != "minkowski":
        return metric, parameters
    order, weights = parameters.pop("p", p), parameters.pop("w", None)
    order = 2 if order is None else order
    plain = {1: "manhattan", 2: "euclidean", np.inf: "chebyshev"}
    if order in plain and weights is None:
        return plain[order], parameters
    return metric, parameters | {"p": order, "w": weights}


def our_metric(metric: Any, parameters: dict[str, Any]) -> tuple[Metric, float] | None:
    """Return the metric and order of our index for an effective metric, None where only scikit-learn has it."""
    if not isinstance(metric, str):
        return None
    if metric == "minkowski":
        known = parameters.keys() <= {"p", "w"} and parameters.get("w") is None and parameters["p"] >= 1
        return ("minkowski", float(parameters["p"])) if known else None
    name = _ALIASES.get(metric, metric)
    return None if parameters or name not in METRICS else (name, 2.0)
