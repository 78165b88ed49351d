"""`mixtura detect`: the groups of a table, and the rows that do not belong."""

from typing import Annotated

import typer

from . import options
from .request import request

EXAMPLES = """\
**Examples**

- `mixtura detect sales.csv --rate 0.04`
- `mixtura detect 'part-*.parquet' --drop id,year --out flagged.csv`
- `mixtura detect sales.csv --components 1-20 --shape full --save sales.model`
- `mixtura detect "select * from 'x.csv' where year > 2020" --json`
- `zcat sales.csv.gz | mixtura detect - --quiet --out flagged.parquet`
"""


def detect(
    source: options.Source,
    *,
    rate: Annotated[
        float, typer.Option("--rate", metavar="SHARE", help="Share of the rows to flag as anomalies, between 0 and 1.")
    ] = 0.04,
    columns: options.Columns = None,
    drop: options.Drop = None,
    model: options.Kind = "mixture",
    components: options.Components = None,
    shape: options.Shape = None,
    seed: options.Seed = 0,
    out: options.Out = None,
    save: options.Save = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find the groups of a table and the rows that do not belong, and say why.

    Scales the columns of numbers, fits Gaussian mixtures with several numbers of components and covariance shapes,
    keeps the one of lowest BIC, and flags the rows of lowest density.

    Writes the table with four more columns: anomaly_score (higher is more anomalous), is_anomaly, component (numbered
    from 0, the largest first) and reason (for flagged rows: the column that makes it an anomaly, the value seen and
    the value expected given the other columns).
    """
    if not 0 < rate < 1:
        raise typer.BadParameter(f"--rate is {rate:g}: write a share of the rows between 0 and 1, such as 0.04")
    asked = request(
        source,
        columns=columns,
        drop=drop,
        model=model,
        components=components,
        shape=shape,
        seed=seed,
        out=out,
        save=save,
    )
    from .reporting import report  # noqa: PLC0415  # what is slow to import waits until --help is answered
    from .work import fit_table  # noqa: PLC0415

    report(fit_table(asked, rate, show_progress=not quiet), as_json_text=as_json, quiet=quiet)
