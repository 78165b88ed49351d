"""Text that a spreadsheet would take for a formula, and run, when it opens a CSV file.

The characters are those of the Open Worldwide Application Security Project: "CSV injection",
https://owasp.org/www-community/attacks/CSV_Injection.
"""

from typing import TYPE_CHECKING

from ...columns.seen.cells import is_text
from ...columns.seen.marks import look_like_numbers
from ...optional import need
from ..columnar.arrow import kind_of

if TYPE_CHECKING:
    import pyarrow as pa

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def no_formula(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: with an apostrophe before it, if it begins as one.

    Numbers are none.

    Examples
    --------
    >>> no_formula("=1+2"), no_formula("carat = 0.3"), no_formula("-0.5")
    ("'=1+2", 'carat = 0.3', '-0.5')
    """
    if not text.startswith(_STARTS):
        return text
    pa = need("pyarrow", "writing CSV")
    return text if look_like_numbers(pa.array([text]))[0].as_py() else f"'{text}"


def no_formulas(column: "pa.ChunkedArray | pa.Array") -> "pa.ChunkedArray | pa.Array":
    """Return a column with all its text as of `no_formula`; one that holds no text stays as it is."""
    pa, compute = need("pyarrow", "writing CSV"), need("pyarrow.compute", "writing CSV")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    are_texts = is_text(column.type)
    if not are_texts and kind_of(column.type) not in ("binary", "large_binary"):
        return column
    text = column.cast(pa.large_string() if are_texts else pa.large_binary())
    mark, nothing = (pa.scalar(value, text.type) for value in (("'", "") if are_texts else (b"'", b"")))
    begins = compute.match_substring_regex(text, r"\A[=+\-@\t\r]")
    is_formula = compute.and_not(begins, look_like_numbers(text))
    return compute.if_else(is_formula, compute.binary_join_element_wise(mark, text, nothing), text)
