"""Tables on the network, copied once to a temporary folder by DuckDB."""

import glob
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from ...errors import SourceError
from ...words import listing
from .. import duck
from ..disk.scratch import Scratch

# Extensions of DuckDB that read the addresses of a scheme.
_EXTENSIONS: Mapping[str, str] = {
    **dict.fromkeys(("http", "https", "s3", "s3a", "s3n", "gs", "gcs", "r2", "hf"), "httpfs"),
    **dict.fromkeys(("az", "azure", "abfss"), "azure"),
}


@dataclass(frozen=True)
class Fetched:
    """Copies of files on the network.

    Attributes
    ----------
    files : list of Path
        The copies.
    addresses : list of str
        Where they are from.
    scratch : Scratch
        The folder that they are in.
    """

    files: list[Path]
    addresses: list[str]
    scratch: Scratch


def fetched(address: str) -> Fetched:
    """Copy the files at an address, or of a pattern where the scheme has patterns.

    Raises
    ------
    SourceError
        The extension of DuckDB for such addresses is not installed, there is no such file, or it cannot be read.
    """
    scheme = urlsplit(address).scheme.lower()
    if scheme not in _EXTENSIONS:
        raise SourceError(f"cannot read {address}: use an address that begins with {listing(list(_EXTENSIONS), 20)}")
    scratch = Scratch()
    with duck.session(address, scratch=scratch.folder) as connection:
        duck.load(connection, _EXTENSIONS[scheme], f"reading {address}")
        # A ? in an address of the web is no pattern.
        has_patterns = glob.has_magic(address) and not scheme.startswith("http")
        query = f"select file from glob({duck.text(address)}) order by 1"
        addresses = [file for (file,) in connection.sql(query).fetchall()] if has_patterns else [address]
        if not addresses:
            raise SourceError(f"no file matches {address}: check the pattern")
        files = [_copied(connection, one, scratch.folder / str(at)) for at, one in enumerate(addresses)]
    return Fetched(files, addresses, scratch)


def _copied(connection: Any, address: str, folder: Path) -> Path:
    """Copy a file into a folder under its own name, and return where it is."""
    folder.mkdir()
    name = PurePosixPath(unquote(urlsplit(address).path)).name or "table"
    copy = folder / re.sub(r"[^\w. -]", "_", name)
    if copy.suffix.lower() == ".parquet":
        scan = f"read_parquet({duck.text(address)}, hive_partitioning=false)"
        connection.sql(f"select * from {scan}").write_parquet(str(copy))
    else:
        content = f"select content from read_blob({duck.text(address)})"
        (n_files,) = connection.execute(f"copy ({content}) to {duck.text(str(copy))} (format blob)").fetchone()
        if not n_files:
            raise SourceError(f"there is no file {address}: check the address")
    return copy
