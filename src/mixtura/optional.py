"""Libraries that are imported when a source needs them."""

import importlib
import sys
from typing import Any

from .errors import MissingDependencyError

_EXTRAS = {
    "duckdb": "mixtura[cli]",
    "pyarrow": "mixtura[cli]",
    "charset_normalizer": "mixtura[cli]",
    "python_calamine": "mixtura[cli]",
    "xlsxwriter": "mixtura[cli]",
    "narwhals": "narwhals",
}


def need(module: str, purpose: str) -> Any:
    """Import `module`, or say what to install.

    Parameters
    ----------
    module : str
        Dotted name; the part before the first dot is the library.
    purpose : str
        What it is for, as in "reading files".
    """
    known = sys.modules.get(module)
    # Another thread may be importing it just now: then import_module waits.
    if known is not None and not getattr(known.__spec__, "_initializing", False):
        return known
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise MissingDependencyError(
            f"{purpose} needs {library}, which is not installed: pip install '{_EXTRAS[library]}'"
        ) from error
