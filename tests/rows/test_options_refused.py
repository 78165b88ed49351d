"""Options of how text is read are refused where the table is no text."""

import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest

from mixtura import rows
from mixtura.errors import SourceError
from mixtura.rows.opening import open_raw
from mixtura.rows.reading import ReadingOptions

FRAME = pd.DataFrame({"a": np.arange(5.0), "b": np.arange(5.0) ** 2})


@pytest.mark.parametrize("options", [{"header": False}, {"header": True}, {"ragged": True}])
@pytest.mark.parametrize("kind", ["frame", "array", "query", "parquet"])
def test_what_is_no_text_takes_no_options_of_text(tmp_path, kind, options):
    FRAME.to_parquet(tmp_path / "t.parquet")
    source, called = {
        "frame": (FRAME, "the DataFrame"),
        "array": (FRAME.to_numpy(), "the ndarray"),
        "query": ("select 1.0 as a", "the result of a query"),
        "parquet": (tmp_path / "t.parquet", "t.parquet"),
    }[kind]
    said = f"header and ragged are for delimited text, and .*{called} is none: leave them out"
    with pytest.raises(SourceError, match=said):
        rows.open(source, **options)


def test_who_knows_it_says_whether_a_sheet_has_a_header(tmp_path):
    workbook = openpyxl.Workbook()
    for row in (["a", "b"], ["c", "d"]):
        workbook.active.append(row)
    workbook.save(tmp_path / "t.xlsx")
    assert open_raw(tmp_path / "t.xlsx").schema.names == ["a", "b"]
    assert open_raw(tmp_path / "t.xlsx", ReadingOptions(header=False)).schema.names == ["x0", "x1"]
    with pytest.raises(SourceError, match=r"t\.xlsx is none: leave them out"):
        open_raw(tmp_path / "t.xlsx", ReadingOptions(ragged=True))


def test_numbers_are_a_header_where_somebody_says_so(tmp_path):
    workbook = openpyxl.Workbook()
    for row in ([2020, 2021], [1, 2], [3, 4]):
        workbook.active.append(row)
    workbook.save(tmp_path / "t.xlsx")
    assert open_raw(tmp_path / "t.xlsx").schema.names == ["x0", "x1"]
    assert open_raw(tmp_path / "t.xlsx", ReadingOptions(header=True)).schema.names == ["2020", "2021"]


def test_an_archive_with_a_file_named_as_those_of_workbooks_is_none(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("content.xml", "<a/>")
        archive.writestr("t.csv", "a,b\n1,2\n3,4\n")
    assert open_raw(tmp_path / "t.zip").schema.names == ["a", "b"]
