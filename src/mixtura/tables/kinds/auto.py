"""The default detector, which needs no choice."""

from typing import TYPE_CHECKING, Any

from ... import words
from .kind import DetectorKind

if TYPE_CHECKING:
    from ...detectors.model import OutlierModel


class Auto(DetectorKind):
    """Many small mixtures, neighbours, flags and tails of columns."""

    name = "auto"
    stored_as = "ensemble"
    takes_missing = True
    keeps_constant = True

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models."""
        from ...detectors.ensemble.model import EnsembleModel  # slow to import

        return EnsembleModel

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return the detector, not fitted."""
        from ...detectors.ensemble.estimator import AnomalyDetector  # slow to import

        return AnomalyDetector(random_state=seed)

    def description(self, detector: Any) -> str:
        """Return what a fitted detector is."""
        return f"ensemble of {words.plural(len(detector.model_.members.shapes), 'small mixture')}"
