"""Names of columns that are data, or hardly differ."""

from collections.abc import Iterator

from ..kinds.category import Category, Flag
from ..kinds.number import Number
from ..looked.looked import Looked
from ..looked.looked_column import LookedColumn
from .finding import Advice, Finding, cut, named


def header_of_data(looked: Looked) -> Iterator[Finding]:
    """Yield a finding where the names of the columns look like a row of the table."""
    numbers = [column for column in looked.columns if isinstance(column.kind, Number)]
    inside = [column for column in numbers if _is_inside(column)]
    categories = [column for column in looked.columns if isinstance(column.kind, (Category, Flag))]
    levels = [column for column in categories if column.name.strip() in column.levels]
    fits = len(inside) == len(numbers) and len(levels) == len(categories)
    if not fits or len(inside) + len(levels) < 2 or _is_series([column.name for column in inside]):
        return
    names = [column.name for column in (*inside, *levels)]
    yield Finding(
        "header that looks like data",
        f"the names of the columns look like a row of the table ({named([column.name for column in looked.columns])})",
        tuple(names[:100]),
        (),
        len(names),
        Advice("add a row with the names of the columns at the top of the file"),
        changes_answer=True,
    )


def _is_inside(column: LookedColumn) -> bool:
    """Tell whether the name of a column of numbers is a number that could stand in it."""
    try:
        value = float(column.name.strip())
    except ValueError:
        return False
    counted = column.counted
    return counted is not None and counted.n > 0 and bool(counted.values[0] <= value <= counted.values[-1])


def _is_series(names: list[str]) -> bool:
    """Tell whether names are numbers in order, such as the years of a wide table."""
    values = [float(name) for name in names]
    return len(values) > 2 and (values == sorted(set(values)) or values == sorted(set(values), reverse=True))


def names_alike(looked: Looked) -> Iterator[Finding]:
    """Yield a finding where names of columns differ in case or spaces only."""
    found: dict[str, list[str]] = {}
    for column in looked.columns:
        found.setdefault(" ".join(column.name.casefold().split()), []).append(column.name)
    alike = [names for names in found.values() if len(names) > 1]
    if alike:
        told = " and ".join(repr(cut(name)) for name in alike[0][:3])
        yield Finding(
            "names alike",
            f"the names of columns differ in case or spaces only: {told}",
            tuple(name for names in alike for name in names)[:100],
            (),
            len(alike),
            Advice("rename them, or remove one if both hold the same"),
        )
