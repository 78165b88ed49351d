"""The one-class support vector machine."""

from typing import TYPE_CHECKING, Any

from ... import words
from .kind import DetectorKind

if TYPE_CHECKING:
    from ...detectors.model import OutlierModel

# Rows past which the machine is approximated: its exact training takes time in the square of their number.
_MOST_EXACT = 100_000


class Svm(DetectorKind):
    """A border around most of the rows."""

    name = "svm"
    stored_as = "svm"
    scaling = "deviations"

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models."""
        from ...detectors.svm.model import SupportModel  # slow to import

        return SupportModel

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return the detector, not fitted."""
        from ...detectors.svm.estimator import OneClassSVM  # slow to import

        return OneClassSVM(approximate=n_rows > _MOST_EXACT, random_state=seed)

    def description(self, detector: Any) -> str:
        """Return what a fitted detector is."""
        vectors = "landmark" if detector.approximate else "support vector"
        return f"one-class SVM, {words.plural(len(detector.model_.vectors), vectors)}"

    def notices(self, detector: Any) -> tuple[str, ...]:
        """Return that the machine is approximated, where it is."""
        if not detector.approximate:
            return ()
        rows = words.count(_MOST_EXACT)
        return (f"more than {rows} rows: the one-class SVM is approximated by landmarks (Nyström).",)
