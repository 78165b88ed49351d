"""Wrong cells: tables of which a few cells are changed, so that the cells to blame are known."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from .real_rows import wrong_diamonds

SHARED = Path(__file__).parents[1].parent / "shared" / "data"

_MOST_ROWS = 3_000
# At most so many rows in a hundred of a table are wrong at once; 60 are wrong in all.
_PERCENT_WRONG, _N_WRONG = 5, 60
# A shifted value goes so many standard deviations of its column up or down. A robust deviation can be so small that the
# value stays among the others: half of a column of pendigits is within a tenth of its end.
_SHIFT = (8.0, 15.0)
# Zero is far from a column whose median is so many deviations away, and every value so many on the same side.
_FAR, _FARTHER_THAN_ALL = 4.0, 1.0
# A row of real tables can be odd before any cell is changed: only so large a share of the rows is taken, the least odd.
_BELONGING = 0.9


class RealTable(NamedTuple):
    """A table of numbers.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Its rows, without those that are known not to belong.
    belonging : ndarray of int
        Its rows of the least local outlier factors by scikit-learn, columns standardised.
    """

    X: np.ndarray
    belonging: np.ndarray


class Planted(NamedTuple):
    """A table with wrong cells.

    Attributes
    ----------
    table, right : ndarray of shape (n_rows, n_columns)
        The table with them, and as it was.
    rows : ndarray of shape (n_wrong,)
        Its rows that have some.
    wrong : ndarray of bool, shape (n_wrong, n_columns)
        Which cells of these rows they are.
    """

    table: np.ndarray
    right: np.ndarray
    rows: np.ndarray
    wrong: np.ndarray


def tables() -> dict[str, RealTable]:
    """Return real tables, at most 3,000 rows of each."""
    found = {"wine": load_wine().data, "breast cancer": load_breast_cancer().data[:, :10]}
    philips = SHARED / "cells" / "philips.csv"
    if philips.exists():
        found["philips"] = pd.read_csv(philips).to_numpy(np.float64)
    for name in ("vowels", "pendigits"):
        path = SHARED / "adbench" / f"{name}.npz"
        if path.exists():
            with np.load(path) as arrays:
                found[name] = arrays["X"][arrays["y"] == 0].astype(np.float64)
    diamonds, wrong = wrong_diamonds()
    found["diamonds"] = diamonds.to_numpy(np.float64)[~wrong.any(axis=1)]
    return {name: _with_belonging(_at_most(_MOST_ROWS, X)) for name, X in found.items()}


def planted(table: RealTable, kind: str, n_columns: int, seed: int = 0) -> Iterator[Planted]:
    """Yield a table with cells of this kind wrong in 60 rows, so many columns of each, a part of the rows at a time.

    Nothing is yielded where the table has too few columns for it.
    """
    X = table.X
    rng = np.random.default_rng(seed)
    columns_for, values_for = KINDS[kind]
    columns = columns_for(X)
    if len(columns) < n_columns:
        return
    rows = rng.permutation(table.belonging)[:_N_WRONG]
    for part in np.array_split(rows, -(-100 * len(rows) // (_PERCENT_WRONG * len(X)))):
        chosen = rng.permuted(np.tile(columns, (len(part), 1)), axis=1)[:, :n_columns]
        cells = part[:, None], chosen
        changed = X.copy()
        changed[cells] = values_for(X, *cells, rng)
        wrong = np.zeros((len(part), X.shape[1]), dtype=bool)
        np.put_along_axis(wrong, chosen, True, axis=1)
        yield Planted(changed, X, part, wrong)


def _shifted(X: np.ndarray, rows: np.ndarray, columns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    sizes = rng.choice([-1, 1], columns.shape) * rng.uniform(*_SHIFT, columns.shape)
    return X[rows, columns] + sizes * X.std(axis=0)[columns]


def _zero(_: np.ndarray, rows: np.ndarray, columns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.zeros(columns.shape)


def _swapped(X: np.ndarray, rows: np.ndarray, columns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the values of other rows, drawn for each cell."""
    others = (rows + rng.integers(1, len(X), columns.shape)) % len(X)
    return X[others, columns]


def _varying(X: np.ndarray) -> np.ndarray:
    return np.flatnonzero(X.std(axis=0) > 0)


def _far_from_zero(X: np.ndarray) -> np.ndarray:
    center, deviations = np.median(X, axis=0), X.std(axis=0)
    nearest = (np.sign(center) * X).min(axis=0)
    return np.flatnonzero((np.abs(center) >= _FAR * deviations) & (nearest >= _FARTHER_THAN_ALL * deviations))


ColumnsFor = Callable[[np.ndarray], np.ndarray]
ValuesFor = Callable[[np.ndarray, np.ndarray, np.ndarray, np.random.Generator], np.ndarray]

# Kinds of wrong cells: the columns that can have one, and what stands in them.
KINDS: dict[str, tuple[ColumnsFor, ValuesFor]] = {
    "shift": (_varying, _shifted),
    "zero": (_far_from_zero, _zero),
    "swap": (_varying, _swapped),
}


def _at_most(n_rows: int, X: np.ndarray) -> np.ndarray:
    """Return rows that lie evenly in a table."""
    return X[np.linspace(0, len(X) - 1, min(n_rows, len(X))).astype(np.int64)]


def _with_belonging(X: np.ndarray) -> RealTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about copies of rows
        factors = -LocalOutlierFactor().fit(StandardScaler().fit_transform(X)).negative_outlier_factor_
    return RealTable(X, np.flatnonzero(factors <= np.quantile(factors, _BELONGING)))
