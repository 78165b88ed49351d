"""Explanations in words: the cells of a row that are wrong, what they should have been, and what its score is then."""

from .expected import expected_values
from .habits import Habits
from .numbers import format_number, written
from .peers import Peers
from .sentences import reasons
from .shared import WAYS, SharedReasons, given_of, reasons_shared, shared_reason

__all__ = [
    "WAYS",
    "Habits",
    "Peers",
    "SharedReasons",
    "expected_values",
    "format_number",
    "given_of",
    "reasons",
    "reasons_shared",
    "shared_reason",
    "written",
]
