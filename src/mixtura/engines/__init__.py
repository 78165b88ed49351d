"""Engines: where passes over rows run."""

from .engine import Engine, Monoid
from .known import EngineName, engine_for, owner_of
from .progress import OnProgress
from .threads import ThreadEngine

__all__ = ["Engine", "EngineName", "Monoid", "OnProgress", "ThreadEngine", "engine_for", "owner_of"]
