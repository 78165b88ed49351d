"""How many of some rows there is room for."""

from collections.abc import Iterable
from typing import TypeVar

from ...as_json import as_json
from .data import Point, ReportRow
from .names import size_in_page

T = TypeVar("T", ReportRow, Point)


def fitting(items: Iterable[T], room: int) -> tuple[list[T], int]:
    """Return the leading items that there is room for, and the room that is left."""
    taken: list[T] = []
    for item in items:
        size = size_of(item)
        if size > room:
            return taken, 0
        taken.append(item)
        room -= size
    return taken, room


def size_of(item: ReportRow | Point) -> int:
    """Return the most bytes that an item takes in a page, with the comma after it."""
    return size_in_page(as_json(item, indent=None)) + 1
