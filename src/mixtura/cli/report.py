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
            help="Column that says which rows are known to be anomalies (1 or true), to belong (0 or false), or "
            "neither (nothing), to show the precision and the recall of every threshold.",
            rich_help_panel=options.TABLE,
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Where the page goes; - for standard output. Default: NAME.report.html beside the table, NAME being "
            "the table's.",
            rich_help_panel=options.RESULT,
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print all that the page shows as JSON on standard output, and nothing else there; the page itself "
            "is written only where --out says so.",
            rich_help_panel=options.RESULT,
        ),
    ] = False,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a page about a table, judged by a saved model.

    The page opens in any browser, without a network: the columns, the groups, pictures of the densities, a slider for
    the threshold, and the most anomalous rows with their explanations. The table needs the columns of the model, by
    name, in any order.
    """
    if as_json and out == "-":
        raise typer.BadParameter("--json and --out - both want standard output: name a file for the page")
    from ..commands.report import report_by  # what is slow to import waits until --help is answered
    from .default_out import page_out
    from .reporting import report_page, typed
    from .running import output, running

    path = out if out is not None or as_json else page_out(source)
    files = output(report=None if path == "-" else path, force=force)
    with running(quiet=quiet) as run:
        found = report_by(model, source, labels, files, run, typed(context.obj, None))
    report_page(found, to_standard_output=path == "-", as_json_text=as_json, quiet=quiet)
