"""DetMCD: the minimum covariance determinant from six starts without chance (Hubert, Rousseeuw and Verdonck 2012).

Each start takes the directions of one robust or bounded scatter, measures the table along them with a robust scale, and
begins with the h rows nearest to the centre, as the authors' program does; the paper writes n / 2 for h. The steps from
there on are those of Fast-MCD.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from ...engines.progress import OnProgress, told
from ...engines.threads import available_processors
from ...kernels import mcd as kernels
from ...typing import Floats
from .mcd import Candidates, Subset, finished, whole
from .robust_scale import robust_scale
from .tiles import TiledTable

_N_STARTS = 6


def det_mcd(table: TiledTable, h: int, n_threads: int | None = None, on_progress: OnProgress | None = None) -> Subset:
    """Return the `h` rows of least determinant that the six starts find."""
    if h == table.n_rows:
        return whole(table)
    rows = table.rows()
    scales = np.array([robust_scale(column) or 1.0 for column in rows.T])
    scaled = rows / scales
    locations, covariances = [], []
    for scatter in told(_scatters(scaled), on_progress, "finding starts", _N_STARTS, "starts"):
        _, directions = np.linalg.eigh(scatter)
        support = _nearest(scaled, directions, h)
        location, covariance, _ = kernels.average(table.tiles, table.n_rows, support, np.zeros(table.n_columns))
        locations.append(location)
        covariances.append(covariance)
    starts = Candidates(np.zeros(len(locations)), np.stack(locations), np.stack(covariances))
    return finished(table, h, starts, n_threads or available_processors(), on_progress)


def _scatters(values: Floats) -> Iterator[Floats]:
    """Yield the six matrices whose eigenvectors are the directions of the starts."""
    n = len(values)
    yield _correlation(np.tanh(values))
    ranks = rankdata(values, axis=0)
    yield _correlation(ranks)
    yield _correlation(norm.ppf((ranks - 1 / 3) / (n + 1 / 3)))
    norms = np.linalg.norm(values, axis=1)
    signs = np.divide(values, norms[:, None], out=np.zeros_like(values), where=norms[:, None] > 0)
    yield signs.T @ signs / n
    inner = values[np.argsort(norms, kind="stable")[: -(-n // 2)]]
    yield np.atleast_2d(np.cov(inner, rowvar=False))
    yield _gnanadesikan_kettenring(values)


def _correlation(values: Floats) -> Floats:
    centred = values - values.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    centred = centred / np.where(lengths > 0, lengths, 1.0)
    return np.asarray(centred.T @ centred)


def _gnanadesikan_kettenring(values: Floats) -> Floats:
    """Return covariances from scales of sums and differences of columns (Maronna and Zamar 2002)."""
    d = values.shape[1]
    scatter = np.eye(d)
    for j in range(1, d):
        for i in range(j):
            plus, minus = robust_scale(values[:, j] + values[:, i]), robust_scale(values[:, j] - values[:, i])
            scatter[i, j] = scatter[j, i] = (plus**2 - minus**2) / 4
    return scatter


def _nearest(values: Floats, directions: Floats, h: int) -> NDArray[np.bool_]:
    """Return the `h` rows nearest to the centre, by scales along the directions."""
    along = values @ directions
    scales = np.array([robust_scale(column) or 1.0 for column in along.T])
    # The centre is the median of the rows made round, and brought back.
    center = np.median(along / scales @ directions.T, axis=0) @ directions * scales
    distances = (((along - center) / scales) ** 2).sum(axis=1)
    support = np.zeros(len(values), dtype=bool)
    support[np.argsort(distances, kind="stable")[:h]] = True
    return support
