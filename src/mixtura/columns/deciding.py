"""From what was seen of a column to what it holds."""

import re
from collections.abc import Mapping
from typing import Any

from ..errors import RequestError
from ..optional import need
from ..words import listing
from .category import Category, Flag, Text
from .cells import is_text
from .kind import Kind
from .marks import AMONG_NUMBERS
from .moments import Date, Duration, Time, moment_of_integers, moment_of_text, moment_of_type
from .number import Number
from .profile import ColumnSeen
from .unused import Constant, Empty, Identifier, Other
from .writing import writing_of

# The share of the cells that may not be what the others are.
MOST_STRAYS = 0.1

# Whole numbers beyond these are no longer exact as doubles.
_LARGEST_EXACT = 2**53

# Rows from which on a column without any repetition is a name of the rows; fewer differ by chance.
_FEWEST_NAMED = 20

# Categories: so many levels at most, each in so many rows on average.
_MOST_LEVELS_OF_CATEGORY = 65_536
_ROWS_OF_LEVEL = 2

_NAMED_AS_KEY = re.compile(
    r"(^|[\W_])(id|ids|key|uuid|guid|index|idx|rowid|rownames|row\W?names|row|no|nr|num|unnamed: 0)$", re.I
)
_NAMED_AS_CODE = re.compile(r"(zip|postal|postcode|plz|phone|fips|ssn|isbn|ean|upc|iban)", re.I)

_FLAGS = (
    {"true", "false"}, {"t", "f"}, {"yes", "no"}, {"y", "n"}, {"0", "1"}, {"on", "off"},
    {"positive", "negative"}, {"present", "absent"}, {"pos", "neg"}, {"-", "+"}, {"ja", "nein"}, {"oui", "non"},
    {"si", "no"}, {"sí", "no"}, {"wahr", "falsch"}, {"vrai", "faux"},
)  # fmt: skip


