"""Planted errors: where a detector ranks wrong cells and rows put into tables, and what a decision flags of them."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

_TABLES = Path(__file__).parents[1].parent / "shared" / "data" / "adbench"
_MOST_ROWS = 3_000
_RATE, _FIRST = 0.04, 0.002

Outlyingness = Callable[[np.ndarray, int], np.ndarray]
Flag = Callable[[np.ndarray, int], np.ndarray]
Row = dict[str, Any]


def planted(outlyingness: Outlyingness) -> Iterator[Row]:
    """Yield the figures of every case here that needs ranks only."""
    for case in (planted_extremes, beside_a_flag, wide, very_wide, copies, clumps):
        yield from case(outlyingness)


def planted_extremes(outlyingness: Outlyingness) -> Iterator[Row]:
    """Plant one cell at its column's maximum plus twenty ranges, 54 times in the tables of ../shared/data/adbench.

    The detector is fitted to the table with the cell in it. Of large tables 3,000 rows are drawn. `in_top` is the share
    of the cells whose rows are in the top 4 %, `first` the share in the first 0.2 %.
    """
    paths = sorted(_TABLES.glob("*.npz"))
    if not paths:
        yield {"case": "planted extreme", "note": f"no tables in {_TABLES}"}
        return
    sizes: list[int] = []
    ranks: list[int] = []
    for at, path in enumerate(paths):
        rng = np.random.default_rng(at)
        X = _at_most(_MOST_ROWS, path, rng)
        low, high = X.min(axis=0), X.max(axis=0)
        n_cells = 4 if at % 5 < 3 else 3
        rows = rng.choice(len(X), n_cells, replace=False)
        varying = np.flatnonzero(high > low)
        columns = rng.choice(varying, n_cells, replace=n_cells > len(varying))
        found = []
        for seed, (row, column) in enumerate(zip(rows, columns, strict=True)):
            wrong = X.copy()
            wrong[row, column] = high[column] + 20 * (high[column] - low[column])
            found.append(int(ranks_of(scores_of(outlyingness, wrong, seed), row)))
        yield {"case": "planted extreme", "table": path.stem, **_extremes(found, [len(X)] * n_cells)}
        sizes += [len(X)] * n_cells
        ranks += found
    yield {"case": "planted extreme", "table": f"all {len(paths)}", **_extremes(ranks, sizes)}


def beside_a_flag(outlyingness: Outlyingness, seeds: int = 3) -> Iterator[Row]:
    """Plant four gross cells beside a legitimate flag: 2,500 rows of four normal columns, and one of zeros and ones.

    Yielded are the worst figures over the seeds. `of_flag_in_top` is the share of the rows with the flag that are
    among the top 4 %; `of_top_with_flag` is the share of the top 4 % that have the flag.
    """
    n_rows, n_wrong = 2_500, 4
    for share in (0.01, 0.02, 0.04, 0.08, 0.15):
        worst, of_the_flag, of_the_top = 0, 0.0, 0.0
        for seed in range(seeds):
            rng = np.random.default_rng([seed, round(100 * share)])
            order = rng.permutation(n_rows)
            n_held = round(share * n_rows)
            held, wrong = order[:n_held], order[n_held : n_held + n_wrong]
            X = np.column_stack([rng.standard_normal((n_rows, 4)), np.zeros(n_rows)])
            X[held, 4] = 1
            _plant(X, wrong, rng.integers(4, size=n_wrong), np.full(n_wrong, 25.0), rng)
            scores = scores_of(outlyingness, X, seed)
            worst = max(worst, *ranks_of(scores, wrong).tolist())
            n_in_top = int(np.count_nonzero(ranks_of(scores, held) <= _top(n_rows)))
            of_the_flag = max(of_the_flag, n_in_top / n_held)
            of_the_top = max(of_the_top, n_in_top / _top(n_rows))
        yield {
            "case": "beside a flag",
            "share": share,
            "worst_rank": worst,
            "bar": 12,
            "of_flag_in_top": of_the_flag,
            "of_top_with_flag": of_the_top,
        }


def wide(outlyingness: Outlyingness, seeds: int = 5) -> Iterator[Row]:
    """Plant one cell twenty standard deviations off its column in 2,000 rows of eight factors and noise."""
    n_rows, n_factors = 2_000, 8
    for n_columns in (30, 50, 100, 200):
        worst = 0
        for seed in range(seeds):
            rng = np.random.default_rng([seed, n_columns])
            X = rng.standard_normal((n_rows, n_factors)) @ rng.standard_normal((n_factors, n_columns))
            X += 0.5 * rng.standard_normal(X.shape)
            row = rng.integers(n_rows, size=1)
            _plant(X, row, rng.integers(n_columns, size=1), np.array([20.0]), rng)
            worst = max(worst, *ranks_of(scores_of(outlyingness, X, seed), row).tolist())
        yield {"case": "wide", "columns": n_columns, "worst_rank": worst, "bar": 3}


def very_wide(outlyingness: Outlyingness, seed: int = 0) -> Iterator[Row]:
    """Plant one cell forty standard deviations off its column in 3,000 rows of 2,000 independent normal columns."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((3_000, 2_000))
    row = rng.integers(len(X), size=1)
    _plant(X, row, rng.integers(X.shape[1], size=1), np.array([40.0]), rng)
    worst = int(ranks_of(scores_of(outlyingness, X, seed), row).max())
    yield {"case": "very wide", "columns": X.shape[1], "worst_rank": worst}


