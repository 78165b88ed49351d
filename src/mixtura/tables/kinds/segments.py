"""A model of a kind that judges rows within their segments: fitted by that kind, and stored as this one."""

from typing import TYPE_CHECKING

from .kind import Kind

if TYPE_CHECKING:
    from ...detectors.model import OutlierModel


class Segments(Kind):
    """Rows as they would be in a usual segment, judged by a model of another kind."""

    name = "segments"
    stored_as = "segments"
    takes_missing = True

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models."""
        from ...detectors.segments.model import SegmentedModel  # slow to import

        return SegmentedModel
