"""The kinds of model that are fitted to a table: each is one class in one file, and one line in `listed`.

A request is checked by these classes, so importing them imports nothing that is slow.
"""

from .kind import Fitted, Kind
from .listed import KINDS, MIXTURES, kind_named

__all__ = ["KINDS", "MIXTURES", "Fitted", "Kind", "kind_named"]
