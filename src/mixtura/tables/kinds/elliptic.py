"""The elliptic envelope."""

from typing import TYPE_CHECKING, Any

from ... import words
from .kind import DetectorKind

if TYPE_CHECKING:
    from ...detectors.model import OutlierModel


class Elliptic(DetectorKind):
    """A robust covariance."""

    name = "elliptic"
    stored_as = "elliptic"

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models."""
        from ...detectors.elliptic.model import Elliptic  # slow to import

        return Elliptic

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return the detector, not fitted."""
        from ...detectors.elliptic.estimator import EllipticEnvelope  # slow to import

        return EllipticEnvelope(random_state=seed)

    def description(self, detector: Any) -> str:
        """Return what a fitted detector is."""
        return f"elliptic envelope of {words.plural(int(detector.support_.sum()), 'row')}, the others left out"
