"""Options about the rows that are flagged, and what their text means."""

from typing import Annotated

import typer

from ..errors import RequestError
from .options import RESULT

OnlyFlagged = Annotated[
    bool,
    typer.Option(
        "--only-flagged",
        help="Write the flagged rows only, that of the highest score first, each with its row in the table (from 1). "
        "Default of --out then: sales.flagged.csv beside sales.csv.",
        rich_help_panel=RESULT,
    ),
]
Good = Annotated[
    str | None,
    typer.Option(
        "--good",
        metavar="FILE",
        help="Also write the rows that are not flagged, as they stand: without new columns. The ending of the name "
        "sets the format, as for --out.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]
Bad = Annotated[
    str | None,
    typer.Option(
        "--bad",
        metavar="FILE",
        help="Also write the flagged rows as they stand: without new columns. The ending of the name sets the format, "
        "as for --out.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]
FailAbove = Annotated[
    str | None,
    typer.Option(
        "--fail-above",
        metavar="SHARE",
        help="End with exit code 3 when more than this share of the rows is flagged, such as 0.01 or 1%. All files are "
        "written first.",
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
        share = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise RequestError(f"--fail-above is {text!r}: write a share of the rows, such as 0.01 or 1%")
    return share
