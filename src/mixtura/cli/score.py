"""`mixtura score`: a table judged by a saved model."""

from typing import Annotated

import typer

from ..tables.rules import rule
from . import flag_options, options
from .shares import share

EXAMPLES = """\
**Examples**

- `mixtura detect january.csv --save sales.model`
- `mixtura score sales.model february.csv --out flagged.csv`
- `mixtura score sales.model march.csv --rate 1%`
"""


def score(
    context: typer.Context,
    model: options.Model,
    source: options.Source,
    *,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="SHARE",
            parser=share,
            help="Flag this share of the rows: 0.04 or 4%. With a model trained on a reference, flag scores that only "
            "this share of clean rows reaches. Default: the threshold of the model.",
            rich_help_panel=options.COMMON,
            show_default=False,
        ),
    ] = None,
    header: options.Header = None,
    ragged: options.Ragged = False,
    file_column: options.FileColumn = None,
    out: options.Out = None,
    repaired: options.Repaired = None,
    only_flagged: flag_options.OnlyFlagged = False,
    good: flag_options.Good = None,
    bad: flag_options.Bad = None,
    fail_above: flag_options.FailAbove = None,
    form: options.Format = None,
    safe_csv: options.SafeCsv = False,
    force: options.Force = False,
    as_json: options.AsJson = False,
    html: options.Html = None,
    quiet: options.Quiet = False,
) -> None:
    """Score a table by a saved model.

    The table needs the columns of the model, by name, in any order. Other columns are copied.

    The result has the same new columns as that of the command that saved the model. A model from `mixtura detect` has a
    threshold; rows of the table that it was fitted to get the same scores to the last bit. A model from
    `mixtura groups` has no threshold: the result has anomaly_score and component. --rate sets a new threshold on this
    table; the new columns are then those of `mixtura detect`.
    """
    threshold = None if rate is None else rule(rate=rate, spell=options.spell)
    asked = options.reading_from(header=header, ragged=ragged, file_column=file_column)
    form = options.format_from(form, out, safe_csv=safe_csv, as_json=as_json)
    most = flag_options.share_from(fail_above)
    from ..commands.score import score_by  # what is slow to import waits until --help is answered
    from .default_out import table_out
    from .reporting import fail_above_share, page_of, report, typed
    from .running import output, running

    called = "flagged" if only_flagged else "scored"
    files = output(
        table_out(out, source, called, form),
        None,
        None,
        form,
        repaired=repaired,
        good=good,
        bad=bad,
        only_flagged=only_flagged,
        fail_above=most,
        force=force,
    )
    page = page_of(html, context)
    with running(quiet=quiet) as run:
        found = score_by(model, source, threshold, files, run, typed(context.obj, None), asked)
    report(found.summary, page, as_json_text=as_json, quiet=quiet)
    fail_above_share(found.summary, most)