def copies(outlyingness: Outlyingness, seeds: int = 5) -> Iterator[Row]:
    """Plant five copies of one row that is twelve standard deviations off in all of five columns; 3,000 are normal."""
    n_rows, n_columns, n_copies = 3_000, 5, 5
    worst = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        wrong = rng.choice([-1, 1], n_columns) * rng.uniform(11, 13, n_columns)
        X = np.vstack([rng.standard_normal((n_rows, n_columns)), np.tile(wrong, (n_copies, 1))])
        X, at = _shuffled(X, n_copies, rng)
        worst.append(int(ranks_of(scores_of(outlyingness, X, seed), at).max()))
    yield {"case": "copies", "worst_rank": max(worst), "bar": 10}


def clumps(outlyingness: Outlyingness, seeds: int = 5) -> Iterator[Row]:
    """Plant two tight clumps, of fifteen and ten rows, fourteen standard deviations away from three normal groups."""
    n_rows, n_columns, sizes = 2_000, 4, [15, 10]
    first, flagged = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        means = 3 * rng.standard_normal((3, n_columns))
        groups = means[rng.integers(3, size=n_rows)] + rng.standard_normal((n_rows, n_columns))
        directions = np.linalg.qr(rng.standard_normal((n_columns, 2)))[0].T
        centres = np.array([_away(means, direction, 14.0) for direction in directions])
        tight = np.repeat(centres, sizes, axis=0) + 0.1 * rng.standard_normal((sum(sizes), n_columns))
        X, at = _shuffled(np.vstack([groups, tight]), sum(sizes), rng)
        ranks = ranks_of(scores_of(outlyingness, X, seed), at)
        first.append(int(np.count_nonzero(ranks <= sum(sizes))))
        flagged.append(int(np.count_nonzero(ranks <= _top(len(X)))))
    yield {
        "case": "clumps",
        "rows": sum(sizes),
        "fewest_first": min(first),
        "mean_first": float(np.mean(first)),
        "fewest_in_top": min(flagged),
        "mean_in_top": float(np.mean(flagged)),
    }


def decided(flag: Flag) -> Iterator[Row]:
    """Yield the figures of every case here that needs a decision."""
    yield from clean_tables(flag)
    yield from planted_found(flag)


def clean_tables(
    flag: Flag,
    seeds: int = 20,
    sizes: tuple[int, ...] = (200, 500, 2_000, 5_000),
    columns: tuple[int, ...] = (3, 10),
) -> Iterator[Row]:
    """Count the clean tables, of five distributions, in which a decision flags any row."""
    for n_rows in sizes:
        for n_columns in columns:
            for kind, draw in _KINDS.items():
                flagged = []
                for seed in range(seeds):
                    X = draw(np.random.default_rng([seed, n_rows, n_columns]), n_rows, n_columns)
                    flagged.append(int(_flagged(flag, X, seed).sum()))
                yield {
                    "case": "clean",
                    "kind": kind,
                    "rows": n_rows,
                    "columns": n_columns,
                    "tables": seeds,
                    "with_a_flag": sum(count > 0 for count in flagged) / seeds,
                    "share_of_rows": sum(flagged) / (seeds * n_rows),
                }


def planted_found(flag: Flag, seeds: int = 20) -> Iterator[Row]:
    """Plant five cells eight to fifteen standard deviations off their columns in 2,000 normal rows of five columns.

    `found` is the share of these cells whose rows are flagged; `false` the share of wrong ones among flagged rows.
    """
    n_rows, n_columns, n_wrong = 2_000, 5, 5
    for kind in ("normal", "correlated normal"):
        n_found = n_flagged = 0
        for seed in range(seeds):
            rng = np.random.default_rng([seed, n_rows, n_columns])
            X = _KINDS[kind](rng, n_rows, n_columns)
            wrong = rng.choice(n_rows, n_wrong, replace=False)
            _plant(X, wrong, rng.integers(n_columns, size=n_wrong), rng.uniform(8, 15, n_wrong), rng)
            flagged = _flagged(flag, X, seed)
            n_found += int(flagged[wrong].sum())
            n_flagged += int(flagged.sum())
        yield {
            "case": "planted, flagged",
            "kind": kind,
            "tables": seeds,
            "found": n_found / (seeds * n_wrong),
            "false": (n_flagged - n_found) / max(n_flagged, 1),
        }


