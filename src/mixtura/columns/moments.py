"""Dates, times of day and durations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .kind import Kind


@dataclass(frozen=True)
class Date(Kind):
    """Dates."""

    name: ClassVar[str] = "date"


@dataclass(frozen=True)
class Time(Kind):
    """Times of day."""

    name: ClassVar[str] = "time"


@dataclass(frozen=True)
class Duration(Kind):
    """Durations."""

    name: ClassVar[str] = "duration"


def moment_of_text(examples: Mapping[str, int]) -> Date | Time | Duration | None:
    """Return the kind that texts fit."""
    return None


def moment_of_integers(values: Mapping[int, int]) -> Date | None:
    """Return the kind that integers fit."""
    return None


def moment_of_type(arrow_type: Any) -> Date | Time | Duration | None:
    """Return the kind of a type."""
    return Date()
