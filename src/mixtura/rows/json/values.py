"""What values the records of a JSON file have, added up from one record after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# Objects with more keys than this, in all records together, have no columns of their own: they list what there is.
_MOST_KEYS = 200

_WHOLE = frozenset({"UBIGINT", "BIGINT", "HUGEINT"})
_NUMBERS = _WHOLE | {"DOUBLE"}

# Of DuckDB's `json_structure`, for an object without keys.
_NO_KEYS = "JSON"


@dataclass
class Values:
    """What is known of the values with one key.

    Attributes
    ----------
    types : set of str
        DuckDB's names of the types of those that are no objects; "LIST" for lists.
    keys : dict of str to Values
        What the objects among them have.
    n, n_objects : int
        How many there are, and how many are objects, each structure of records counted as one.
    any_blank : bool
        Whether there is a null or an object without keys among them.
    """

    types: set[str] = field(default_factory=set)
    keys: dict[str, "Values"] = field(default_factory=dict)
    n: int = 0
    n_objects: int = 0
    any_blank: bool = False

    def include(self, structure: Any) -> None:
        """Add a value, as `json_structure` of DuckDB describes it."""
        self.n += 1
        self.any_blank |= structure in (_NO_KEYS, "NULL") or structure == {}
        if isinstance(structure, dict) or structure == _NO_KEYS:
            self.n_objects += 1
            for key, inner in structure.items() if isinstance(structure, dict) else ():
                self.keys.setdefault(key, Values()).include(inner)
        elif isinstance(structure, list):
            self.types.add("LIST")
        elif structure != "NULL":
            self.types.add(structure)

    def leaves(self) -> "Iterator[Leaf]":
        """Yield the columns of records that have such values."""
        for key, inner in self.keys.items():
            yield from inner._leaves((key,), inner.n < self.n_objects, False)

    def _leaves(self, keys: tuple[str, ...], may_lack: bool, any_blank: bool) -> "Iterator[Leaf]":
        any_blank |= self.any_blank
        if self.keys and not self.types and len(self.keys) <= _MOST_KEYS:
            for key, inner in self.keys.items():
                yield from inner._leaves((*keys, key), may_lack or inner.n < self.n_objects, any_blank)
        else:
            yield Leaf(keys, self._type(), self._is_json, may_lack and not any_blank)

    @property
    def are_objects(self) -> bool:
        """Whether there is an object among them."""
        return self.n_objects > 0

    @property
    def _is_json(self) -> bool:
        """Whether all values are lists or objects, which stand in text as JSON."""
        return self.types <= {"LIST"} and bool(self.types or self.are_objects)

    def _type(self) -> str:
        """Return the type that holds all values, as far as their own types tell; text holds any."""
        if self.are_objects:
            return "VARCHAR"
        if not self.types:
            return "NULL"
        if self.types <= _WHOLE:
            return "UBIGINT" if self.types == {"UBIGINT"} else "BIGINT"
        if self.types <= _NUMBERS:
            return "DOUBLE"
        return "BOOLEAN" if self.types == {"BOOLEAN"} else "VARCHAR"


@dataclass(frozen=True)
class Leaf:
    """A column of records.

    Attributes
    ----------
    keys : tuple of str
        Keys of the objects that its values are in, and their own.
    type : str
        DuckDB's name of their type, "NULL" if there is no value.
    is_json : bool
        Whether they are lists and objects, as text.
    is_optional : bool
        Whether records lack the key where they have no value, and none has null there.
    """

    keys: tuple[str, ...]
    type: str
    is_json: bool = False
    is_optional: bool = False

    @property
    def name(self) -> str:
        """Its name, with dots between the keys."""
        return ".".join(self.keys)

    @property
    def pointer(self) -> str:
        """Where its values are, as RFC 6901 writes it."""
        return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in self.keys)
