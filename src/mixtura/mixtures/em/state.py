"""What an estimator keeps of a fit, as a frozen value, and what becomes of it when parameters are set by hand."""

from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...distributions.passes import Model
from .by_hand import parameters_of
from .streaming import Stream

Order = NDArray[np.int64]


class Fitted(Protocol):
    """What an estimator keeps of a fit."""

    @property
    def mixture(self) -> Mixture:
        """The mixture that the parameters describe."""
        ...

    @property
    def scored(self) -> Model:
        """What rows are scored by."""
        ...

    @property
    def emptied(self) -> list[int]:
        """Components that lost all their rows where they should not."""
        ...

    def attributes(self, dtype: "np.dtype[Any]") -> dict[str, Any]:
        """Return the fitted attributes, in the type of the rows."""
        ...

    def reordered(self, mixture: Mixture, order: Order) -> Self:
        """Return the same with the components in another order: those of a mixture."""
        ...


@dataclass(frozen=True, eq=False)
class FittedMixture:
    """A mixture, and what batches go on from.

    Attributes
    ----------
    mixture : Mixture
        The mixture.
    stream : Stream or None
        What the rows of a fit and of batches have left; None where the mixture is of no fit.
    """

    mixture: Mixture
    stream: Stream | None = None

    @property
    def scored(self) -> Model:
        """What rows are scored by."""
        return self.mixture

    @property
    def emptied(self) -> list[int]:
        """Components that lost all their rows."""
        return [int(component) for component in np.flatnonzero(self.mixture.weights == 0)]

    def attributes(self, dtype: "np.dtype[Any]") -> dict[str, Any]:
        """Return the fitted attributes, in the type of the rows."""
        return parameters_of(self.mixture, dtype)

    def reordered(self, mixture: Mixture, order: Order) -> Self:
        """Return the same with the components in another order: those of a mixture."""
        stream = self.stream
        return replace(
            self, mixture=mixture, stream=None if stream is None else stream.reordered(order, type(mixture.covariance))
        )
