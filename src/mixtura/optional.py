"""Libraries that are imported when a source needs them."""

import importlib
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
    try:
        # Not from sys.modules: what another thread is just importing stands there half done, and import_module waits.
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise MissingDependencyError(
            f"{purpose} needs {library}, which is not installed: pip install '{_EXTRAS[library]}'"
        ) from error
