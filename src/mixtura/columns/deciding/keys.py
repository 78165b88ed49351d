"""Which numbers are no amounts: keys, codes, and numbers of groups."""

import re

from ..kinds.category import Category, Flag
from ..kinds.kind import Kind
from ..kinds.moments import moment_of_integers
from ..kinds.number import Number
from ..kinds.unused import Identifier
from ..seen.column_seen import ColumnSeen
from ..seen.examples import without_marks
from ..seen.numbers_seen import NumbersSeen
from .naming import (
    may_name_key,
    names_codes,
    names_digits,
    names_groups,
    names_key,
    names_measurement,
    names_number,
    names_rank,
    names_rows,
)

# Whole numbers beyond these are no longer exact as doubles, which have up to 16 digits.
_LARGEST_EXACT = 2**53
_DIGITS_EXACT = 16

# Rows from which on a column without any repetition is a name of the rows; fewer differ by chance. Where the name says
# so too, fewer suffice.
_FEWEST_NAMED = 20
_FEWEST_KEYS = 5

# Amounts are hardly ever told to so many digits.
_DIGITS_OF_KEYS = 8

# Codes of digits have three at least; smaller numbers with such a name count telephones, or say whether there is one.
_FIRST_OF_CODES = 100

# Keys of so few things are used like codes of groups, which they may be.
_MOST_IN_USE = 20

# Digits of what is called a number of something, as providers and orders are.
_DIGITS_OF_NUMBERED = 4

# Numbers from one row to the next where rows of a table were numbered and some are left out.
_GAPS_OF_KEYS = 2.0

# Whole numbers that are years, and others that count up from a start that nobody measures.
_YEARS = (1500, 2200)
_FIRST_OF_KEYS = 1000

# Codes of groups: so many at most, each in so many rows on average.
_MOST_GROUPS = 100
_ROWS_OF_GROUP = 2

# Codes that are numbers with a letter before or behind. So many different ones tell codes whose name does not, where so
# large a part of the numbers differ.
_LETTERED = re.compile(r"[A-Za-z]{1,2}[- ]?\d+|\d+[- ]?[A-Za-z]")
_FEWEST_LETTERED, _CODES_DIFFER = 3, 0.9

# Distinct values that dates are recognised by.
_EXAMPLES = 4096


def instead_of(number: Number, name: str, seen: ColumnSeen) -> Kind:
    """Return the kind of a column of numbers: `number`, or what its numbers stand for.

    Keys never repeat. Names tell most of them; others count up by one from row to row, or have more digits than
    amounts. What else never repeats is a measurement, such as a population or a price.

    Parameters
    ----------
    number : Number
        How they are read.
    name : str
        The name of the column.
    seen : ColumnSeen
        What was seen of it.
    """
    numbers = seen.numbers
    if not numbers.are_whole or seen.n_infinite:
        return number
    if _are_inexact(seen):
        return Identifier()
    if numbers.smallest > 10 ** (_DIGITS_OF_KEYS - 1):
        date = moment_of_integers({int(value): n for value, n in seen.levels.some(_EXAMPLES).items()})
        if date is not None:
            return date
    return _digits(name, seen) or _key(name, seen) or _codes(number, name, seen) or number


def padded_codes(name: str, seen: ColumnSeen) -> Kind | None:
    """Return the kind of whole numbers in text that begin with needless zeros; None where too few do."""
    texts = seen.texts
    same_length = texts.shortest == texts.longest
    if not seen.numbers.are_whole or not texts.n_padded or texts.n_padded < (0 if same_length else 0.02) * texts.count:
        return None
    return _repeated_or_not(seen, "codes with leading zeros")


def are_lettered_codes(name: str, seen: ColumnSeen) -> bool:
    """Tell whether whole numbers in text are codes, as some of them have a letter: house numbers such as "207a".

    One such cell among measurements is wrong. Codes hardly repeat and have several, or their name says so; and every
    cell that is no number is one.
    """
    words = without_marks(seen.words.some(_EXAMPLES))
    if not words or not seen.numbers.are_whole or not all(_LETTERED.fullmatch(text.strip()) for text in words):
        return False
    if may_name_key(name) or names_codes(name):
        return True
    hardly_repeat = seen.numbers.count >= _FEWEST_NAMED and seen.levels.share_distinct >= _CODES_DIFFER
    return hardly_repeat and len(words) >= _FEWEST_LETTERED and not names_measurement(name)


def _are_inexact(seen: ColumnSeen) -> bool:
    """Tell whether whole numbers have more digits than doubles hold; those of floating-point type are measurements."""
    numbers, texts = seen.numbers, seen.texts
    if max(abs(numbers.smallest), abs(numbers.largest)) <= _LARGEST_EXACT:
        return False
    return texts.shortest >= _DIGITS_EXACT if texts.count else "int" in str(seen.arrow_type)


