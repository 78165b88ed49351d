"""Words that stand for a missing value, and what numbers look like as text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# In any column; NaN besides. pandas reads these as missing too.
ALWAYS = ("", "NA", "N/A", "n/a", "NULL", "null", "None", "<NA>", "#N/A", "NaN", "nan")

# Where the other cells are numbers, dates or times, in any case; elsewhere they may be levels or answers.
AMONG_NUMBERS = (
    *("-", "--", "---", "–", "—", "?", ".", "..", "...", "…", "*"),
    *("#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "-nan", "nan", "na", "n.a.", "none", "nil", "null"),
    *("missing", "unknown", "not available", "nd", "n.d.", "n/d", "(null)", "<null>", "undefined", "empty", "blank"),
)

# Numbers as every program writes them; words for infinity are numbers as well, if none to compute with.
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?$|^[+-]?(?i:inf|infinity)$"

# Texts that tell whether it is worth while to read all as numbers.
_FIRST = 32


def is_punctuation(text: str) -> bool:
    """Tell whether a text is a mark of missing values without a letter, such as "?" or "-"."""
    text = text.strip().lower()
    return text in AMONG_NUMBERS and not any(map(str.isalnum, text))


def trimmed(texts: "pa.Array") -> "pa.Array":
    """Return texts without the white space at their ends."""
    return need("pyarrow.compute", "reading text").utf8_trim_whitespace(texts)


def are_missing(texts: "pa.Array") -> "pa.Array":
    """Return which trimmed texts always mean a missing value; null is none of them."""
    pa, compute = need("pyarrow", "reading text"), need("pyarrow.compute", "reading text")
    return compute.is_in(texts, value_set=pa.array(ALWAYS, texts.type), skip_nulls=True)


def are_marks(texts: "pa.Array", more: Sequence[str] = ()) -> "pa.Array":
    """Return which trimmed texts mean a missing value among numbers, or are one of some more."""
    pa, compute = need("pyarrow", "reading text"), need("pyarrow.compute", "reading text")
    marks = pa.array([*AMONG_NUMBERS, *(mark.strip().lower() for mark in more)], texts.type)
    return compute.is_in(compute.utf8_lower(texts), value_set=marks, skip_nulls=True)


def look_like_numbers(texts: "pa.Array") -> "pa.Array":
    """Return which texts, trimmed, are plain numbers; null where a text is."""
    return need("pyarrow.compute", "reading text").match_substring_regex(texts, pattern=_NUMBER)


def cast_to_numbers(texts: "pa.Array") -> "pa.Array | None":
    """Return texts as doubles by Arrow's own reading, which takes "nan" for a number; None where one is no number."""
    pa, compute = need("pyarrow", "reading text"), need("pyarrow.compute", "reading text")
    try:
        # Arrow makes a message for each text that is no number, which takes a hundred times as long as to read one.
        if len(texts) > _FIRST:
            compute.cast(texts.slice(0, _FIRST), pa.float64())
        return compute.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        return None


def plain_numbers(texts: "pa.Array") -> "pa.Array":
    """Return trimmed texts as doubles, null where a text is null or no plain number.

    Examples
    --------
    >>> import pyarrow as pa
    >>> plain_numbers(pa.array(["1.50", "-3e2", "12.x", None, "+7"])).to_pylist()
    [1.5, -300.0, None, None, 7.0]
    """
    pa, compute = need("pyarrow", "reading text"), need("pyarrow.compute", "reading text")
    values = cast_to_numbers(texts)
    if values is not None:
        return values
    fits = look_like_numbers(texts)
    if not fits.true_count:
        return pa.nulls(len(texts), pa.float64())
    kept = compute.if_else(fits, texts, pa.scalar(None, texts.type))
    # Arrow reads no plus sign.
    return compute.cast(compute.replace_substring_regex(kept, pattern=r"^\+", replacement=""), pa.float64())
