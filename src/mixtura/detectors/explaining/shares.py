"""How much each column adds to the surprise of a row: Shapley values of minus the log density."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...distributions.missing import patterns_of
from ...distributions.mixture import Mixture
from ...kernels.repairs import Shapley
from ...typing import Floats
from .drawn import drawn

# Up to so many columns all orders are averaged; beyond, so many pairs of an order and its reverse.
_EXACT, _PAIRS = 10, 32

# Each order costs the cube of the number of columns: beyond some four hundred there are fewer pairs, and at least two.
_WORK = 2**31

# Rows drawn from a mixture that tell what is usual.
_USUAL = 64


@dataclass(frozen=True, eq=False)
class Surprises:
    """What each column adds to the surprise of rows under a mixture without noise, less what it adds as a rule."""

    mixture: Mixture

    def __call__(self, rows: Floats) -> Floats:
        """Return the Shapley values of each row, of the shape of the rows; 0 where a value is missing."""
        shares = np.zeros(rows.shape)
        for known, which in patterns_of(rows):
            columns = np.flatnonzero(known)
            if len(columns):
                here = self if known.all() else Surprises(self.mixture.marginal(columns.tolist()))
                shares[np.ix_(np.arange(len(rows))[which], columns)] = here._of(rows[which][:, columns]) - here._usual
        return shares

    def __getstate__(self) -> dict[str, Mixture]:
        return {"mixture": self.mixture}

    def _of(self, rows: Floats) -> Floats:
        return self._game(np.ascontiguousarray(rows))[0]

    @cached_property
    def _game(self) -> Shapley:
        mixture = self.mixture
        some = mixture.weights > 0
        degrees = mixture.degrees_of_freedom
        return Shapley(
            np.log(mixture.weights[some]),
            np.ascontiguousarray(mixture.means[some]),
            np.ascontiguousarray(mixture.covariance.dense[some]),
            None if degrees is None else degrees[some],
            self._orders,
        )

    @cached_property
    def _orders(self) -> NDArray[np.int32] | None:
        n_columns = self.mixture.n_features
        if n_columns <= _EXACT:
            return None
        drawn = np.random.RandomState(0)
        forward = [drawn.permutation(n_columns) for _ in range(min(_PAIRS, max(2, _WORK // n_columns**3)))]
        return np.array([order for one in forward for order in (one, one[::-1])], dtype=np.int32)

    @cached_property
    def _usual(self) -> Floats:
        return np.asarray(self._of(drawn(self.mixture, _USUAL)).mean(axis=0))