def _key(name: str, seen: ColumnSeen) -> Kind | None:
    if seen.levels.n_distinct < 2:
        return None
    if seen.levels.share_distinct == 1.0:
        return _never_repeating(name, seen.numbers)
    if names_key(name) and seen.levels.n_distinct > _MOST_IN_USE:
        return _repeated_or_not(seen, "identifier")
    return None


def _digits(name: str, seen: ColumnSeen) -> Kind | None:
    """Return the kind of numbers whose name says that they are codes of digits, such as ZIP codes."""
    numbers = seen.numbers
    are_codes = names_digits(name) and numbers.smallest >= _FIRST_OF_CODES
    if are_codes or (names_number(name) and _n_digits(numbers) >= _DIGITS_OF_NUMBERED):
        return _repeated_or_not(seen, "codes") if seen.levels.n_distinct > 1 else None
    return None


def _never_repeating(name: str, numbers: NumbersSeen) -> Kind | None:
    many = numbers.count >= _FEWEST_NAMED
    if names_rows(name) and (numbers.by_one or many):
        return Identifier("row numbers" if numbers.by_one else "identifier")
    if numbers.by_one:
        return _counted_up(name, numbers)
    if many and _are_row_numbers(numbers) and not (names_measurement(name) or names_rank(name)):
        return Identifier()
    if may_name_key(name) and numbers.count >= (_FEWEST_KEYS if names_key(name) else _FEWEST_NAMED):
        return Identifier()
    are_keys = many and not names_measurement(name) and (_have_digits_of_keys(numbers) or _have_gaps_of_keys(numbers))
    return Identifier() if are_keys else None


def _counted_up(name: str, numbers: NumbersSeen) -> Kind | None:
    """Return the kind of numbers each of which is the one before plus one."""
    if names_key(name) and numbers.count >= _FEWEST_KEYS:
        return Identifier("row numbers")
    if numbers.count < _FEWEST_NAMED or names_measurement(name):
        return None
    if numbers.first in (0.0, 1.0):
        return Identifier("row numbers")
    are_years = _YEARS[0] <= numbers.smallest and numbers.largest <= _YEARS[1]
    return Identifier() if may_name_key(name) or (numbers.first >= _FIRST_OF_KEYS and not are_years) else None


def _are_row_numbers(numbers: NumbersSeen) -> bool:
    """Tell whether whole numbers that never repeat are those of the rows, from 0 or 1 on, in whatever order."""
    return numbers.smallest in (0.0, 1.0) and numbers.largest - numbers.smallest == numbers.count - 1


def _n_digits(numbers: NumbersSeen) -> int:
    """Return how many digits each number has, 0 where not all have as many."""
    n_digits = len(f"{numbers.smallest:.0f}")
    return n_digits if numbers.smallest > 0 and numbers.largest < 10.0**n_digits else 0


def _have_digits_of_keys(numbers: NumbersSeen) -> bool:
    """Tell whether all have the same many digits, and are not rounded to tens."""
    return _n_digits(numbers) >= _DIGITS_OF_KEYS and numbers.divisor % 10 != 0


def _have_gaps_of_keys(numbers: NumbersSeen) -> bool:
    """Tell whether they count up with a few numbers left out."""
    extent = numbers.largest - numbers.smallest
    are_years = _YEARS[0] <= numbers.smallest and numbers.largest <= _YEARS[1]
    few_are_left_out = extent <= _GAPS_OF_KEYS * (numbers.count - 1)
    starts_at_one = numbers.first in (0.0, 1.0)
    return (
        numbers.is_ascending
        and few_are_left_out
        and not are_years
        and numbers.divisor == 1
        and (starts_at_one or numbers.first >= _FIRST_OF_KEYS)
    )


def _repeated_or_not(seen: ColumnSeen, told: str) -> Kind:
    repeat = seen.levels.is_exact and seen.levels.share_distinct <= 0.5
    return Category() if repeat else Identifier(told)


def _codes(number: Number, name: str, seen: ColumnSeen) -> Kind | None:
    levels = seen.levels
    if not levels.is_exact or levels.n_distinct > _MOST_GROUPS or levels.n_distinct < 2:
        return None
    if levels.n_distinct == 2 and levels.counts.keys() == {0, 1}:
        return Flag(number)
    if (
        seen.numbers.smallest < 0
        or seen.numbers.count < _ROWS_OF_GROUP * levels.n_distinct
        or not (names_groups(name) or names_key(name))
    ):
        return None
    return Flag(number) if levels.n_distinct == 2 else Category(number)
