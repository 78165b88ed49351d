"""Many components: what an iteration costs as their number grows, where they are far apart and where they are near."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from mixtura.distributions import passes
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import SHAPES
from mixtura.rows import ArrayRows

from .suites import iterate, peer_iterate
from .timing import in_turn

_ROWS, _COLUMNS, _COUNTS = 300_000, 8, (16, 64, 256)

# Standard deviations of the centres, in those of a group.
_SCALES = {"far apart": 30.0, "4 apart": 4.0, "overlapping": 1.0}

# The peer takes as long wherever the centres are, and minutes with many components.
_PEER_AT, _PEER_REPEAT = "far apart", 1


def components(repeat: int) -> Iterator[dict[str, Any]]:
    """One EM iteration over 300,000 × 8 rows, full covariances, by how far apart the components are: how many times
    faster it is than the peer's and than one that leaves no component out, and how its cost grows with their number;
    processor time.
    """
    for name, scale in _SCALES.items():
        first = None
        for count in _COUNTS:
            table, start = _problem(count, scale)
            rows = ArrayRows(table, checked=True)
            seconds, plain_seconds, gain = in_turn(
                lambda rows=rows, start=start: iterate(rows, start),
                lambda rows=rows, start=start: _plainly(rows, start),
                repeat,
                time.process_time,
            )
            row = {
                "centres": name,
                "components": count,
                "mixtura_ms": 1e3 * seconds,
                "plain_ms": 1e3 * plain_seconds,
                "gain": gain,
                "difference": float(np.abs(iterate(rows, start).means - _plainly(rows, start).means).max()),
            }
            if name == _PEER_AT:
                _, peer_seconds, row["ratio"] = in_turn(
                    lambda rows=rows, start=start: iterate(rows, start),
                    lambda table=table, start=start: peer_iterate(table, start),
                    _PEER_REPEAT,
                    time.process_time,
                )
                row["peer_ms"] = 1e3 * peer_seconds
            if first is None:
                first = seconds
            else:
                row["exponent"] = float(np.log(seconds / first) / np.log(count / _COUNTS[0]))
            yield row


def _plainly(rows: ArrayRows, start: Mixture) -> Mixture:
    """Return the mixture after one iteration that computes every component at every row."""
    is_large, passes.is_large = passes.is_large, lambda *_: False
    try:
        return iterate(rows, start)
    finally:
        passes.is_large = is_large


def _problem(count: int, scale: float) -> tuple[np.ndarray, Mixture]:
    """Return rows in groups of unit variances whose centres have a standard deviation of `scale`, and a start near."""
    rng = np.random.default_rng(count)
    centres = rng.normal(scale=scale, size=(count, _COLUMNS))
    table = centres[rng.integers(count, size=_ROWS)] + rng.standard_normal((_ROWS, _COLUMNS))
    noise = rng.standard_normal((count, _COLUMNS, 4 * _COLUMNS)) / np.sqrt(4 * _COLUMNS)
    covariance = SHAPES["full"](noise @ noise.transpose(0, 2, 1), count, _COLUMNS)
    means = centres + 0.1 * rng.standard_normal(centres.shape)
    return table, Mixture(np.full(count, 1 / count), means, covariance)
