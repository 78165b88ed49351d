"""The local outlier factor."""

from typing import TYPE_CHECKING, Any

from ... import words
from .kind import DetectorKind

if TYPE_CHECKING:
    from ...detectors.model import OutlierModel

# The default of `LocalOutlierFactor`.
_NEIGHBORS = 20


class Lof(DetectorKind):
    """The density of a row beside those of its neighbours."""

    name = "lof"
    stored_as = "lof"
    scaling = "deviations"

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models."""
        from ...detectors.neighbors.model import LofModel  # slow to import

        return LofModel

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return the detector, not fitted."""
        from ...detectors.neighbors.estimator import LocalOutlierFactor  # slow to import

        return LocalOutlierFactor(max(1, min(_NEIGHBORS, n_rows - 1)), novelty=True, random_state=seed)

    def description(self, detector: Any) -> str:
        """Return what a fitted detector is."""
        return f"local outlier factor of the {words.plural(detector.n_neighbors_, 'nearest row')}"
