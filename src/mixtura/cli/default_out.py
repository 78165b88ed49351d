"""What the files of a command are called where nobody says."""

import fnmatch
import glob
import re
from pathlib import Path, PurePath, PurePosixPath
from urllib.parse import urlsplit

from ..errors import SourceError
from ..rows import is_query
from ..rows.disk.compressed import COMPRESSED
from ..rows.disk.compressing import split_ending
from ..rows.disk.whole import expanded
from ..rows.files.addresses import address_of, is_url
from ..rows.files.formats import ENDINGS, SINKS
from ..rows.files.paths import found_at, is_stream
from ..rows.files.streams import sniff
from ..rows.sinks.text import TextSink

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
    >>> result_ending("t.csv.xz"), result_ending("t.xlsm::Sheet 1"), result_ending("t.orc")
    ('.csv', '.xlsx', '.parquet')
    """
    if source == "-" or is_query(source) or is_stream(source):
        return _OTHERS
    place = expanded(_place_of(source))
    file = found_at(str(place)).files[0] if place.is_dir() else place
    ending, compression = split_ending(file.name)
    if compression is None and file.suffix.lower() in COMPRESSED:
        ending = file.with_suffix("").suffix.lower()
    if not ending and file.is_file():
        ending = next(iter(sniff(file).endings), "")
    if ending in SINKS:
        packed = compression is not None and issubclass(SINKS[ending], TextSink)
        return f"{ending}{file.suffix.lower()}" if packed else ending
    return ".xlsx" if ending in _SPREADSHEETS else _OTHERS


def _place_of(source: str) -> str:
    """Return the file, pattern or folder that a source lies in; of one on the network, its path."""
    place = address_of(source).place
    return urlsplit(place).path if is_url(place) else place


def page_out(source: str) -> str:
    """Return where the page about a source goes by default."""
    return default_out(source, ".report.html")


def default_out(source: str, ending: str) -> str:
    """Return the name of the result of a source: beside the table, in the current folder if it lies in none.

    A pattern that would read the result the next time stands for its folder, and the result lies beside that, as that
    of a folder does. The result of a table on the network lies in the current folder.

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
    >>> default_out("data/book.xlsx::Sheet 1", ".scored.parquet"), default_out("s3://a/b/t.csv", ".scored.parquet")
    ('data/book-Sheet 1.scored.parquet', 't.scored.parquet')
    """
    if source == "-" or is_query(source):
        return f"{'stdin' if source == '-' else 'query'}{ending}"
    address = address_of(source)
    if address.inside is not None:
        inside = re.sub(r"[^\w .-]", "_", address.inside)
        ending = f"-{inside}{ending}"
    if is_url(source):
        return f"{_stem(PurePosixPath(urlsplit(address.place).path)) or 'table'}{ending}"
    source = address.place
    path = Path(source)
    is_pattern = glob.has_magic(source) and not expanded(source).exists()
    stem = path.absolute().name if expanded(source).is_dir() else _stem(path)
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


def _stem(path: PurePath) -> str:
    """Return the name of a file without the endings that say its format and how it is compressed."""
    name = path.stem if path.suffix.lower() in COMPRESSED else path.name
    return name.rpartition(".")[0] or name
