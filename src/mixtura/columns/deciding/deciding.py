"""From what was seen of a column to what it holds."""

import re
from collections.abc import Mapping
from typing import Any

from ...errors import RequestError
from ...optional import need
from ...words import listing
from ..asked import ASKED
from ..kinds.category import Category, Flag, Text
from ..kinds.kind import Kind
from ..kinds.moments import Date, Duration, Time, moment_of_text, moment_of_type
from ..kinds.number import Number
from ..kinds.unused import Constant, Empty, Identifier, Other
from ..seen.cells import is_text
from ..seen.column_seen import ColumnSeen
from ..seen.examples import examples_of, spelled, without_marks
from ..seen.marks import AMONG_NUMBERS
from ..written.writing import Writing, writing_of
from .keys import are_lettered_codes, instead_of, padded_codes
from .wording import kind_of_words

# The share of the cells that may not be what the others are.
MOST_STRAYS = 0.1

# Beyond that, and in so many cells, infinity says that there is no number, as an interval without an end does.
_INFINITE, _FEWEST_INFINITE = ("inf", "-inf"), 10

# Beyond that, words that stand for no number: so many at most, among so many different numbers that are half of the
# cells at least.
_MOST_STANDING_IN, _FEWEST_NUMBERS, _MOST_SHARE = 2, 20, 0.5

# Different words among which marks of missing values are looked for.
_MOST_WORDS = 4096

_DIGIT = re.compile("[0-9]")

# Steps of more than the last digit show in as many different values.
_FEWEST_FOR_STEP = 8


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
    if types.is_null(arrow_type) or not seen.n_present:
        return Number(missing=missing, extent="empty") if _is_numeric(arrow_type) else Empty()
    if types.is_dictionary(arrow_type):
        return _of_declared_levels(seen)
    if _is_numeric(arrow_type):
        return instead_of(_number(seen, missing), name, seen)
    if is_text(arrow_type):
        return _of_text(name, seen, missing)
    if types.is_boolean(arrow_type):
        return Constant(spelled(next(iter(seen.levels.counts)))) if seen.levels.n_distinct == 1 else Flag()
    moment = moment_of_type(arrow_type) if types.is_temporal(arrow_type) else None
    return Other(_told_of_type(arrow_type)) if moment is None else moment


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


def are_numbers(seen: ColumnSeen) -> bool:
    """Tell whether all cells of a column are plain numbers, whatever they stand for; categories are none."""
    if need("pyarrow.types", "reading tables").is_dictionary(seen.arrow_type):
        return False
    return seen.numbers.count > 0 and not seen.others and not seen.n_marks


def _number(seen: ColumnSeen, missing: tuple[str, ...], writing: Writing | None = None) -> Number:
    """Return plain numbers with their step, or those of a writing; infinity may say that there is no limit."""
    if writing is not None:
        return Number(writing, missing)
    numbers = seen.numbers
    if seen.n_infinite >= max(_FEWEST_INFINITE, MOST_STRAYS * (numbers.count + seen.n_infinite)):
        missing = (*missing, *_INFINITE)
    is_constant = numbers.count > 0 and numbers.smallest == numbers.largest and not seen.n_infinite
    return Number(None, missing, _step(seen), "constant" if is_constant else "")


def _step(seen: ColumnSeen) -> float | None:
    numbers = seen.numbers
    if numbers.decimals is None or not numbers.count:
        return None
    divisor = numbers.divisor if seen.levels.n_distinct >= _FEWEST_FOR_STEP else 1
    return float(max(1, divisor) / 10**numbers.decimals)


def _of_declared_levels(seen: ColumnSeen) -> Kind:
    """Return what a column holds that its library calls categories: levels, even where each is a number."""
    found = kind_of_words("", seen)
    return found if isinstance(found, (Flag, Constant)) else Category()


