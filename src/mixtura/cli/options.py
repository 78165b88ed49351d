"""Options that commands share, and what their text means."""

import re
import shlex
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from ..commands import formats
from ..commands.formats import FORMATS
from ..errors import RequestError
from ..tables.asking.reading import Reading, reading
from ..tables.kinds import KINDS, MIXTURES, Kind
from ..tables.kinds.request import SHAPES


def spell(name: str, value: Any = None) -> str:
    """Return what an option is called in a sentence, perhaps with a value.

    Examples
    --------
    >>> spell("f_beta"), spell("rate", 0.04)
    ('--f-beta', '--rate 0.04')
    >>> spell("drop", ("a", "b c")), spell("missing", ("-200", "n/m"))
    ("--drop 'a,b c'", '--missing -200 --missing n/m')
    """
    if name == "check":
        return f"mixtura check {shlex.quote(value)}"
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, tuple):
        texts = [",".join(map(_quoted, value))] if name == "drop" else value
        return " ".join(f"{option} {shlex.quote(text)}" for text in texts)
    return option if value in (None, True) else f"{option} {value}"


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"' if re.search('[,"]', name) else name


def one_of(words: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what completes one of some words in a shell."""
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


def _listed(kinds: Sequence[Kind], last: str = "or") -> str:
    *others, final = [kind.name for kind in kinds]
    return f"{', '.join(others)} {last} {final}"


# None is the first panel, which holds --help: what most people use goes there.
COMMON = None
TABLE = "Table"
MODEL = "Model"
RESULT = "Result"
THRESHOLD = "Threshold"

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A table: a file (.csv, .tsv, .txt, .json, .jsonl, .parquet, .arrow, .orc, .xlsx, .ods, .sqlite, .duckdb "
        "and more; text also compressed), a sheet or table in one, such as 'book.xlsx::Sheet 2' or shop.db::orders, a "
        "folder, a quoted pattern such as 'part-*.parquet', a DuckDB query such as \"select * from 'x.csv'\", an "
        "address such as https://example.org/t.csv, or - for standard input.",
        show_default=False,
    ),
]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model that --save wrote.", show_default=False)]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="File for the result; its ending sets the format (.parquet, .csv, .tsv, .json, .jsonl, .arrow, .xlsx; "
        "text also with .gz). - is standard output, and the summary then goes to standard error. Default: beside the "
        "table, in its format: sales.scored.csv beside sales.csv.",
        rich_help_panel=COMMON,
        show_default=False,
    ),
]
GroupsOut = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="File for the result; its ending sets the format (.parquet, .csv, .tsv, .json, .jsonl, .arrow, .xlsx; "
        "text also with .gz). - is standard output, and the summary then goes to standard error. Default: beside the "
        "table, in its format: sales.grouped.csv beside sales.csv.",
        rich_help_panel=COMMON,
        show_default=False,
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        autocompletion=one_of(FORMATS),
        help="Format of the result: parquet, csv, tsv, json, jsonl, arrow or xlsx. Default: by the ending of --out, "
        "else the format of the table; csv on standard output.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]
SafeCsv = Annotated[
    bool,
    typer.Option(
        "--safe-csv",
        help="Write CSV that is safe to open in a spreadsheet: text that begins with =, +, -, @, a tab or a carriage "
        "return gets an apostrophe in front. The texts of the new columns always get it.",
        rich_help_panel=RESULT,
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Replace existing files. Default: replace only an earlier result of this command for this table, or a "
        "model by a model.",
        rich_help_panel=RESULT,
    ),
]
Save = Annotated[
    str | None,
    typer.Option(
        "--save",
        metavar="MODEL",
        help="Also save the model to this file, for `mixtura score` and `mixtura.load`.",
        rich_help_panel=COMMON,
        show_default=False,
    ),
]
Report = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Also write a report to this HTML file: one page with the groups, the anomalies and a slider for the "
        "threshold.",
        rich_help_panel=COMMON,
        show_default=False,
    ),
]

GroupsReport = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Also write a report to this HTML file: one page with the groups, what sets each apart, and the rows "
        "that lie farthest from all of them.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]
Repaired = Annotated[
    str | None,
    typer.Option(
        "--repaired",
        metavar="FILE",
        help="Also write a repaired copy of the table: each flagged cell is replaced by the value that the other "
        "cells of its row predict, a guess. The ending of the name sets the format.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the summary as JSON on standard output, and nothing else.",
        rich_help_panel=RESULT,
    ),
]
Html = Annotated[
    str | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="Also write what the terminal shows to this HTML file, with its colours, for a ticket or an e-mail.",
        rich_help_panel=RESULT,
        show_default=False,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print no summary, progress or notes: only errors, and JSON with --json.",
        rich_help_panel=RESULT,
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="A,B,…",
        help="Use only these columns. You may repeat the option; put quotes around a name with a comma: '\"a,b\",c'. "
        "Default: every column that the model can use.",
        rich_help_panel=COMMON,
        show_default=False,
    ),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(
        "--drop",
        metavar="A,B,…",
        help="Do not use these columns; the result still has them. Write names as for --columns.",
        rich_help_panel=COMMON,
        show_default=False,
    ),
]
As = Annotated[
    list[str] | None,
    typer.Option(
        "--as",
        metavar="COLUMN=KIND",
        help="Read a column as this kind: number, flag, category, date, time, duration, text or identifier. You may "
        "repeat the option. Default: the kind of most of its cells.",
        rich_help_panel=TABLE,
        show_default=False,
    ),
]
Missing = Annotated[
    list[str] | None,
    typer.Option(
        "--missing",
        metavar="MARK",
        help="Treat cells with this value as missing, such as -200 or 'not measured'. You may repeat the option.",
        rich_help_panel=TABLE,
        show_default=False,
    ),
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line of text or of a sheet holds the column names. Default: detected.",
        rich_help_panel=TABLE,
        show_default=False,
    ),
]
Ragged = Annotated[
    bool,
    typer.Option(
        "--ragged",
        help="Accept lines with too few fields (their last values are missing) or too many (the last ones are cut).",
        rich_help_panel=TABLE,
    ),
]
FileColumn = Annotated[
    str | None,
    typer.Option(
        "--file-column",
        metavar="NAME",
        help="Add a column of this name with the file of each row. The model does not use it.",
        rich_help_panel=TABLE,
        show_default=False,
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="A,B,…",
        help="Judge each row within its segment: the rows with the same value in this column, or the same values in "
        "these columns. The columns themselves are not judged. Write names as for --columns.",
        rich_help_panel=COMMON,
        show_default=False,
    ),
]
ModelKind = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="KIND",
        autocompletion=one_of([kind.name for kind in KINDS]),
        help=f"Kind of model: {_listed(KINDS)}. Default: auto, which has nothing to set; mixture with "
        "--components or --shape. Kinds that take missing values: "
        f"{_listed([k for k in KINDS if k.takes_missing], 'and')}.",
        rich_help_panel=MODEL,
        show_default=False,
    ),
]
MixtureKind = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="KIND",
        autocompletion=one_of([kind.name for kind in MIXTURES]),
        help=f"Kind of model: {_listed(MIXTURES)}.",
        rich_help_panel=MODEL,
    ),
]
Components = Annotated[
    str | None,
    typer.Option(
        "--components",
        metavar="COUNTS",
        help="Numbers of components to try: 3, or 2,4,8, or 1-12. Default: 1-9, fewer for small tables. With --model "
        "bayesian, the largest number (default: 10).",
        rich_help_panel=MODEL,
        show_default=False,
    ),
]
Shape = Annotated[
    str | None,
    typer.Option(
        "--shape",
        metavar="SHAPES",
        autocompletion=one_of(SHAPES),
        help="Covariance shapes to try: any of full, tied, diag, spherical and factor, separated by commas. Default: "
        "the first four. With --model bayesian, one of these (default: full).",
        rich_help_panel=MODEL,
        show_default=False,
    ),
]
Factors = Annotated[
    int | None,
    typer.Option(
        "--factors",
        metavar="NUMBER",
        help="Number of factors that the columns of a component share, for --shape factor. Default: 1.",
        rich_help_panel=MODEL,
        show_default=False,
    ),
]
Merge = Annotated[
    bool,
    typer.Option(
        "--merge",
        help="Merge components that share rows into clusters of any shape.",
        rich_help_panel=MODEL,
    ),
]
Clusters = Annotated[
    int | None,
    typer.Option(
        "--clusters",
        metavar="N",
        help="Merge components into this many clusters. Default with --merge: the number that the rows support.",
        rich_help_panel=MODEL,
        show_default=False,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        help="Seed of the random starts: the same seed gives the same result.",
        rich_help_panel=MODEL,
    ),
]


def names_from(values: list[str] | None) -> list[str] | None:
    """Return the column names in comma lists, None when there is no list.

    Examples
    --------
    >>> names_from(["a, b", '"x,y",z'])
    ['a', 'b', 'x,y', 'z']
    """
    if not values:
        return None
    fields = [field for value in values for field in re.findall(r'\s*("(?:[^"]|"")*"|[^,]*)\s*(?:,|$)', value)]
    names = [_unquoted(field.strip()) for field in fields]
    return [name for name in names if name]


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if len(field) > 1 and field[0] == field[-1] == '"' else field


def reading_from(
    kinds: list[str] | None = None,
    missing: list[str] | None = None,
    *,
    header: bool | None = None,
    ragged: bool = False,
    file_column: str | None = None,
) -> Reading:
    """Return how a table is to be read.

    Raises
    ------
    RequestError
        One of the texts does not say a column and a kind.

    Examples
    --------
    >>> asked = reading_from(["zip=category"], ["-200"])
    >>> asked.kinds, asked.missing
    ({'zip': 'category'}, ('-200',))
    """
    asked = {}
    for text in kinds or ():
        name, equals, kind = text.rpartition("=")
        if not equals:
            raise RequestError(f"--as is {text!r}: write a column and a kind, such as zip=category")
        asked[name] = kind
    return reading(asked, missing, header=header, ragged=ragged, file_column=file_column, spell=spell)


def format_from(form: str | None, out: str | None, *, safe_csv: bool, as_json: bool) -> str | None:
    """Return the format meant, None for the one that `out` says; standard output takes one thing."""
    if as_json and out == "-":
        raise typer.BadParameter("--json and --out - both write to standard output: name a file for the result")
    return formats.format_from(form, safe_csv=safe_csv, spell=spell)
