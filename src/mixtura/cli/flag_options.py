"""Options about the rows that are flagged, and what their text means."""

from typing import Annotated

import typer

from ..errors import RequestError
from .options import RESULT
from .shares import share

OnlyFlagged = Annotated[
    bool,
    typer.Option(
        "--only-flagged",
        help="Write only the flagged rows, the highest score first, each with its row number in the table (from 1). "
        "The default of --out is then sales.flagged.csv beside sales.csv.",
        rich_help_panel=RESULT,
    ),
]
Good = Annotated[
    str | None,
    typer.Option(
        "--good",
        metavar="FILE",
        help="Also write the rows that are not flagged to this file, without new columns. The ending of the name sets "
        "the format.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]
Bad = Annotated[
    str | None,
    typer.Option(
        "--bad",
        metavar="FILE",
        help="Also write the flagged rows to this file, without new columns. The ending of the name sets the format.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]
FailAbove = Annotated[
    str | None,
    typer.Option(
        "--fail-above",
        metavar="SHARE",
        help="End with exit code 3 when more than this share of the rows is flagged, such as 0.01 or 1%. The files "
        "are written first.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]


def share_from(text: str | None) -> float | None:
    """Return the share that a text means, a number or a percentage.

    Raises
    ------
    RequestError
        It means none.

    Examples
    --------
    >>> share_from("0.01"), share_from("1%"), share_from(None)
    (0.01, 0.01, None)
    """
    if text is None:
        return None
    try:
        found = share(text)
    except typer.BadParameter:
        found = -1.0
    if not 0 <= found <= 1:
        raise RequestError(f"--fail-above is {text!r}: write a share of the rows, such as 0.01 or 1%")
    return found
