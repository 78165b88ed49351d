"""The E-step of a trimmed fit: the share of rows of lowest density is left out of it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.missing import ObservedPasses
from ...distributions.passes import Model, Passes
from ...engines import ThreadEngine
from ...intake.sample import Sample
from ...rows import ArrayRows, Block, Rows
from ...rows.blocks.columns import Missing
from ...statistics.moments import Moments
from ...typing import Floats
from .expectation import Expectation, passes_for

# The cut is sought this many standard errors, and as many rows of the sample, to either side of where the sample has
# it. It lies elsewhere once in 15,000 passes, and then the pass is done again with a band this many times as wide.
_STANDARD_ERRORS = 4.0
_WIDER = 4.0

# Two computations of a log density differ by this many roundings at most.
_ROUNDINGS = 64

# Fewer rows tell little of where the cut is, and cost next to nothing.
_FEWEST_SAMPLED = 256


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Rows of a table sorted by their log density into those above a band, those in it and those below.

    Attributes
    ----------
    above : Moments
        Moments of the rows above the band, in the coordinates of the kernel.
    below : float
        Weight of the rows below the band.
    values, weights, log_densities : tuple of ndarray
        The rows in the band.
    """

    above: Moments
    below: float = 0.0
    values: tuple[NDArray[Any], ...] = ()
    weights: tuple[Floats, ...] = ()
    log_densities: tuple[NDArray[Any], ...] = ()

    def __add__(self, other: "_Sorted") -> "_Sorted":
        return _Sorted(
            self.above + other.above,
            self.below + other.below,
            self.values + other.values,
            self.weights + other.weights,
            self.log_densities + other.log_densities,
        )


@dataclass(frozen=True)
class _Sort:
    """Sorts the rows of a block; the band is above `low`, and up to `high`."""

    passes: Passes | ObservedPasses
    low: float
    high: float

    def __call__(self, block: Block) -> _Sorted:
        if isinstance(self.passes, ObservedPasses):
            block = _without_unknown(block)
        log_density = np.empty(len(block.values), self.passes.dtype)
        above = self.passes.accumulate(block, floor=self.high, log_density=log_density)
        index = np.flatnonzero(log_density <= self.high)
        band = index[log_density[index] > self.low]
        if block.weights is None:
            in_band, total, out = np.ones(len(band)), float(len(log_density)), float(len(index))
        else:
            in_band = block.weights[band]
            total, out = float(block.weights.sum()), float(block.weights[index].sum())
        return _Sorted(
            replace(above, weight=total - out),
            out - float(in_band.sum()),
            (block.values.take(band, axis=0),),
            (in_band,),
            (log_density[band],),
        )


