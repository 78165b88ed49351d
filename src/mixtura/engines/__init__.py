"""Engines: where passes over rows run."""

from typing import TYPE_CHECKING, Any, Literal

from ..errors import MissingDependencyError
from ..rows.columns import Missing
from .engine import Engine, Monoid
from .progress import OnProgress
from .threads import ThreadEngine

if TYPE_CHECKING:
    from .dask import DaskRows

__all__ = ["Engine", "EngineName", "Monoid", "OnProgress", "ThreadEngine", "engine_for", "is_dask", "open_dask"]

EngineName = Literal["threads", "dask"]


def engine_for(engine: Engine | EngineName | None, source: Any = None) -> Engine:
    """Return the engine meant: one given by name, or the one that suits the source when there is none."""
    if engine is None:
        engine = "dask" if is_dask(source) else "threads"
    if engine == "threads":
        return ThreadEngine()
    if engine == "dask":
        dask_engine: Engine = _dask().DaskEngine()
        return dask_engine
    if isinstance(engine, str) or not (hasattr(engine, "fold") and hasattr(engine, "map")):
        raise ValueError(f"engine must be 'threads', 'dask' or an engine with fold and map, not {engine!r}")
    return engine


def is_dask(source: Any) -> bool:
    """Return whether a source is a Dask array or frame, without importing Dask."""
    return type(source).__module__.partition(".")[0] == "dask"


def open_dask(source: Any, sample_weight: Any = None, *, columns: Any = None, missing: Missing = "error") -> "DaskRows":
    """Open a Dask array or DataFrame as rows: see `mixtura.engines.dask.DaskRows`."""
    rows: DaskRows = _dask().DaskRows(source, sample_weight, columns=columns, missing=missing)
    return rows


def _dask() -> Any:
    try:
        from . import dask  # noqa: PLC0415  # Dask is optional and slow to import
    except ImportError as error:
        raise MissingDependencyError(
            "the engine 'dask' needs Dask, which is not installed: pip install 'mixtura[dask]'"
        ) from error
    return dask
