"""Text that a spreadsheet would take for a formula, and run, when it opens a CSV file.

The characters are those of the Open Worldwide Application Security Project: "CSV injection",
https://owasp.org/www-community/attacks/CSV_Injection.
"""

from typing import TYPE_CHECKING

from ..optional import need
from .arrow import kind_of

if TYPE_CHECKING:
    import pyarrow as pa

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def no_formula(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: with an apostrophe before it, if it begins as one.

    Examples
    --------
    >>> no_formula("=1+2"), no_formula("carat = 0.3")
    ("'=1+2", 'carat = 0.3')
    """
    return f"'{text}" if text.startswith(_STARTS) else text


def no_formulas(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Return a column with all its text as of `no_formula`; one that holds no text stays as it is."""
    pa, compute = need("pyarrow", "writing CSV"), need("pyarrow.compute", "writing CSV")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    is_text = any(getattr(pa.types, f"is_{name}")(column.type) for name in ("string", "large_string", "string_view"))
    if not is_text and kind_of(column.type) not in ("binary", "large_binary"):
        return column
    text = column.cast(pa.large_string() if is_text else pa.large_binary())
    mark, nothing = (pa.scalar(value, text.type) for value in (("'", "") if is_text else (b"'", b"")))
    begins = compute.match_substring_regex(text, r"\A[=+\-@\t\r]")
    return compute.if_else(begins, compute.binary_join_element_wise(mark, text, nothing), text)