@dataclass(frozen=True)
class TrimmedExpectation(Expectation):
    """The E-step over the rows of highest density, up to a share of the weight of all.

    The weight left out is the share exactly: rows that tie at the cut count in part. The trimmed likelihood then never
    decreases from one iteration to the next: rows are chosen, and parameters are, each to raise it (García-Escudero,
    Gordaliza, Matrán and Mayo-Iscar 2008, "A general trimming approach to robust cluster analysis", Annals of
    Statistics 36; Neykov, Filzmoser, Dimova and Neytchev 2007, "Robust fitting of mixtures using the trimmed likelihood
    estimator", Computational Statistics and Data Analysis 52).

    A pass over the table sums the rows whose density is clearly above the cut, and sets aside those near it; a sample
    of the rows tells where the cut is near. The rows set aside are then cut exactly, so that one pass is enough. Rows
    with missing values are compared by the density of the values that they have.

    Parameters
    ----------
    table
        As for `Expectation`.
    share : float
        Part of the weight of the rows that is left out, above 0 and below 1.
    sample : Sample
        Of the rows; some of it tells where the cut is.
    """

    share: float
    sample: Sample

    def __call__(self, model: Model) -> Moments:
        """Return the moments of the rows that are kept under a model."""
        passes = passes_for(model.components, self.table.rows)
        sample = self._sampled()
        log_densities = _log_densities(passes, sample)
        weight = sample.weights.sum()
        error = np.sqrt(self.share * (1 - self.share) * (sample.weights**2).sum()) / weight
        margin = _STANDARD_ERRORS * (float(error) + 1 / len(sample.X))
        while True:
            low, high = _reached(log_densities, sample.weights, weight * (self.share + margin * np.array([-1, 1])))
            sort = _Sort(
                passes,
                float(low - _slack(low)) if margin < self.share else -np.inf,
                float(high + _slack(high)) if self.share + margin < 1 else np.inf,
            )
            total = self.table.fold(sort, _Sorted(passes.zero))
            band = sum(float(weights.sum()) for weights in total.weights)
            whole = total.above.weight + band + total.below
            out, rounding = self.share * whole, 1e-9 * whole
            if total.below <= out + rounding and out <= total.below + band + rounding:
                break
            margin *= _WIDER
        return passes.in_units(total.above + _cut(passes, total, out - total.below))

    def _sampled(self) -> Sample:
        """Return the part of the sample for which its own pass and that over the rows set aside cost the least.

        In units of what a row costs in a pass, m sampled rows cost m / 2, and 8 n sqrt(share (1 - share) / m) of n rows
        are set aside.
        """
        n_rows = self.table.n_rows or 0
        best = (8 * n_rows * np.sqrt(self.share * (1 - self.share))) ** (2 / 3)
        step = len(self.sample.X) // max(int(best), _FEWEST_SAMPLED)
        return self.sample if step < 2 else self.sample.take(np.arange(0, len(self.sample.X), step))


def _reached(log_densities: NDArray[Any], weights: Floats, sums: Floats) -> NDArray[Any]:
    """Return, for each of some sums of weights, the smallest log density up to which the rows weigh as much."""
    last = len(weights) - 1
    if weights[0] > 0 and (weights == weights[0]).all():  # ten times as fast as sorting positions
        positions = np.clip(np.ceil(sums / weights[0]).astype(np.int64) - 1, 0, last)
        return np.asarray(np.partition(log_densities, positions)[positions])
    order = np.argsort(log_densities)
    return log_densities[order[np.minimum(np.searchsorted(np.cumsum(weights[order]), sums), last)]]


def _slack(log_density: Any) -> Any:
    """Return how far apart two passes may round the same log density: rows equal to it belong to the band."""
    return _ROUNDINGS * np.finfo(log_density.dtype).eps * (1 + abs(log_density))


def _without_unknown(block: Block) -> Block:
    """Return a block whose rows without any value, which say nothing, have weight zero."""
    weights = np.ones(len(block.values)) if block.weights is None else block.weights
    return replace(block, weights=np.where(np.isnan(block.values).all(axis=1), 0.0, weights))


def _cut(passes: Passes | ObservedPasses, total: _Sorted, out: float) -> Moments:
    """Return the moments of the rows in the band without those of lowest density, which weigh `out`."""
    if not sum(map(len, total.values)):
        return passes.zero
    values, weights = np.concatenate(total.values), np.concatenate(total.weights)
    log_density = np.concatenate(total.log_densities)
    cut = _reached(log_density, weights, np.array([out]))[0]
    kept, level = np.flatnonzero(log_density >= cut), np.flatnonzero(log_density == cut)
    tied = float(weights[level].sum())
    too_much = out - float(weights.sum() - weights[kept].sum())
    weights[level] *= min(max(1 - too_much / tied, 0.0), 1.0) if tied > 0 else 0.0
    rows = _as_rows(passes, values.take(kept, axis=0), weights[kept])
    return ThreadEngine().fold(rows, passes.summarise, passes.zero)


def _log_densities(passes: Passes | ObservedPasses, sample: Sample) -> NDArray[Any]:
    rows = _as_rows(passes, sample.observed, None)
    return np.concatenate(list(ThreadEngine().map(rows, passes.log_density)))


def _as_rows(passes: Passes | ObservedPasses, values: NDArray[Any], weights: Floats | None) -> Rows:
    missing: Missing = "allow" if isinstance(passes, ObservedPasses) else "error"
    return ArrayRows(values, sample_weight=weights, checked=True, missing=missing)
