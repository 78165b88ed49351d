"""What the files of a command are called where nobody says."""

import fnmatch
import glob
import re
from pathlib import Path

from ..errors import SourceError
from ..rows import is_query
from ..rows.compressing import PACKED, split_ending
from ..rows.formats import ENDINGS, SINKS
from ..rows.paths import is_stream
from ..rows.streams import sniff
from ..rows.whole import expanded

# What no format of a result is known for.
_OTHERS = ".parquet"

_SPREADSHEETS = (".xls", ".xlsm", ".xlsb", ".ods")


def table_out(out: str | None, source: str, called: str, form: str | None) -> str:
    """Return where a table goes: where it is asked to, or beside the source and in its format, `called` so after it."""
    if out is not None:
        return out
    return default_out(source, f".{called}{result_ending(source) if form is None else ENDINGS[form]}")


def result_ending(source: str) -> str:
    """Return the ending of a result in the format of its source; compressed again where text is.

    Examples
    --------
    >>> result_ending("t.CSV"), result_ending("t.tsv.gz"), result_ending("part-*.feather"), result_ending("select 1")
    ('.csv', '.tsv.gz', '.feather', '.parquet')
    >>> result_ending("t.csv.xz"), result_ending("t.xlsm"), result_ending("t.orc")
    ('.csv', '.xlsx', '.parquet')
    """
    if source == "-" or is_query(source) or is_stream(source):
        return _OTHERS
    ending, compression = split_ending(Path(source).name)
    if ending in SINKS:
        return ending if compression is None else f"{ending}{Path(source).suffix.lower()}"
    if Path(source).suffix.lower() in PACKED:
        return result_ending(str(Path(source).with_suffix("")))
    if ending in _SPREADSHEETS:
        return ".xlsx"
    if not ending and expanded(source).is_file():
        return sniff(expanded(source)).endings[0]
    return _OTHERS


def page_out(source: str) -> str:
    """Return where the page about a source goes by default."""
    return default_out(source, ".report.html")


def default_out(source: str, ending: str) -> str:
    """Return the name of the result of a source: beside the table, in the current folder if it lies in none.

    A pattern that would read the result the next time stands for its folder, and the result lies beside that.

    Raises
    ------
    SourceError
        The result would be one of the files of the pattern the next time.

    Examples
    --------
    >>> default_out("data/x.csv.gz", ".scored.parquet"), default_out("data/part-*.parquet", ".scored.parquet")
    ('data/x.scored.parquet', 'data/part.scored.parquet')
    >>> default_out("new/*.parquet", ".scored.parquet"), default_out("data/**/*.csv", ".scored.parquet")
    ('new.scored.parquet', 'data/data.scored.parquet')
    >>> default_out("-", ".scored.parquet"), default_out("select 1", ".report.html")
    ('stdin.scored.parquet', 'query.report.html')
    """
    if source == "-" or is_query(source):
        return f"{'stdin' if source == '-' else 'query'}{ending}"
    path = Path(source)
    is_pattern = glob.has_magic(source) and not expanded(source).exists()
    name = path.stem if path.suffix.lower() in PACKED else path.name
    stem = name.rpartition(".")[0] or name
    if not is_pattern:
        folder = Path() if is_stream(source) else path.parent
        return str(folder / f"{stem}{ending}")
    fixed = next(position for position, part in enumerate(path.parts) if glob.has_magic(part))
    folder = Path(*path.parts[:fixed])
    name = re.sub(r"\[[^]]*\]|[*?]", "", stem).strip("-_. ") or folder.name or "table"
    out = folder / f"{name}{ending}"
    if not all(part == "**" for part in path.parts[fixed:-1]) or not fnmatch.fnmatch(out.name, path.name):
        return str(out)
    if not folder.name and glob.glob(source, recursive=True):
        raise SourceError(f"{source} would read its own result {out} the next time: name another file with --out")
    return str(folder.parent / out.name)
