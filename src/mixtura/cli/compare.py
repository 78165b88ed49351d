"""`mixtura compare`: every detector side by side on one table."""

from typing import Annotated

import typer

from ..tables.kinds.request import check_columns, check_comparison
from . import options
from .shares import share

EXAMPLES = """\
**Examples**

- `mixtura compare sales.csv`
- `mixtura compare claims.parquet --labels fraud --rows 50000`
"""

COMPARISON = "Comparison"


def compare(
    context: typer.Context,
    source: options.Source,
    *,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="COLUMN",
            help="Column of labels: 1 or true for anomalies, 0 or false for normal rows, empty where unknown. "
            "Detectors do not see it; they are judged by it.",
            rich_help_panel=options.COMMON,
            show_default=False,
        ),
    ] = None,
    columns: options.Columns = None,
    drop: options.Drop = None,
    kinds: options.As = None,
    missing: options.Missing = None,
    header: options.Header = None,
    ragged: options.Ragged = False,
    file_column: options.FileColumn = None,
    rate: Annotated[
        float,
        typer.Option(
            "--rate",
            metavar="SHARE",
            parser=share,
            help="Share of the rows that each detector flags, for the column `in common`: 0.04 or 4%.",
            rich_help_panel=COMPARISON,
        ),
    ] = 0.04,
    rows: Annotated[
        int,
        typer.Option(
            "--rows",
            metavar="N",
            help="Largest number of rows to compare; a larger table is sampled at random.",
            rich_help_panel=COMPARISON,
        ),
    ] = 20_000,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="N",
            help="Seed of the random starts and draws: the same seed gives the same result.",
            rich_help_panel=COMPARISON,
        ),
    ] = 0,
    as_json: options.AsJson = False,
    html: options.Html = None,
    quiet: options.Quiet = False,
) -> None:
    """Compare the detectors on a table: how they agree, how long they take and, with labels, how well they rank.

    The command writes no file. Agreement does not tell which detector is right: a detector that agrees with no other
    may find what the others cannot see. Labels tell.
    """
    check_comparison(rate, rows, seed, options.spell)
    check_columns(columns, drop, options.spell)
    asked = options.reading_from(kinds, missing, header=header, ragged=ragged, file_column=file_column)
    from ..commands.compare import compare_by  # what is slow to import waits until --help is answered
    from .reporting import page_of, report_comparison
    from .running import running

    page = page_of(html, context)
    with running(quiet=quiet) as run:
        compared = compare_by(
            source,
            labels=labels,
            columns=options.names_from(columns),
            drop=options.names_from(drop),
            asked=asked,
            rate=rate,
            rows=rows,
            seed=seed,
            run=run,
        )
    report_comparison(compared.summary, page, as_json_text=as_json, quiet=quiet)
