"""Any table as blocks of rows, and scored tables back to disk."""

from .blocks.arrays import ArrayRows
from .blocks.block import Block, Rows, rows_per_block
from .blocks.columns import LeftOut
from .blocks.scaled import ScaledRows
from .blocks.selected import SelectedRows
from .blocks.table_rows import TableRows
from .databases.sql import is_query
from .disk.spool import SpooledRows, spool
from .opening import open
from .results import as_frame
from .writing.writer import TableWriter, open_writer

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
