"""Why an ensemble finds a row unusual: what is expected of each value, and how much each column has against the row."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ...kernels.ensemble import Members, Samples, Units, distances, residuals
from ...typing import Floats
from ..explanation import Explanation, explanation_of
from ..planes import NEAR
from .extremes import in_units, nats_of
from .flags import VOICE_OF_FLAGS

if TYPE_CHECKING:
    from .model import EnsembleModel

# Values of components that are held at once: some tens of megabytes.
_AT_ONCE = 2**20


def explain(model: "EnsembleModel", X: NDArray[Any]) -> Explanation:
    """Return what was expected of each value, and the parts of the score that columns carry.

    What a value was expected to be, by what says most of it:

    - a value in a tail, the centre of its column, or, where it lies farther out so, what a regression on the others
      predicts;
    - a flag, its usual value;
    - a value that takes a row off a plane, the one that brings it back;
    - any other, the weighted mean of what members expect of it given their other columns.

    A member divides what it adds to the score, where that is positive, among its columns by their squared distances
    from what it expects given its other columns; a sample among all columns, by the squared differences from the mean
    of the nearest of its rows. These parts are as many in all as the nats of members and samples; flags have a part by
    their nats, tails what they reach beyond chance, and new values all that they count. Missing values are as expected.
    """
    members, samples = model.members, model.samples
    per_row = max(1, int(members.shapes[:, 1:].prod(axis=1).max(initial=1)), samples.references.shape[1])
    size = max(1, _AT_ONCE // max(per_row, model.n_features))
    return Explanation.concatenate([_explain(model, X[first : first + size]) for first in range(0, len(X), size)])


def _explain(model: "EnsembleModel", X: NDArray[Any]) -> Explanation:
    units, flags = model.units, model.flags
    known = ~np.isnan(X)
    values = np.where(known, X.astype(np.float64), units.center)
    in_spreads = in_units(X, units)
    expected, deviation, parts = _voted(model, X, in_spreads)
    usual, flagged = model.voted_nats(X)
    total = parts.sum(axis=1, keepdims=True)
    parts *= usual[:, None] / np.where(total > 0, total, 1.0)

    nats = flags.each(X)
    total = nats.sum(axis=1, keepdims=True)
    parts[:, flags.columns] = VOICE_OF_FLAGS * flagged[:, None] * nats / np.where(total > 0, total, 1.0)

    alone, least, apart_as_a_rule = model.deviations
    deviation = np.maximum(deviation, least)
    expected[:, flags.columns], deviation[:, flags.columns] = (
        (flags.values[0] - units.center[flags.columns]) * units.scale[flags.columns],
        alone[flags.columns],
    )

    apart = residuals(X, units, model.regression)
    own, given = nats_of(in_spreads, apart, model.tails)
    beyond = np.maximum(np.maximum(own, given) - model.allowance, 0.0)
    parts += beyond
    by_itself = (beyond > 0) & (own >= given)
    expected, deviation = np.where(by_itself, 0.0, expected), np.where(by_itself, alone, deviation)
    by_others = (beyond > 0) & (own < given)
    predicted = np.clip(in_spreads, -units.limit, units.limit) - apart * model.regression.spread
    expected = np.where(by_others, predicted, expected)
    deviation = np.where(by_others, np.maximum(apart_as_a_rule, least), deviation)

    given_others = ~by_itself
    given_others[:, flags.columns] = by_others[:, flags.columns]

    gaps = model.planes.gaps(X, units)
    wrong, apart = model.planes.culprits(gaps, parts)
    parts += np.where(wrong, model.planes.nats / np.maximum(wrong.sum(axis=1, keepdims=True), 1), 0.0)
    expected = np.where(wrong, in_spreads - apart, expected)
    deviation = np.where(wrong, NEAR, deviation)
    given_others |= wrong

    constant = units.scale == 0
    scale = np.where(constant, 1.0, units.scale)
    with np.errstate(over="ignore", divide="ignore"):
        center = units.center + np.where(constant, 0.0, expected / scale)
        deviation = np.where(constant, 0.0, deviation / scale)
    center, deviation = (np.nan_to_num(array, posinf=np.finfo(float).max) for array in (center, deviation))
    columns, new = model.new_values(X)
    parts[:, columns] += new
    parts = np.where(known, parts, 0.0)
    return explanation_of(np.where(known, values, center), center, deviation, parts, given_others & ~constant)


def _voted(model: "EnsembleModel", X: NDArray[Any], in_spreads: Floats) -> tuple[Floats, Floats, Floats]:
    """Return what members expect of each value in units, how far values lie from it, and the parts of their score."""
    units, members = model.voting_units, model.members
    scaled = np.where(np.isnan(in_spreads) | (units.scale == 0), 0.0, np.clip(in_spreads, -units.limit, units.limit))
    expected, variance, parts = (np.zeros_like(scaled) for _ in range(3))
    seen = np.zeros(scaled.shape[1])
    for member in _each(members):
        here = member.columns
        mean, conditional, added = member.explain(scaled[:, here])
        expected[:, here] += member.weight * mean
        variance[:, here] += member.weight * conditional
        parts[:, here] += member.weight * added
        seen[here] += member.weight
    often = np.where(seen > 0, seen, 1.0)
    # A column that changes but that no member sees is expected where it lies usually.
    variance = np.where(seen > 0, variance / often, 1.0)
    return expected / often, np.sqrt(variance), parts / often + _of_samples(X, scaled, units, model.samples)


def _of_samples(X: NDArray[Any], scaled: Floats, units: Units, samples: Samples) -> Floats:
    """Return the parts of the score that columns carry for their differences from neighbours."""
    parts = np.zeros_like(scaled)
    found = distances(X, units, samples)
    voters = zip(samples.references.astype(np.float64), found, samples.medians, samples.spreads, strict=True)
    for reference, distance, median, spread in voters:
        squares = (reference**2).sum(axis=1) - 2 * scaled @ reference.T  # less that of the row itself
        nearest = np.argpartition(squares, samples.k - 1, axis=1)[:, : samples.k]
        differences = (scaled - reference[nearest].mean(axis=1)) ** 2
        total = differences.sum(axis=1, keepdims=True)
        added = np.log1p(np.maximum((distance[:, None] - median) / spread, 0.0))
        parts += added * np.divide(differences, total, out=np.zeros_like(differences), where=total > 0)
    return parts / max(1, len(found))


class _Member:
    """One mixture, as matrices."""

    def __init__(
        self,
        columns: NDArray[np.int32],
        log_constants: Floats,
        means: Floats,
        factors: Floats,
        median: float,
        spread: float,
        weight: float,
    ) -> None:
        self.columns, self.log_constants, self.means = columns, log_constants, means
        self.factors = factors if factors.ndim == 3 else factors[:, :, None] * np.eye(len(columns))
        self.median, self.spread, self.weight = median, spread, weight
        precisions = self.factors @ self.factors.transpose(0, 2, 1)
        self.conditional_variances = 1.0 / np.diagonal(precisions, axis1=1, axis2=2)
        self.precisions = precisions

    def explain(self, X: Floats) -> tuple[Floats, Floats, Floats]:
        """Return expected values, their variances and the parts of the score, each of shape (n_rows, n_columns)."""
        centred = X[:, None] - self.means
        whitened = np.einsum("nki,kij->nkj", centred, self.factors)
        log_densities = self.log_constants - 0.5 * (whitened**2).sum(axis=2)
        shares = softmax(log_densities, axis=1)[:, :, None]
        # Given the other columns, a value lies (P c)_j / P_jj from what is expected, and its variance is 1 / P_jj.
        residual = np.einsum("nki,kij->nkj", centred, self.precisions) * self.conditional_variances
        squares = (shares * residual**2 / self.conditional_variances).sum(axis=1)
        outlyingness = -np.logaddexp.reduce(log_densities, axis=1)
        added = np.log1p(np.maximum((outlyingness - self.median) / self.spread, 0.0))
        total = squares.sum(axis=1, keepdims=True)
        divided = added[:, None] * np.divide(squares, total, out=np.zeros_like(squares), where=total > 0)
        return X - (shares * residual).sum(axis=1), (shares * self.conditional_variances).sum(axis=1), divided


def _each(members: Members) -> Iterator[_Member]:
    column = component = mean = factor = 0
    rest = zip(members.medians, members.spreads, members.weights, strict=True)
    for (full, width, count), (median, spread, weight) in zip(members.shapes, rest, strict=True):
        size = count * width * (width if full else 1)
        factors = members.factors[factor : factor + size].astype(np.float64)
        yield _Member(
            members.columns[column : column + width],
            members.log_constants[component : component + count],
            members.means[mean : mean + count * width].astype(np.float64).reshape(count, width),
            factors.reshape((count, width, width) if full else (count, width)),
            float(median),
            float(spread),
            float(weight),
        )
        column, component, mean, factor = column + width, component + count, mean + count * width, factor + size
