"""What can go wrong, and whose fault it is; warnings name the line of the user.

Everything raised on purpose derives from `MixturaError`; each class also derives from the built-in exception that
scikit-learn and NumPy users already catch::

    MixturaError
    ├── DataError (ValueError)              the table cannot be used as it is
    │   ├── MissingValuesError              NaN or null, with rows and columns named
    │   ├── InfiniteValuesError             ±inf, with rows and columns named
    │   ├── ColumnError                     a column is unknown, repeated, or does not hold numbers
    │   └── EmptyTableError                 too few rows or columns to do anything
    ├── RequestError (ValueError)           what was asked for means nothing, or contradicts itself
    ├── SourceError (ValueError)            a file, query or stream cannot be read
    ├── SingularCovarianceError (ValueError)  a component's covariance cannot be inverted
    ├── ModelFileError (ValueError)         a file is not a model this version can read
    └── MissingDependencyError (ImportError)  an optional library is needed and absent
"""

import contextlib
import functools
import os
import sys
import warnings
from pathlib import Path

# Frames of this package, and of what stands between two of them, are no callers.
_OWN_FOLDER = str(Path(__file__).parent) + os.sep
_BETWEEN = (contextlib.__file__, functools.__file__)


class MixturaError(Exception):
    """Base of every error raised on purpose."""


class DataError(MixturaError, ValueError):
    """The table cannot be used as it is."""


class MissingValuesError(DataError):
    """The table has missing values; the message names rows and columns."""


class InfiniteValuesError(DataError):
    """The table has infinite values; the message names rows and columns."""


class ColumnError(DataError):
    """A column is unknown, repeated, or does not hold numbers."""


class EmptyTableError(DataError):
    """The table has too few rows or columns."""


class RequestError(MixturaError, ValueError):
    """What was asked for means nothing, or contradicts itself."""


class SourceError(MixturaError, ValueError):
    """A file, query or stream cannot be read."""


class SingularCovarianceError(MixturaError, ValueError):
    """The covariance of a component cannot be inverted."""


class ModelFileError(MixturaError, ValueError):
    """A file is not a model that this version can read."""


class MissingDependencyError(MixturaError, ImportError):
    """An optional library is needed and not installed."""


def warn(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn the first caller outside of this package, as `skip_file_prefixes` of Python 3.12 does.

    Parameters
    ----------
    message : str or Warning
        What is said.
    category : type of Warning, default=UserWarning
        Kind of warning, where `message` is a text.
    """
    level, frame = 1, sys._getframe()
    while (frame.f_code.co_filename.startswith(_OWN_FOLDER) or frame.f_code.co_filename in _BETWEEN) and frame.f_back:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