def hidden(outlyingness: Outlyingness, flag: Flag, seed: int = 0) -> Iterator[Row]:
    """Plant errors nine to thirty deviations off in 1,000 normal rows: all in one of three columns, or in any of them.

    `first` is the share of the errors among as many rows of the highest outlyingness.
    """
    for n_wrong in (8, 20, 40):
        for where in ("one column", "any column"):
            rng = np.random.default_rng([seed, n_wrong])
            X = rng.standard_normal((1_000, 3))
            wrong = np.arange(n_wrong)
            columns = rng.integers(3, size=n_wrong) if where == "any column" else np.zeros(n_wrong, int)
            _plant(X, wrong, columns, rng.uniform(9, 30, n_wrong), rng)
            flagged, ranks = _flagged(flag, X, seed), ranks_of(scores_of(outlyingness, X, seed), wrong)
            yield {
                "case": "hidden",
                "wrong": n_wrong,
                "where": where,
                "flagged": int(flagged[wrong].sum()),
                "false": int(flagged[n_wrong:].sum()),
                "first": float(np.mean(ranks <= n_wrong)),
            }


def scores_of(outlyingness: Outlyingness, X: np.ndarray, seed: int) -> np.ndarray:
    """Return the outlyingness of the rows, lowest where a detector has none to give."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about copies of rows
        scores = np.asarray(outlyingness(X, seed), dtype=np.float64)
    return np.where(np.isnan(scores), -np.inf, scores)


def ranks_of(scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the ranks of rows, the most outlying one first; a row stands behind all others that score the same."""
    return len(scores) - np.searchsorted(np.sort(scores), scores[rows])


def _flagged(flag: Flag, X: np.ndarray, seed: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(flag(X, seed), dtype=bool)


def _top(n_rows: int, rate: float = _RATE) -> int:
    return max(1, int(rate * n_rows))


def _extremes(ranks: list[int], sizes: list[int]) -> Row:
    """Return how many of the ranks are high enough in tables of these sizes."""
    at, n_rows = np.array(ranks), np.array(sizes)
    return {
        "cells": len(at),
        "in_top": float(np.mean(at <= [_top(n) for n in n_rows])),
        "first": float(np.mean(at <= [_top(n, _FIRST) for n in n_rows])),
        "worst_rank": int(at.max()),
    }


def _at_most(n_rows: int, path: Path, rng: np.random.Generator) -> np.ndarray:
    with np.load(path) as arrays:
        X = arrays["X"]
    if len(X) > n_rows:
        X = X[rng.choice(len(X), n_rows, replace=False)]
    return X.astype(np.float64)


def _plant(X: np.ndarray, rows: np.ndarray, columns: np.ndarray, sizes: np.ndarray, rng: np.random.Generator) -> None:
    """Put the cells so many standard deviations of their columns from the means, above or below."""
    signs = rng.choice([-1, 1], len(rows))
    means, deviations = X.mean(axis=0), X.std(axis=0)
    X[rows, columns] = means[columns] + signs * sizes * deviations[columns]


def _shuffled(X: np.ndarray, last: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows in random order, and where the last ones went."""
    order = rng.permutation(len(X))
    return X[order], np.flatnonzero(order >= len(X) - last)


def _away(means: np.ndarray, direction: np.ndarray, distance: float) -> np.ndarray:
    """Return the point in this direction from which no mean is nearer than the distance."""
    along = means @ direction
    return direction * (along + np.sqrt(along**2 - (means**2).sum(axis=1) + distance**2)).max()


def _correlated(rng: np.random.Generator, n_rows: int, n_columns: int) -> np.ndarray:
    mixing = rng.standard_normal((n_columns, n_columns))
    return rng.standard_normal((n_rows, n_columns)) @ mixing + 0.5 * rng.standard_normal((n_rows, n_columns))


_KINDS: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "normal": lambda rng, *shape: rng.standard_normal(shape),
    "correlated normal": _correlated,
    "exponential": lambda rng, *shape: rng.standard_exponential(shape),
    "lognormal": lambda rng, *shape: rng.lognormal(size=shape),
    "Student t 3": lambda rng, *shape: rng.standard_t(3, size=shape),
}
