"""The isolation forest."""

from typing import TYPE_CHECKING, Any

from ... import words
from .kind import DetectorKind

if TYPE_CHECKING:
    from ...detectors.model import OutlierModel


class Forest(DetectorKind):
    """Trees that set rows apart at random."""

    name = "forest"
    stored_as = "forest"
    takes_missing = True

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models."""
        from ...detectors.forest.model import ForestModel  # slow to import

        return ForestModel

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return the detector, not fitted."""
        from ...detectors.forest.estimator import IsolationForest  # slow to import

        return IsolationForest(random_state=seed)

    def description(self, detector: Any) -> str:
        """Return what a fitted detector is."""
        trees = words.plural(len(detector.model_.features), "tree")
        return f"isolation forest, {trees} of {words.plural(detector.max_samples_, 'row')} each"
