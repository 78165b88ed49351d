"""What the files of a command are called where nobody says."""

import fnmatch
import glob
import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ..errors import SourceError
from ..rows import is_query
from ..rows.addresses import address_of, is_url
from ..rows.formats import ENDINGS
from ..rows.paths import is_stream
from ..rows.whole import expanded


def table_out(out: str | None, source: str, called: str, form: str | None) -> str:
    """Return where a table goes: where it is asked to, or beside the source, `called` so after it."""
    return default_out(source, f".{called}{ENDINGS[form or 'parquet']}") if out is None else out


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
        return f"{PurePosixPath(urlsplit(address.place).path).stem or 'table'}{ending}"
    source = address.place
    path = Path(source)
    is_pattern = glob.has_magic(source) and not expanded(source).exists()
    stem = path.name.removesuffix(".gz").removesuffix(".GZ").rpartition(".")[0] or path.name
    if expanded(source).is_dir():
        stem = path.absolute().name
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
