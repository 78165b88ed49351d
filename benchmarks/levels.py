"""Levels: how well tables of categories are ranked, and what levels cost beside numbers."""

import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from mixtura import AnomalyDetector
from mixtura.detectors.levels.votes import LevelVotes

_DATA = Path(__file__).parents[1].parent / "shared" / "data"
_POOL = 8192

# The area under the curve that coupled biased random walks have, and what is asked for on the dirty table.
_BARS = {"cmc.csv": 0.634, "solar_flare.csv": 0.881, "bank.parquet": 0.628}
_DIRTY_BAR = 0.80

_ROWS, _NUMBERS, _SIZES = 1_000_000, 6, (2, 5, 10, 40, 200, 2000)
_BLOCK = 65_536
_TIMES_BAR = 3.0


def levels(repeat: int) -> Iterator[dict[str, Any]]:
    """Tables of categories: the area under the curve, beside coupled biased random walks where these are installed.

    Of rows with wrong cells, the average precision. Then seconds for a million rows of six numbers, and of six levels
    beside them.
    """
    if not (_DATA / "mixed").is_dir():
        yield {"note": f"{_DATA / 'mixed'} is not there"}
    else:
        yield from _rare_classes()
        yield from _dirty()
    yield from _cost()


def coded(frame: pd.DataFrame) -> tuple[np.ndarray, tuple[int, ...], list[tuple[str, ...]]]:
    """Return the codes of a table of categories, how many levels its columns have, and their texts."""
    codes, texts = [], []
    for name in frame:
        order = frame[name].value_counts().index
        codes.append(pd.Categorical(frame[name], order).codes.astype(np.float64))
        texts.append(tuple(map(str, order)))
    X = np.column_stack(codes)
    X[X < 0] = np.nan
    return X, tuple(map(len, texts)), texts


def _rare_classes() -> Iterator[dict[str, Any]]:
    for name, bar in _BARS.items():
        path = _DATA / "mixed" / name
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        rare = frame.iloc[:, -1].astype(str).isin(["1", "yes"]).to_numpy()
        frame = frame.iloc[:, :-1].astype(str)
        X, sizes, _ = coded(frame)
        # Codes are no texts that could be misspelt.
        found = _votes(X, sizes, None).nats(X)
        row = {"table": name, "rows": len(X), "auc": roc_auc_score(rare, found), "bar": bar}
        yield row | _by_walks(frame, rare)


def _by_walks(frame: pd.DataFrame, rare: np.ndarray) -> dict[str, Any]:
    try:
        walks = import_module("coupled_biased_random_walks").CBRW()
    except ImportError:
        return {}
    rows = frame.to_dict("records")
    walks.add_observations(rows).fit()
    return {"auc_of_walks": roc_auc_score(rare, walks.score(rows))}


def _dirty() -> Iterator[dict[str, Any]]:
    dirty, clean = (pd.read_csv(_DATA / "cells" / f"hospital_{name}.csv", dtype=str) for name in ("dirty", "clean"))
    wrong = (dirty.fillna("") != clean.fillna("")).any(axis=1).to_numpy()
    X, sizes, texts = coded(dirty.drop(columns=["score", "sample"]))
    found = _votes(X, sizes, texts).nats(X)
    yield {"table": "hospital_dirty", "average_precision": average_precision_score(wrong, found), "bar": _DIRTY_BAR}


def _votes(X: np.ndarray, sizes: tuple[int | None, ...], texts: Any) -> LevelVotes:
    chosen = np.sort(np.random.default_rng(0).permutation(len(X))[:_POOL])
    return LevelVotes.of(X[chosen], sizes, texts, len(X))


def _cost() -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(_ROWS, _NUMBERS))
    codes = np.column_stack([np.minimum(rng.zipf(1.5, _ROWS) - 1, size - 1) for size in _SIZES]).astype(np.float64)
    numbers[:, 0] += codes[:, 1]
    start = time.perf_counter()
    AnomalyDetector(random_state=0).fit(numbers).score_samples(numbers)
    alone = time.perf_counter() - start
    X = np.column_stack([codes, numbers])
    start = time.perf_counter()
    votes = _votes(X, (*_SIZES, *[None] * _NUMBERS), None)
    for first in range(0, _ROWS, _BLOCK):
        votes.nats(X[first : first + _BLOCK])
    beside = time.perf_counter() - start
    yield {"rows": _ROWS, "numbers_s": alone, "levels_s": beside, "times": 1 + beside / alone, "at_most": _TIMES_BAR}
