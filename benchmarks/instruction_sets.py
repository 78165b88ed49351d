"""How far scores of the default detector differ between the instruction sets that its kernels are compiled for."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import mixtura
from mixtura import kernels

_N_TABLES = 8

_KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "normal": lambda X, _: X,
    "lognormal": lambda X, _: np.exp(X / 2),
    "large units": lambda X, _: 1e8 + 1e6 * X,
    "missing values": lambda X, random: np.where(random.random(X.shape) < 0.05, np.nan, X),
    "rounded to whole numbers": lambda X, _: np.round(X),
}


def _tables(kind: str) -> Iterator[np.ndarray]:
    for seed in range(_N_TABLES):
        random = np.random.default_rng(seed)
        n_rows, n_columns = int(random.choice([100, 300, 1000, 3000])), int(random.choice([1, 2, 3, 5, 12, 40]))
        X = random.normal(size=(n_rows, n_columns)) @ random.normal(size=(n_columns, n_columns))
        X[: n_rows // 2] += 4 * random.normal()
        X[: n_rows // 50] *= 6
        yield _KINDS[kind](X, random)


def _fitted(kind: str) -> dict[str, Any]:
    """Return the scores of all rows, the largest first, and which rows are outliers."""
    scores, outliers = [], []
    for X in _tables(kind):
        detector = mixtura.AnomalyDetector(n_estimators=30, random_state=0).fit(X)
        found = detector.score_samples(X)
        scores += found.tolist()
        outliers += (found < detector.offset_).tolist()
    return {"scores": scores, "outliers": outliers}


def instruction_sets(repeat: int) -> Iterator[dict[str, Any]]:
    """Scores of AnomalyDetector, fitted and scored, by each instruction set beside those by the last: differences of
    nats, and of parts of scores of one nat or more.
    """
    levels = kernels.available()
    for kind in _KINDS:
        found = {level: _by(level, kind) for level in levels}
        theirs = np.array(found[levels[-1]]["scores"])
        for level in levels[:-1]:
            apart = np.abs(np.array(found[level]["scores"]) - theirs)
            large = np.abs(theirs) >= 1
            yield {
                "tables": kind,
                "levels": f"{level}, {levels[-1]}",
                "rows": len(theirs),
                "median": float(np.median(apart)),
                "999 of 1000": float(np.quantile(apart, 0.999)),
                "largest": float(apart.max()),
                "relative": float((apart[large] / np.abs(theirs[large])).max()),
                "other outliers": int((np.array(found[level]["outliers"]) != found[levels[-1]]["outliers"]).sum()),
            }


def _by(level: str, kind: str) -> dict[str, Any]:
    run = [sys.executable, "-W", "ignore", "-m", "benchmarks.instruction_sets", kind]
    done = subprocess.run(run, env={**os.environ, "MIXTURA_ISA": level}, capture_output=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    print(json.dumps(_fitted(sys.argv[1])))
