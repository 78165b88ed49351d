"""The default detector, which needs no choice."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ... import words
from .kind import DetectorKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...detectors.model import OutlierModel


class Auto(DetectorKind):
    """Many small mixtures, neighbours, flags, levels and tails of columns."""

    name = "auto"
    stored_as = "ensemble"
    takes_missing = True
    takes = "codes"
    keeps_constant = True
    judges_within = True

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models."""
        from ...detectors.ensemble.model import EnsembleModel  # slow to import

        return EnsembleModel

    def read(self, arrays: "Mapping[str, NDArray[Any]]", settings: Mapping[str, Any]) -> "OutlierModel":
        """Return the model that a file holds: of a table of numbers, or of one with levels."""
        from ...detectors.ensemble.mixed import read_ensemble  # slow to import

        return read_ensemble(arrays, settings)

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return the detector, not fitted."""
        from ...detectors.ensemble.estimator import AnomalyDetector  # slow to import

        return AnomalyDetector(random_state=seed)

    def description(self, detector: Any) -> str:
        """Return what a fitted detector is."""
        n_mixtures = detector.model_.n_mixtures
        if not n_mixtures:
            return "ensemble of votes of flags and levels"
        return f"ensemble of {words.plural(n_mixtures, 'small mixture')}"