def _of_text(name: str, seen: ColumnSeen, missing: tuple[str, ...]) -> Kind:
    words = seen.words.some(_MOST_WORDS)
    n_meant = seen.n_present - seen.n_marks - _n_of_marks(words, missing)
    if seen.n_numbers and n_meant and seen.n_numbers >= (1 - MOST_STRAYS) * n_meant:
        if are_lettered_codes(name, seen):
            return kind_of_words(name, seen)
        # Prices of 0 and "$4.99" are numbers, but few of them plain.
        writing = writing_of(without_marks(examples_of(seen), missing)) if seen.others else None
        return padded_codes(name, seen) or instead_of(_number(seen, missing, writing), name, seen)
    examples = without_marks(examples_of(seen), missing)
    if not examples:
        return kind_of_words(name, seen) if seen.n_present > seen.n_marks else Number(missing=missing, extent="empty")
    kind = _written(examples, missing)
    if kind is None and (standing_in := _standing_in(examples)):
        rest = {text: n for text, n in examples.items() if text not in standing_in}
        if len(rest) >= _FEWEST_NUMBERS:
            is_plain = seen.n_numbers >= (1 - MOST_STRAYS) * sum(rest.values())
            marks = (*missing, *standing_in)
            kind = instead_of(_number(seen, marks), name, seen) if is_plain else _written(rest, marks)
    return kind or (Other("nested values") if _are_nested(examples) else kind_of_words(name, seen))


def _are_nested(examples: dict[str, int]) -> bool:
    """Tell whether texts look like lists or objects of JSON."""
    return all(f"{text[:1]}{text[-1:]}" in ("[]", "{}") for text in examples)


def _written(examples: dict[str, int], missing: tuple[str, ...]) -> Kind | None:
    """Return the kind of texts that are numbers as people write them, or dates and times: all have digits."""
    n_with_digits = sum(n for text, n in examples.items() if _DIGIT.search(text))
    if n_with_digits < (1 - MOST_STRAYS) * sum(examples.values()):
        return None
    writing = writing_of(examples)
    return Number(writing, missing) if writing is not None else moment_of_text(examples)


def _standing_in(examples: dict[str, int]) -> tuple[str, ...]:
    """Return the words without digits that stand for a number where none is, such as "varies"; none of too many."""
    words = [text for text in examples if not any(map(str.isdigit, text))]
    few = 0 < len(words) <= _MOST_STANDING_IN
    share = sum(examples[word] for word in words) / sum(examples.values())
    return tuple(words) if few and share <= _MOST_SHARE else ()


def _n_of_marks(words: dict[str, int], missing: tuple[str, ...]) -> int:
    """Return how many cells hold marks of a user that are none otherwise."""
    marks = {mark.strip().lower() for mark in missing} - {*AMONG_NUMBERS}
    return sum(n for text, n in words.items() if text.strip().lower() in marks) if marks else 0


def _is_numeric(arrow_type: Any) -> bool:
    types = need("pyarrow.types", "reading tables")
    return bool(types.is_integer(arrow_type) or types.is_floating(arrow_type) or types.is_decimal(arrow_type))


def _told_of_type(arrow_type: Any) -> str:
    types = need("pyarrow.types", "reading tables")
    if types.is_nested(arrow_type):
        return "nested values"
    if types.is_binary(arrow_type) or types.is_large_binary(arrow_type) or types.is_fixed_size_binary(arrow_type):
        return "binary"
    if hasattr(arrow_type, "extension_name"):
        return str(arrow_type.extension_name.rpartition(".")[2])
    return str(arrow_type)


KINDS: Mapping[str, type[Kind]] = {
    kind.name: kind for kind in (Number, Flag, Category, Date, Time, Duration, Text, Identifier, Constant, Empty, Other)
}
"""The kinds of columns, by their names."""


def kind_asked(text: str, name: str, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Kind:
    """Return the kind that a user says a column is of.

    Raises
    ------
    RequestError
        There is no such kind, or the column cannot be read so.
    """
    if text not in ASKED:
        raise RequestError(f"column {name!r} cannot be read as {text!r}: the kinds are {listing(list(ASKED), 20)}")
    if text == "number":
        plain = seen.n_numbers or not is_text(seen.arrow_type)
        return Number(None if plain else writing_of(without_marks(examples_of(seen), missing)), missing, _step(seen))
    if text in ("flag", "category"):
        are_numbers = _is_numeric(seen.arrow_type)
        codes = Number(missing=missing) if are_numbers else None
        return Flag(codes) if text == "flag" else Category(codes)
    if text in ("date", "time", "duration"):
        found = (
            moment_of_type(seen.arrow_type)
            if not is_text(seen.arrow_type)
            else moment_of_text(without_marks(examples_of(seen), missing))
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