def kind_of(name: str, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Kind:
    """Return what a column holds.

    Parameters
    ----------
    name : str
        Its name, which tells keys and codes from measurements.
    seen : ColumnSeen
        What was seen of it.
    missing : tuple of str
        Marks of missing values, besides those that are always taken for such.
    """
    types = need("pyarrow.types", "reading tables")
    arrow_type = seen.arrow_type
    if types.is_dictionary(arrow_type):
        arrow_type = arrow_type.value_type
    if types.is_null(arrow_type) or not seen.n_present:
        return Number(missing=missing) if _is_numeric(arrow_type) else Empty()
    if _is_numeric(arrow_type):
        return _of_numbers(name, seen, missing)
    if is_text(arrow_type):
        return _of_text(name, seen, missing)
    if types.is_boolean(arrow_type):
        return Constant(str(next(iter(seen.levels.counts))).lower()) if seen.levels.n_distinct == 1 else Flag()
    moment = moment_of_type(arrow_type) if types.is_temporal(arrow_type) else None
    if moment is not None:
        return moment
    return Other(_told_of_type(arrow_type))


def kind_of_type(arrow_type: Any) -> Kind:
    """Return what a column of some type holds, as far as its type tells."""
    types = need("pyarrow.types", "reading tables")
    if _is_numeric(arrow_type):
        return Number()
    if is_text(arrow_type):
        return Text()
    if types.is_boolean(arrow_type):
        return Flag()
    if types.is_dictionary(arrow_type):
        return Category()
    if types.is_null(arrow_type):
        return Empty()
    moment = moment_of_type(arrow_type) if types.is_temporal(arrow_type) else None
    return Other(_told_of_type(arrow_type)) if moment is None else moment


def _of_numbers(name: str, seen: ColumnSeen, missing: tuple[str, ...]) -> Kind:
    """Return what a column of numbers holds, whether they are typed or text."""
    numbers = seen.numbers
    number = Number(missing=missing, step=_step(seen))
    if not numbers.are_whole or seen.n_infinite:
        return number
    if numbers.by_one and numbers.count >= _FEWEST_NAMED and numbers.first in (0.0, 1.0):
        return Identifier("row numbers")
    differ = seen.levels.share_distinct == 1.0 and numbers.count >= _FEWEST_NAMED
    if differ and (max(abs(numbers.smallest), abs(numbers.largest)) > _LARGEST_EXACT or _NAMED_AS_KEY.search(name)):
        return Identifier()
    levels = seen.levels
    if levels.is_exact and levels.n_distinct <= 400 and numbers.smallest > 1e7:
        date = moment_of_integers({int(value): n for value, n in levels.counts.items()})
        if date is not None:
            return date
    if levels.is_exact and set(levels.counts) == {0, 1}:
        return Flag(number)
    return number


def _step(seen: ColumnSeen) -> float | None:
    decimals = seen.numbers.decimals
    return None if decimals is None or not seen.numbers.count else 10.0**-decimals


def _of_text(name: str, seen: ColumnSeen, missing: tuple[str, ...]) -> Kind:
    meant = seen.n_present - seen.n_marks
    if meant and seen.n_numbers >= (1 - MOST_STRAYS) * meant:
        return _code(name, seen) or _of_numbers(name, seen, missing)
    examples = _examples(seen, missing)
    total = sum(examples.values())
    if total:
        writing = writing_of(examples)
        if writing is not None:
            return Number(writing, missing)
        moment = moment_of_text(examples)
        if moment is not None:
            return moment
    return Other("nested values") if _are_nested(seen) else _of_words(name, seen)


def _code(name: str, seen: ColumnSeen) -> Kind | None:
    """Return what digits hold that are no numbers: codes that begin with a zero, names too long for numbers."""
    texts = seen.texts
    same_length = texts.count and texts.shortest == texts.longest
    padded = texts.n_padded > 0 and (same_length or texts.n_padded >= 0.02 * seen.n_numbers)
    if not padded and not (_NAMED_AS_CODE.search(name) and seen.numbers.are_whole):
        return None
    if seen.levels.share_distinct > 0.5:
        return Identifier("codes with leading zeros" if padded else "codes")
    return Category()


def _examples(seen: ColumnSeen, missing: tuple[str, ...]) -> dict[str, int]:
    """Return texts of a column with how often each occurs, marks of missing values left out."""
    marks = {*AMONG_NUMBERS, *missing}
    numbers = {
        f"{value:.0f}" if float(value).is_integer() else repr(value): n for value, n in seen.levels.counts.items()
    }
    words = {text: n for text, n in seen.words.counts.items() if text.strip().lower() not in marks}
    return {**numbers, **words}


def _spelled(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else repr(value)


def _of_words(name: str, seen: ColumnSeen) -> Kind:
    words, levels = seen.words, seen.levels
    n_distinct = words.n_distinct + levels.n_distinct
    if n_distinct == 1:
        return Constant(str(next(iter({**words.counts, **levels.counts}))))
    known = {str(text).strip().lower() for text in words.counts} if n_distinct <= 4 else set()
    if len(known) == 2 and any(known == pair for pair in _FLAGS):
        return Flag()
    share = max(words.share_distinct, 0.0 if not levels.n_counted else levels.share_distinct)
    if share == 1.0 and seen.n_present >= _FEWEST_NAMED and not _is_prose(seen):
        return Identifier()
    if words.is_exact and n_distinct <= _MOST_LEVELS_OF_CATEGORY and seen.n_present >= _ROWS_OF_LEVEL * n_distinct:
        return Category()
    if seen.n_present < _FEWEST_NAMED and n_distinct < seen.n_present:
        return Category()
    return Text()


def _are_nested(seen: ColumnSeen) -> bool:
    """Tell whether texts look like lists or objects of JSON."""
    texts = seen.words.counts
    return bool(texts) and all(f"{text[:1]}{text[-1:]}" in ("[]", "{}") for text in texts)


def _is_prose(seen: ColumnSeen) -> bool:
    """Tell whether texts are sentences, which nobody repeats."""
    return seen.texts.longest > 64


def _is_numeric(arrow_type: Any) -> bool:
    types = need("pyarrow.types", "reading tables")
    return bool(types.is_integer(arrow_type) or types.is_floating(arrow_type) or types.is_decimal(arrow_type))


def _told_of_type(arrow_type: Any) -> str:
    types = need("pyarrow.types", "reading tables")
    if types.is_nested(arrow_type):
        return "nested values"
    if types.is_binary(arrow_type) or types.is_large_binary(arrow_type) or types.is_fixed_size_binary(arrow_type):
        return "binary"
    return str(arrow_type)


KINDS: Mapping[str, type[Kind]] = {
    kind.name: kind for kind in (Number, Flag, Category, Date, Time, Duration, Text, Identifier, Constant, Empty, Other)
}
"""The kinds of columns, by their names."""

ASKED = ("number", "flag", "category", "date", "time", "duration", "text", "identifier")
"""Kinds that a user may say a column is of."""


def kind_asked(text: str, name: str, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Kind:
    """Return the kind that a user says a column is of.

    Raises
    ------
    RequestError
        There is no such kind, or the column cannot be read so.
    """
    if text not in ASKED:
        raise RequestError(
            f"column {name!r} is to be read as {text!r}: the kinds there are: {listing(list(ASKED), 20)}"
        )
    if text == "number":
        plain = seen.n_numbers or not is_text(seen.arrow_type)
        return Number(None if plain else writing_of(_examples(seen, missing)), missing, _step(seen))
    if text in ("flag", "category"):
        are_numbers = _is_numeric(seen.arrow_type)
        codes = Number(missing=missing) if are_numbers else None
        return Flag(codes) if text == "flag" else Category(codes)
    if text in ("date", "time", "duration"):
        found = (
            moment_of_type(seen.arrow_type)
            if not is_text(seen.arrow_type)
            else moment_of_text(_examples(seen, missing))
        )
        if found is None or found.name != text:
            raise RequestError(f"column {name!r} cannot be read as a {text}: no form of {text}s fits nine cells in ten")
        return found
    return KINDS[text]()


def as_json(kind: Kind) -> dict[str, Any]:
    """Return a kind as values of JSON, which `from_json` reads."""
    return {"kind": kind.name, **kind.settings()}


def from_json(values: dict[str, Any]) -> Kind:
    """Return the kind that `as_json` wrote."""
    settings = dict(values)
    return KINDS[settings.pop("kind")].from_settings(settings)
