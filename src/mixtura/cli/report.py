"""`mixtura report`: a page about a table, judged by a saved model."""

from typing import Annotated

import typer

from . import options

EXAMPLES = """\
**Examples**

- `mixtura detect january.csv --save sales.model`
- `mixtura report sales.model february.csv`
- `mixtura report claims.model claims.parquet --labels fraud --out claims.html`
- `mixtura report sales.model february.csv --json`
"""


def report(
    context: typer.Context,
    model: options.Model,
    source: options.Source,
    *,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="COLUMN",
            help="Column of labels: 1 or true for anomalies, 0 or false for normal rows, empty where unknown. The "
            "page then shows the precision and the recall of every threshold.",
            rich_help_panel=options.COMMON,
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File for the page; - is standard output. Default: sales.report.html beside sales.csv.",
            rich_help_panel=options.COMMON,
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the data of the page as JSON on standard output. The page is written only with --out.",
            rich_help_panel=options.RESULT,
        ),
    ] = False,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Judge a table by a saved model, and write a report of it.

    The report is one HTML page that opens in any browser, offline. It shows the columns, the groups, pictures of the
    densities, a slider for the threshold, and the most anomalous rows with their reasons. The table needs the columns
    of the model, by name, in any order.
    """
    if as_json and out == "-":
        raise typer.BadParameter("--json and --out - both write to standard output: name a file for the page")
    from ..commands.report import report_by  # what is slow to import waits until --help is answered
    from .default_out import page_out
    from .reporting import report_page, typed
    from .running import output, running

    path = out if out is not None or as_json else page_out(source)
    files = output(report=None if path == "-" else path, force=force)
    with running(quiet=quiet) as run:
        found = report_by(model, source, labels, files, run, typed(context.obj, None))
    report_page(found, to_standard_output=path == "-", as_json_text=as_json, quiet=quiet)
