"""Other files of columns: ORC and Avro."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SourceError
from ...optional import need
from .. import duck
from ..disk.scratch import Scratch
from .parts import Part
from .scans import ParquetPart

if TYPE_CHECKING:
    import pyarrow as pa

ORC_MAGIC, AVRO_MAGIC, FEATHER_V1_MAGIC = b"ORC", b"Obj\x01", b"FEA1"


@contextmanager
def _explained(label: str, what: str) -> Iterator[None]:
    pa = need("pyarrow", f"reading {what}")
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"cannot read {label} as {what}: {str(error).splitlines()[0]}") from error


class OrcPart:
    """An ORC file, read stripe by stripe."""

    notes: tuple[str, ...] = ()

    def __init__(self, file: Path, label: str) -> None:
        self.label = label
        self._file = file
        with _explained(label, "ORC"):
            orc = need("pyarrow.orc", "reading ORC").ORCFile(str(file))
        self.schema: pa.Schema = orc.schema
        self.n_rows: int | None = orc.nrows
        self.empty = not orc.nrows

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        with _explained(self.label, "ORC"):
            orc = need("pyarrow.orc", "reading ORC").ORCFile(str(self._file))
            for stripe in range(orc.nstripes):
                yield orc.read_stripe(stripe, columns=list(names)).select(list(names))


def refuse_feather_v1(file: Path, label: str) -> Part:
    """Refuse a Feather file of the first version: one that is torn would end this process in pyarrow."""
    raise SourceError(
        f"{label} is a Feather file of the first version: read it with pandas.read_feather({file.name!r}) and save it "
        "again"
    )


class AvroPart(ParquetPart):
    """An Avro file, copied once to a temporary Parquet file by an extension of DuckDB."""

    def __init__(self, file: Path, label: str) -> None:
        self._scratch = Scratch()
        copy = self._scratch.folder / "avro.parquet"
        with duck.session(label, scratch=self._scratch.folder) as connection:
            duck.load(connection, "avro", f"reading {label}")
            connection.sql(f"select * from read_avro({duck.path(file)})").write_parquet(str(copy))
        super().__init__(copy, label)
