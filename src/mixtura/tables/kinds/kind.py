"""What a kind of model is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..asking.spelling import Spell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...detectors.model import OutlierModel
    from ...rows.blocks.columns import Takes
    from ..asking.run import Run
    from ..models.fitting import Numbers
    from ..models.provenance import FitFigures
    from ..told.model import CandidateFacts
    from .request import Request


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    Attributes
    ----------
    model : OutlierModel
        What scores scaled rows.
    description : str
        What it is, in words.
    fit : FitFigures or None
        How well a mixture fits.
    candidates : tuple of CandidateFacts
        All that was tried, where there was something to try.
    notices : tuple of str
        What deserves attention.
    """

    model: "OutlierModel"
    description: str
    fit: "FitFigures | None" = None
    candidates: "tuple[CandidateFacts, ...]" = ()
    notices: tuple[str, ...] = ()


class Kind:
    """A kind of model.

    Attributes
    ----------
    name : str
        How it is asked for.
    stored_as : str
        What model files call the model that it fits.
    takes_missing : bool
        Whether rows may have missing values; they are scored by the values that are there.
    takes : {"numbers", "levels", "all", "codes"}
        Which columns it judges rows by, as `rows.open` says.
    has_components : bool
        Whether it is a mixture, whose components are groups, their number and shape for the user to choose.
    keeps_constant : bool
        Whether a column that never changes in clean rows tells new rows apart.
    judges_within : bool
        Whether it can judge rows within their segments.
    scaling : {"none", "deviations", "quartiles"}
        What divides the columns: nothing, for a kind whose answers do not depend on their units; the standard
        deviations; or what quartiles say of these, which outliers do not set.
    """

    name: ClassVar[str]
    stored_as: ClassVar[str]
    takes_missing: ClassVar[bool] = False
    takes: ClassVar["Takes"] = "numbers"
    has_components: ClassVar[bool] = False
    keeps_constant: ClassVar[bool] = False
    judges_within: ClassVar[bool] = False
    scaling: ClassVar[Literal["none", "deviations", "quartiles"]] = "none"

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models, which reads them from files."""
        raise NotImplementedError

    def read(self, arrays: "Mapping[str, NDArray[Any]]", settings: Mapping[str, Any]) -> "OutlierModel":
        """Return the model that a file holds, or raise `ValueError` with the fault."""
        return self.model().from_arrays(arrays, settings)

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return what fits so many rows of a table, with what a table gives it, not fitted."""
        raise NotImplementedError

    def fit(self, request: "Request", numbers: "Numbers", run: "Run", *, clean: bool) -> Fitted:
        """Fit scaled rows, of a table that is known to be clean or is not."""
        raise NotImplementedError

    def check(self, counts: Sequence[int] | None, shapes: Sequence[str] | None, spell: Spell) -> None:
        """Raise `RequestError` where numbers of components or shapes were asked for that it cannot have."""


class DetectorKind(Kind):
    """A kind of model that a detector fits, which has no components."""

    def description(self, detector: Any) -> str:
        """Return what a fitted detector is, in words."""
        raise NotImplementedError

    def notices(self, detector: Any) -> tuple[str, ...]:
        """Return what deserves attention about a fitted detector; nothing of most."""
        return ()

    def fit(self, request: "Request", numbers: "Numbers", run: "Run", *, clean: bool) -> Fitted:
        """Fit the detector to scaled rows."""
        from ...rows import ScaledRows  # slow to import

        detector = self.estimator(request.seed, numbers.n_rows)
        detector.on_progress = run.on_progress
        detector.fit(ScaledRows(numbers.rows, numbers.center, numbers.scale))
        return Fitted(detector.model_, self.description(detector), notices=self.notices(detector))
