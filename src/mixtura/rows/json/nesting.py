"""Where the values of a column stand in JSON records: noted when these are read, so that they are written as they were.

The note is kept with the column: the keys of the objects that its values are in, whether its texts are lists or
objects, and whether records lack its key where they have no value.
"""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .cells import json_text
from .values import Leaf

if TYPE_CHECKING:
    import pyarrow as pa

_KEYS, _IS_JSON, _IS_OPTIONAL = b"json_keys", b"json_text", b"json_optional"


def noted(field: "pa.Field", leaf: Leaf) -> "pa.Field":
    """Return the column of a leaf with a note of where its values stand, where its name and type do not say it."""
    notes: dict[Any, Any] = {}
    if len(leaf.keys) > 1:
        notes[_KEYS] = json.dumps(leaf.keys)
    if leaf.is_json:
        notes[_IS_JSON] = b"true"
    if leaf.is_optional:
        notes[_IS_OPTIONAL] = b"true"
    return field.with_metadata(notes) if notes else field


def holds_json(field: "pa.Field") -> bool:
    """Tell whether the texts of a column are lists and objects of JSON."""
    return _IS_JSON in (field.metadata or {})


def is_optional(field: "pa.Field") -> bool:
    """Tell whether records lack the key of a column where they have no value."""
    return _IS_OPTIONAL in (field.metadata or {})


def frames(schema: "pa.Schema") -> tuple[list[str], str]:
    """Return what stands before the value of each column in a record, and after that of the last.

    Examples
    --------
    >>> import pyarrow as pa
    >>> place = noted(pa.field("pos.x", pa.int64()), Leaf(("pos", "x"), "BIGINT"))
    >>> frames(pa.schema([place, ("b", pa.bool_())]))
    (['{"pos": {"x": ', '}, "b": '], '}')
    """
    paths = [_keys(field) for field in schema]
    if _repeat(paths):
        paths = [(field.name,) for field in schema]
    before: list[str] = []
    last: tuple[str, ...] = ()
    for keys in paths:
        shared = _n_shared(last, keys)
        opening = "".join(f"{json_text(key)}: {{" for key in keys[shared:-1]) + f"{json_text(keys[-1])}: "
        before.append(("}" * (len(last) - 1 - shared) + ", " if before else "{") + opening)
        last = keys
    return before, "}" * max(1, len(last))


def _keys(field: "pa.Field") -> tuple[str, ...]:
    told = (field.metadata or {}).get(_KEYS)
    return (field.name,) if told is None else tuple(json.loads(told))


def _n_shared(last: Sequence[str], keys: Sequence[str]) -> int:
    """Return how many of the objects of a value are those of the value before."""
    shared = 0
    while shared < min(len(last), len(keys)) - 1 and last[shared] == keys[shared]:
        shared += 1
    return shared


def _repeat(paths: Sequence[tuple[str, ...]]) -> bool:
    """Tell whether an object would have a key twice."""
    opened = [keys[:at] for last, keys in pairwise([(), *paths]) for at in range(_n_shared(last, keys) + 1, len(keys))]
    return len({*opened, *paths}) < len(opened) + len(paths)
