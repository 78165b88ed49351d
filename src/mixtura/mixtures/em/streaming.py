"""Fits that see a table batch by batch: decayed statistics for likelihood. Bayesian fits remember every batch."""

from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from ...distributions.covariance import Covariance
from ...distributions.levels import LevelColumns
from ...distributions.passes import Model
from ...errors import EmptyTableError
from ...intake.table import Table
from ...rows import Block
from ...statistics.moments import Moments
from ...typing import Floats
from .expectation import Expectation
from .recentring import recentred, reordered

# A batch that follows t others of its size counts (t + 2)^-0.7 of the statistics. Powers from 0.5, exclusive, to 1
# converge; low ones forget the start soon, high ones average over more batches (Cappé and Moulines 2009, section 4;
# Liang and Klein 2009 found 0.7).
_POWER = 0.7
_DELAY = 2


@dataclass(frozen=True, eq=False)
class Stream:
    """What stepwise EM carries from batch to batch.

    Cappé and Moulines (2009), "On-line expectation-maximization algorithm for latent data models", Journal of the Royal
    Statistical Society B 71, equation 12.

    Attributes
    ----------
    moments : Moments
        Decayed average of the moments of the rows seen, of weight one.
    weight : float
        Weight of these rows.
    ridge : ndarray of shape (n_features,)
        What was added to the variances.
    n_batches : int
        Batches seen since a fit, if there was one.
    """

    moments: Moments
    weight: float
    ridge: Floats
    n_batches: int = 0

    @classmethod
    def of(cls, rows: Moments, ridge: Floats) -> "Stream":
        """Return what the rows of a fit leave."""
        return cls(_scaled(rows, 1 / rows.weight), rows.weight, ridge)

    def after(self, batch: Moments, shape: type[Covariance]) -> "Stream":
        """Return what is carried after one more batch, its moments taken under the current model.

        The rows seen before count as if they had come in batches of the same weight, and a batch for its share of all
        rows at least: so that a short one moves little.
        """
        share = batch.weight / (self.weight + batch.weight)
        step = max((self.weight / batch.weight + _DELAY) ** -_POWER, share)
        before = recentred(self.moments, batch.centers, shape)
        return replace(
            self,
            moments=_scaled(before, 1 - step) + _scaled(batch, step / batch.weight),
            weight=self.weight + batch.weight,
            n_batches=self.n_batches + 1,
        )

    def widened(self, former: LevelColumns, levels: LevelColumns) -> "Stream":
        """Return the same with levels that were not there before, of which there are no rows."""
        assert self.moments.levels is not None, "a pass over categories sums their levels"
        return replace(self, moments=replace(self.moments, levels=former.widened(self.moments.levels, levels)))

    def reordered(self, order: NDArray[np.int64], shape: type[Covariance]) -> "Stream":
        """Return the same with the components in another order."""
        return replace(self, moments=reordered(self.moments, order, shape))


def batch_moments(table: Table, model: Model) -> Moments:
    """Return the moments of a batch under a model.

    Raises
    ------
    EmptyTableError
        No row has a positive weight and some value.
    """
    moments = Expectation(table)(model)
    if not moments.weight > 0:
        raise EmptyTableError(
            "every row of the batch has weight zero or no values: give at least one row with a weight and a value"
        )
    return moments


def digest(table: Table) -> bytes:
    """Return a name for a table that only equal rows with equal weights share."""
    code = blake2b(digest_size=16)
    for part in table.map(_digest_of_block):
        code.update(part)
    return code.digest()


def _digest_of_block(block: Block) -> bytes:
    code = blake2b(digest_size=16)
    code.update(repr((block.values.shape, block.values.dtype.str, block.weights is None)).encode())
    code.update(np.ascontiguousarray(block.values).data)
    if block.weights is not None:
        code.update(np.ascontiguousarray(block.weights).data)
    return code.digest()


def _scaled(moments: Moments, factor: float) -> Moments:
    return replace(
        moments,
        weight=factor * moments.weight,
        log_likelihood=factor * moments.log_likelihood,
        counts=factor * moments.counts,
        first=factor * moments.first,
        second=factor * moments.second,
        tails=None if moments.tails is None else factor * moments.tails,
        levels=None if moments.levels is None else factor * moments.levels,
    )
