"""Files of text that are compressed when they are written."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ...optional import need

COMPRESSIONS: Mapping[str, str] = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
"""How a file is compressed, by the ending of its name."""


def split_ending(name: str) -> tuple[str, str | None]:
    """Return the ending of a name that says the format, in small letters, and how the file is compressed.

    Examples
    --------
    >>> split_ending("t.CSV.gz"), split_ending("t.parquet")
    (('.csv', 'gzip'), ('.parquet', None))
    """
    file = Path(name.lower())
    compression = COMPRESSIONS.get(file.suffix)
    return (file.suffix if compression is None else Path(file.stem).suffix), compression


def compressed(file: Path, compression: str) -> io.BufferedIOBase:
    """Open a file that what is written is compressed in."""
    stream: Any = need("pyarrow", "writing tables").CompressedOutputStream(str(file), compression)
    return cast(io.BufferedIOBase, stream)
