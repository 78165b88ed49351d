"""Formats that others read, and what to call."""

from collections.abc import Mapping
from pathlib import Path

from ...errors import SourceError

_CALLS: Mapping[str, str] = {
    ".dta": "pandas.read_stata",
    ".sas7bdat": "pandas.read_sas",
    ".xpt": "pandas.read_sas",
    ".sav": "pandas.read_spss",
    ".zsav": "pandas.read_spss",
    ".por": "pandas.read_spss",
    ".h5": "pandas.read_hdf",
    ".hdf5": "pandas.read_hdf",
    ".pkl": "pandas.read_pickle",
    ".pickle": "pandas.read_pickle",
    ".html": "pandas.read_html",
    ".htm": "pandas.read_html",
    ".xml": "pandas.read_xml",
    ".npy": "numpy.load",
    ".npz": "numpy.load",
    ".rds": "pyreadr.read_r",
    ".rdata": "pyreadr.read_r",
}


def refuse_known(file: Path) -> None:
    """Refuse a file that another library reads.

    Raises
    ------
    SourceError
        It is such a file.
    """
    call = _CALLS.get(file.suffix.lower())
    if call is not None:
        raise SourceError(
            f"{file} is of a format that is read elsewhere: pass what {call}({file.name!r}) returns in Python, "
            "or save it as .parquet"
        )
