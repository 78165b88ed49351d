"""The formats that a table can be written in."""

from ..errors import RequestError
from ..tables.asking.spelling import Spell, in_python

# Written out: asking the library would import it, and what only checks a request would take seconds.
FORMATS = ("parquet", "csv", "tsv", "json", "jsonl", "arrow", "xlsx")


def format_from(format: str | None, *, safe_csv: bool, spell: Spell = in_python) -> str | None:
    """Return the format meant, None for the one that the name of the file says.

    Raises
    ------
    RequestError
        There is no such format, or it is not CSV where that is to be safe.

    Examples
    --------
    >>> format_from(None, safe_csv=True), format_from("csv", safe_csv=False)
    ('safe-csv', 'csv')
    """
    if format is not None and format not in FORMATS:
        raise RequestError(f"{spell('format')} is {format!r}: the formats are {', '.join(FORMATS)}")
    if safe_csv and format not in (None, "csv"):
        raise RequestError(f"{spell('safe_csv', True)} needs {spell('format', 'csv')}, not {format}")
    return "safe-csv" if safe_csv else format
