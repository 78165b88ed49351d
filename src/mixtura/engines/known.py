"""The engines that go by a name: a new one is a file in this folder and a line in `ENGINES`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..columns.kinds.kind import Kind
from ..errors import MissingDependencyError
from ..rows import Rows
from ..rows.blocks.columns import Missing, NonNumeric, Takes
from .engine import Engine


@dataclass(frozen=True)
class KnownEngine:
    """An engine by its name. Its file is imported when it is needed: its library is optional, and slow to import.

    Attributes
    ----------
    name : str
        What the parameter `engine` calls it, and the name of its file.
    class_name : str
        The class in that file, made without arguments. With a `package` it has two static methods besides those of an
        `Engine`: ``owns(source)`` says whether a table is to be opened and run there, and ``open(source, sample_weight,
        columns=, drop=, non_numeric=, missing=, kinds=, missing_marks=)`` returns the rows of such a table.
    package : str, optional
        The package that the engine needs. `owns` is asked of no other package's objects.
    """

    name: str
    class_name: str
    package: str | None = None

    def load(self) -> Any:
        """Return the class of the engine.

        Raises
        ------
        MissingDependencyError
            Its library is not installed.
        """
        try:
            return getattr(import_module(f".{self.name}", __package__), self.class_name)
        except ImportError as error:
            raise MissingDependencyError(
                f"the engine {self.name!r} needs {self.name.capitalize()}, which is not installed: "
                f"pip install 'mixtura[{self.name}]'"
            ) from error

    def owns(self, source: Any) -> bool:
        """Return whether a source is a table of this engine."""
        made_by = type(source).__module__.partition(".")[0]
        return made_by == self.package and bool(self.load().owns(source))

    def open(
        self,
        source: Any,
        sample_weight: Any = None,
        *,
        columns: Any = None,
        drop: Any = None,
        non_numeric: NonNumeric = "error",
        missing: Missing = "error",
        kinds: Mapping[str, Kind | str] | None = None,
        missing_marks: Sequence[str] = (),
        takes: Takes = "numbers",
    ) -> Rows:
        """Return the rows of a table that the engine owns; parameters as of `mixtura.rows.open`."""
        rows: Rows = self.load().open(
            source,
            sample_weight,
            columns=columns,
            drop=drop,
            non_numeric=non_numeric,
            missing=missing,
            kinds=kinds,
            missing_marks=missing_marks,
            takes=takes,
        )
        return rows


# What `engine=` takes: a name in `ENGINES`.
EngineName = str

# The first is the engine of every table that no other owns.
ENGINES = (
    KnownEngine("threads", "ThreadEngine"),
    KnownEngine("dask", "DaskEngine", package="dask"),
)


def engine_for(engine: Engine | EngineName | None, source: Any = None) -> Engine:
    """Return the engine meant: one given by name, or the one that suits the source when there is none.

    Raises
    ------
    ValueError
        `engine` is neither a name nor an engine.
    MissingDependencyError
        The library of the engine is not installed.
    """
    if engine is None:
        named = owner_of(source) or ENGINES[0]
    else:
        known = {one.name: one for one in ENGINES}
        if not isinstance(engine, str) and hasattr(engine, "fold") and hasattr(engine, "map"):
            return engine
        if not isinstance(engine, str) or engine not in known:
            names = ", ".join(map(repr, known))
            raise ValueError(f"engine must be {names} or an engine with fold and map, not {engine!r}")
        named = known[engine]
    made: Engine = named.load()()
    return made


def owner_of(source: Any) -> KnownEngine | None:
    """Return the engine that owns a source; None for what is read by `mixtura.rows.open`."""
    return next((engine for engine in ENGINES if engine.owns(source)), None)
