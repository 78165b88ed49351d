"""Reasons: whether the column and the cells that an explanation blames are the wrong ones."""

import time
import timeit
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    OneClassSVM,
)
from mixtura.detectors.detector import Detector
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import SHAPES

from .real_rows import wrong_diamonds
from .wrong_cells import KINDS, SHARED, Planted, RealTable, planted, tables

Row = dict[str, Any]

# A row is ordinary that scores as high as all but one in a hundred of the rows left right.
_RATE = 0.01
_N_COLUMNS = (1, 2, 3)

_DETECTORS: dict[str, Callable[[], Detector]] = {
    "default": lambda: AnomalyDetector(random_state=0),
    "mixture": lambda: MixtureDetector(random_state=0),
    "elliptic": lambda: EllipticEnvelope(random_state=0),
    "forest": lambda: IsolationForest(random_state=0),
    "neighbors": lambda: LocalOutlierFactor(novelty=True),
    "svm": OneClassSVM,
}
_WITH_MISSING_VALUES = ("default", "mixture", "forest")

# What is asked for with one, two and three wrong columns.
_FIRST_BARS = {
    ("default", "shift"): (0.99, 0.99, 0.99),
    ("mixture", "shift"): (0.99, 0.99, 0.99),
    ("elliptic", "shift"): (0.98, 0.98, 0.98),
}
_EXACT_BARS = {
    ("default", "shift"): (0.85, 0.80, 0.75),
    ("mixture", "shift"): (0.95, 0.92, 0.92),
    ("mixture", "zero"): (0.92, 0.75, 0.70),
}
_REPAIRED_BAR, _ERROR_BAR, _ERROR_COLUMNS = 0.95, 0.25, 2

_COLUMNS_OF_CARS = ["Price", "Displacement", "BHP", "Torque", "Acceleration", "TopSpeed", "MPG", "Weight"]
_COLUMNS_OF_CARS += ["Length", "Width", "Height"]
_IN_LOGARITHMS = ["Price", "Displacement", "BHP", "Torque", "TopSpeed"]
_CARS = ["V12 Zagato", "Veyron", "Huayra", "Camaro", "Satria-Neo", "Phantom", "Phantom Coupe"]
# Rows of ../shared/data/mixed/hypothyroid.csv counted from 0, and the column that is wrong with each.
_PATIENTS = {1137: "age", 2229: "T3", 744: "TT4"}


def reasons(repeat: int) -> Iterator[Row]:
    """Whether explanations blame the cells that are wrong: cells planted into six real tables, then known errors of
    real tables; at last milliseconds to explain one row.

    For each kind of wrong cell and each number of wrong columns, `first` is the share of rows whose first column is a
    wrong one, and `exact` that of rows whose flagged cells are the wrong ones. Of rows with flagged cells, `repaired`
    is the share that scores as ordinary rows do once they are repaired. Of rows that score below ordinary ones, `whole`
    is the share without flagged cells. `error` is how far a wrong first value is expected from the right one, and
    `error_of_median` how far the median of the column lies from it: medians, in deviations of the column.
    """
    found = tables()
    for name, make in _DETECTORS.items():
        for kind in KINDS:
            for n_columns in _N_COLUMNS:
                yield _of_planted(found, name, make, kind, n_columns)
    for name, make in _DETECTORS.items():
        yield _of_diamonds(name, make)
    for name in _WITH_MISSING_VALUES:
        for case in (_cars, _patients, _satellites):
            yield {"detector": name, **case(_DETECTORS[name])}
    yield from _cost(repeat)


class Verdicts(NamedTuple):
    """What an explanation came to for each row with wrong cells, arrays of shape (n_wrong,).

    Attributes
    ----------
    first : whether the first column is a wrong one.
    exact : whether the flagged cells are the wrong ones.
    some : whether any cell is flagged.
    unusual : whether the row scores below ordinary ones.
    ordinary : whether the row scores as ordinary ones when the flagged cells are repaired.
    error, error_of_median : what is expected of the first value, and the median of its column, less the right value,
        in standard deviations of the column without sign.
    """

    first: np.ndarray
    exact: np.ndarray
    some: np.ndarray
    unusual: np.ndarray
    ordinary: np.ndarray
    error: np.ndarray
    error_of_median: np.ndarray


def verdicts(detector: Detector, case: Planted) -> Verdicts:
    """Return what a detector that was fitted to the table with wrong cells says of their rows."""
    rows, right = np.arange(len(case.rows)), case.right[case.rows]
    explanation = detector.explain(case.table[case.rows])
    flagged = explanation.flagged_cells
    scores = detector.score_samples(case.table)
    threshold = np.quantile(np.delete(scores, case.rows), _RATE)
    column = explanation.column
    deviation = case.right.std(axis=0)[column]
    return Verdicts(
        first=case.wrong[rows, column],
        exact=(flagged == case.wrong).all(axis=1),
        some=flagged.any(axis=1),
        unusual=scores[case.rows] < threshold,
        ordinary=detector.score_samples(explanation.repaired) >= threshold,
        error=np.abs(explanation.expected[rows, column] - right[rows, column]) / deviation,
        error_of_median=np.abs(np.median(case.table, axis=0)[column] - right[rows, column]) / deviation,
    )


