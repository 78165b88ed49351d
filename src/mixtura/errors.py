"""What can go wrong, and whose fault it is.

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
