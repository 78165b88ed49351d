"""What has a part in every number: the versions of this package, of Python and of the libraries underneath."""

import platform
from importlib import metadata

from . import __version__

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "duckdb", "pyarrow")


def versions() -> dict[str, str]:
    """Return versions by name. No library is imported for them."""
    return {
        "Python": platform.python_version(),
        "mixtura": __version__,
        **{library: _version(library) for library in _LIBRARIES},
    }


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"