def _of_planted(found: dict[str, RealTable], name: str, make: Callable[[], Detector], kind: str, n_columns: int) -> Row:
    parts = [
        verdicts(_fitted(make, case.table), case)
        for seed, table in enumerate(found.values())
        for case in planted(table, kind, n_columns, seed)
    ]
    all_of = Verdicts(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    at = _N_COLUMNS.index(n_columns)
    row: Row = {"detector": name, "wrong": kind, "columns": n_columns, "rows": len(all_of.first)}
    row["first"] = float(all_of.first.mean())
    if (name, kind) in _FIRST_BARS:
        row["first_bar"] = _FIRST_BARS[name, kind][at]
    row["exact"] = float(all_of.exact.mean())
    if (name, kind) in _EXACT_BARS:
        row["exact_bar"] = _EXACT_BARS[name, kind][at]
    if all_of.some.any():
        row.update(repaired=float(all_of.ordinary[all_of.some].mean()), repaired_bar=_REPAIRED_BAR)
    if all_of.unusual.any():
        row["whole"] = float(1 - all_of.some[all_of.unusual].mean())
    if all_of.first.any():
        error, of_median = (float(np.median(e[all_of.first])) for e in (all_of.error, all_of.error_of_median))
        bar = min(of_median, _ERROR_BAR) if n_columns == _ERROR_COLUMNS else of_median
        row.update(error=error, error_bar=bar, error_of_median=of_median)
    return row


def _of_diamonds(name: str, make: Callable[[], Detector]) -> Row:
    """Judge the reasons of the known errors of examples/data/diamonds.csv."""
    frame, wrong = wrong_diamonds()
    X = frame.to_numpy(np.float64)
    rows = np.flatnonzero(wrong.any(axis=1))
    explanation = _fitted(make, X).explain(X[rows])
    first = wrong[rows, explanation.column]
    exact = (explanation.flagged_cells == wrong[rows]).all(axis=1)
    counts = {"first": int(first.sum()), "first_bar": len(rows), "exact": int(exact.sum()), "exact_bar": 18}
    return {"detector": name, "case": "diamonds", "rows": len(rows), **counts}


def _cars(make: Callable[[], Detector]) -> Row:
    """Judge the reasons of cars whose price is out of the way, by the columns and logarithms of the published fit."""
    path = SHARED / "cells" / "topgear.csv"
    if not path.exists():
        return {"case": "cars", "note": f"no {path}"}
    frame = pd.read_csv(path).set_index("Model")[_COLUMNS_OF_CARS]
    frame[_IN_LOGARITHMS] = np.log(frame[_IN_LOGARITHMS])
    frame = frame[frame.isna().sum(axis=1) <= len(_COLUMNS_OF_CARS) / 2]
    return {"case": "cars", **_named(make, frame, dict.fromkeys(np.flatnonzero(frame.index.isin(_CARS)), "Price"))}


def _patients(make: Callable[[], Detector]) -> Row:
    """Judge the reasons of three patients, of whom the first is too old to be pregnant, which no number says."""
    path = SHARED / "mixed" / "hypothyroid.csv"
    if not path.exists():
        return {"case": "patients", "note": f"no {path}"}
    return {"case": "patients", **_named(make, pd.read_csv(path), _PATIENTS)}


def _satellites(make: Callable[[], Detector]) -> Row:
    """Judge the reason of the satellite whose period is given in days for minutes."""
    path = SHARED / "mixed" / "satellites.csv"
    if not path.exists():
        return {"case": "satellites", "note": f"no {path}"}
    frame = pd.read_csv(path)
    rows = np.flatnonzero(frame["ID"].str.contains("IBEX"))
    return {"case": "satellites", **_named(make, frame, dict.fromkeys(rows, "Period_minutes"))}


def _named(make: Callable[[], Detector], frame: pd.DataFrame, wrong: dict[int, str]) -> Row:
    """Return how many rows name the wrong column first, and which column each names."""
    numbers = frame.select_dtypes("number")
    X, rows = numbers.to_numpy(np.float64), list(wrong)
    named = numbers.columns[_fitted(make, X).explain(X[rows]).column]
    right = sum(name == wrong[row] for name, row in zip(named, rows, strict=True))
    return {"rows": len(rows), "first": right, "first_bar": len(rows), "named": ", ".join(named)}


def _cost(repeat: int) -> Iterator[Row]:
    """Time the explanation of one row of 20 columns with a wrong cell: processor time, at the least of many calls."""
    rng = np.random.default_rng(0)
    n_rows, n_columns, n_components = 5_000, 20, 16
    centers = 3 * rng.standard_normal((n_components, n_columns))
    X = centers[rng.integers(n_components, size=n_rows)] + rng.standard_normal((n_rows, n_columns))
    X[0, 0] += 12
    identities = np.tile(np.eye(n_columns), (n_components, 1, 1))
    covariance = SHAPES["full"](identities, n_components, n_columns)
    mixture = Mixture(np.full(n_components, 1 / n_components), centers, covariance)
    for name, detector, bar in (("mixture", MixtureDetector(mixture), 1.0), ("default", AnomalyDetector(), 10.0)):
        explain = partial(detector.fit(X).explain, X[:1])
        explain()
        seconds = min(timeit.repeat(explain, timer=time.process_time, number=1, repeat=20 * repeat))
        yield {"detector": name, "case": "one row of 20 columns", "ms": 1e3 * seconds, "ms_bar": bar}


def _fitted(make: Callable[[], Detector], X: np.ndarray) -> Detector:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about copies of rows, and rows off planes
        return make().fit(X)
