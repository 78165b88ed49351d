"""`mixtura compare`: every detector side by side on one table."""

from typing import Annotated

import typer

from ..tables.request import check_columns, check_comparison
from . import options

EXAMPLES = """\
**Examples**

- `mixtura compare sales.csv`
- `mixtura compare claims.parquet --labels fraud --rows 50000`
"""

COMPARISON = "Comparison"


def compare(
    source: options.Source,
    *,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="COLUMN",
            help="Column that says which rows are known to be anomalies (1 or true), to belong (0 or false), or "
            "neither (nothing). No detector sees it; each is judged by it.",
            rich_help_panel=options.TABLE,
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
            help="Share of the rows that each detector flags, to count the rows that they flag in common.",
            rich_help_panel=COMPARISON,
        ),
    ] = 0.04,
    rows: Annotated[
        int,
        typer.Option(
            "--rows",
            metavar="N",
            help="Largest number of rows to compare on; from a larger table, this many are drawn at random.",
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
    quiet: options.Quiet = False,
) -> None:
    """Fit every detector to a table, and show how they agree, how long they take and, with labels, how well they rank.

    Writes no file. Agreement shows how similar the detectors' views are, not which detector is right: one that agrees
    with no other may have found what the others cannot see.
    """
    check_comparison(rate, rows, seed, options.spell)
    check_columns(columns, drop, options.spell)
    asked = options.reading_from(kinds, missing, header=header, ragged=ragged, file_column=file_column)
    from ..commands.compare import compare_by  # what is slow to import waits until --help is answered
    from .reporting import report_comparison
    from .running import running

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
    report_comparison(compared.summary, as_json_text=as_json, quiet=quiet)
