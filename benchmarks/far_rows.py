"""The default mixture, which leaves far rows out, beside one that trims a share and one of all rows."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from mixtura import MixtureDetector, MixtureSearch
from mixtura.mixtures.choice.defaults import MAX_ITER, N_INIT, REG_COVAR, TOL, default_counts

from .detection import TABLES, figures_of
from .planted import Outlyingness, clumps, copies

_MOST_ROWS, _MOST_COLUMNS = 4_000, 40


def _default(X: np.ndarray, seed: int) -> np.ndarray:
    return -MixtureDetector(random_state=seed).fit(X).score_samples(X)


def _trimmed(X: np.ndarray, seed: int) -> np.ndarray:
    return -MixtureDetector(trim=0.1, random_state=seed).fit(X).score_samples(X)


def _plain(X: np.ndarray, seed: int) -> np.ndarray:
    Z = StandardScaler().fit_transform(X)
    settings = {"tol": TOL, "max_iter": MAX_ITER, "reg_covar": REG_COVAR, "n_init": N_INIT}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about convergence
        return -MixtureSearch(default_counts(len(X)), random_state=seed, **settings).fit(Z).score_samples(Z)


_MIXTURES: dict[str, Outlyingness] = {
    "MixtureDetector": _default,
    "MixtureDetector(trim=0.1)": _trimmed,
    "plain search": _plain,
}


def far_rows(repeat: int) -> Iterator[dict[str, Any]]:
    """Ranks of planted copies and clumps under three mixtures of scaled columns, and how they rank the anomalies of the
    tables of ../shared/data/adbench with up to 40 columns, at most 4,000 rows of each.
    """
    for name, outlyingness in _MIXTURES.items():
        for case in (copies, clumps):
            yield from ({"mixture": name, **row} for row in case(outlyingness))
    paths = []
    for path in sorted(TABLES.glob("*.npz")):
        with np.load(path) as arrays:
            if arrays["X"].shape[1] <= _MOST_COLUMNS:
                paths.append(path)
    if not paths:
        yield {"table": f"none in {TABLES}"}
        return
    for name, outlyingness in _MIXTURES.items():
        found = [figures_of(path, outlyingness, 0, _MOST_ROWS) for path in paths]
        yield from (
            {"mixture": name, "table": path.stem, "auc": auc, "precision": precision}
            for path, (auc, precision) in zip(paths, found, strict=True)
        )
        auc, precision = np.mean(found, axis=0).tolist()
        yield {"mixture": name, "table": f"mean of {len(paths)}", "auc": auc, "precision": precision}
