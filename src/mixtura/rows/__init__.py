"""Any table as blocks of rows, and scored tables back to disk."""

from .arrays import ArrayRows
from .block import Block, Rows, rows_per_block
from .columns import LeftOut
from .opening import open
from .results import as_frame
from .scaled import ScaledRows
from .selected import SelectedRows
from .spool import SpooledRows, spool
from .sql import is_query
from .table_rows import TableRows
from .writer import TableWriter, open_writer

__all__ = [
    "ArrayRows",
    "Block",
    "LeftOut",
    "Rows",
    "ScaledRows",
    "SelectedRows",
    "SpooledRows",
    "TableRows",
    "TableWriter",
    "as_frame",
    "is_query",
    "open",
    "open_writer",
    "rows_per_block",
    "spool",
]
