"""How a user wants files to be read, where they do not say it themselves."""

from dataclasses import dataclass, replace

from ...errors import SourceError


@dataclass(frozen=True)
class ReadingOptions:
    """What a file is taken for, where its format does not say it itself.

    Attributes
    ----------
    header : bool or None, default None
        Whether the first record holds the names of the columns; None to go by what it looks like.
    ragged : bool, default False
        Whether rows may have too few fields, the rest of which are missing, or too many, which are dropped.
    file_column : str or None, default None
        Name of a column, behind all others, that says which file each row comes from.
    """

    header: bool | None = None
    ragged: bool = False
    file_column: str | None = None

    def refuse_for(self, label: str) -> None:
        """Raise `SourceError` where these say how text is read, and what messages call `label` is no such text."""
        if replace(self, file_column=None) != ReadingOptions():
            raise SourceError(f"header and ragged are for delimited text, and {label} is none: leave them out")
