"""Searches that samples screen, beside searches of all rows: the same choice or a better one, in less time."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture as Peer

from mixtura import MixtureSearch
from mixtura.distributions.shapes import SEARCHED
from mixtura.mixtures.choice import search

_TABLES, _ROWS, _COUNTS = 20, 120_000, range(1, 8)
_NEVER = 10**12


def drawn(seed: int, n_rows: int, n_columns: int) -> np.ndarray:
    """Return rows of one to six correlated groups; those of every third table are skewed, and no group is normal."""
    random = np.random.default_rng(seed)
    n_groups = 1 + seed % 6
    roots = random.normal(size=(n_groups, n_columns, n_columns)) / np.sqrt(n_columns)
    means = (1 + seed % 4) * random.normal(size=(n_groups, n_columns))
    group = random.choice(n_groups, n_rows, p=random.dirichlet(np.full(n_groups, 5.0)))
    rows = means[group] + np.einsum("nij,nj->ni", roots[group], random.normal(size=(n_rows, n_columns)))
    return np.exp(rows / 4) if seed % 3 == 2 else rows


def screening(repeat: int) -> Iterator[dict[str, Any]]:
    """Twenty tables searched with and without screening: processor seconds, the choices, and how much the criterion of
    the screened search is above that of the other; then 200,000 × 10, 1 to 20 components, beside scikit-learn, whose
    seconds are those of one start of every eighth candidate, times eight.
    """
    for seed in range(_TABLES):
        X = drawn(seed, _ROWS, 2 + seed % 7)
        seconds, screened = _searched(X, _COUNTS, search.SCREENED_ABOVE)
        all_seconds, whole = _searched(X, _COUNTS, _NEVER)
        yield {
            "case": f"table {seed}, {_ROWS:,} × {X.shape[1]}",
            "chosen": _named(screened),
            "of_all_rows": _named(whole),
            "bic_above": _bic(screened) - _bic(whole),
            "fitted_to_all_rows": sum(not candidate.estimated for candidate in screened.candidates_),
            "seconds": seconds,
            "times_faster": all_seconds / seconds,
        }
    X = drawn(4, 200_000, 10)
    seconds, _ = _searched(X, range(1, 21), search.SCREENED_ABOVE)
    candidates = [(count, shape) for count in range(1, 21) for shape in SEARCHED][4::8]
    began = time.process_time()
    for count, shape in candidates:
        Peer(count, covariance_type=shape, random_state=0).fit(X).bic(X)
    peer = 8 * (time.process_time() - began)
    yield {"case": "200,000 × 10, 1…20", "seconds": seconds, "sklearn_seconds": peer, "times_faster": peer / seconds}


def _searched(X: np.ndarray, counts: range, above: int) -> tuple[float, MixtureSearch]:
    kept, search.SCREENED_ABOVE = search.SCREENED_ABOVE, above
    began = time.process_time()
    try:
        found = MixtureSearch(counts, random_state=0, tol=1e-4).fit(X)
    finally:
        search.SCREENED_ABOVE = kept
    return time.process_time() - began, found


def _named(found: MixtureSearch) -> str:
    return "{n_components} {covariance_type}".format(**found.best_params_)


def _bic(found: MixtureSearch) -> float:
    return min(candidate.bic for candidate in found.candidates_ if not candidate.estimated)
