"""Mixtura: the groups in a table, and the rows that do not fit.

Names are imported when they are first used: the command line answers ``--help`` without the numerical libraries. They
are listed in ``__init__.pyi``.
"""

from .public import attach

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(__name__, globals())
