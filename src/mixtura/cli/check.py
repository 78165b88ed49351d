"""`mixtura check`: a table looked at before anything is made of it."""

from typing import Annotated

import typer

from . import options

EXAMPLES = """\
**Examples**

- `mixtura check sales.csv`
- `mixtura check air.csv --missing -200 --as 'station=category'`
- `mixtura check today.csv --fail --quiet && mixtura detect today.csv`
- `mixtura check february.csv --against january.model --fail`
"""

# The exit code of a table in which something changes the answer, or which differs from that of a model.
_CHANGED = 3


def check(
    context: typer.Context,
    source: options.Source,
    *,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="MODEL",
            help="Compare the table with the one that this model was fitted to: which columns, levels and ranges are "
            "new, and which columns moved.",
            rich_help_panel=options.MODEL,
            show_default=False,
        ),
    ] = None,
    kinds: options.As = None,
    missing: options.Missing = None,
    header: options.Header = None,
    ragged: options.Ragged = False,
    file_column: options.FileColumn = None,
    fail: Annotated[
        bool,
        typer.Option(
            "--fail",
            help="End with exit code 3 when a finding changes the answer, for scripts; with --against, when the table "
            "differs from the fitted one by more than chance.",
            rich_help_panel=options.COMMON,
        ),
    ] = False,
    as_json: options.AsJson = False,
    html: options.Html = None,
    quiet: options.Quiet = False,
) -> None:
    """Show what the columns of a table hold, and what may be wrong with the table.

    The command writes no file. It shows the kind of each column, its missing cells, its different cells and its range.
    Then it lists what changes the groups and the anomalies (marks of missing values such as -200, cells that do not fit
    their column, rows of totals), and what else is worth knowing (copies of rows, columns with the same content, levels
    with almost the same name).

    With --against, it lists what is new since the model was fitted, and which columns moved: how far, and whether
    chance explains it. What another table like the fitted one would show too, such as one more rare level, does not
    count.
    """
    asked = options.reading_from(kinds, missing, header=header, ragged=ragged, file_column=file_column)
    from ..commands.check import check_by  # what is slow to import waits until --help is answered
    from .reporting import page_of, report_check
    from .running import running

    page = page_of(html, context)
    with running(quiet=quiet) as run:
        checked = check_by(source, asked, run, against)
    report_check(checked.summary, page, as_json_text=as_json, quiet=quiet)
    summary = checked.summary
    if fail and (summary.changes_answer if against is None else summary.differs):
        raise typer.Exit(_CHANGED)
