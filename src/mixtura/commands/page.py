"""The page of a report: how it was asked for, and what it is made by."""

import inspect
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..display.report.facts.data import Report, Reproduction
from ..tables.asking.spelling import Spell
from ..tables.opened.opening import label
from ..versions import versions


def reproduction(command: str, seed: int | None) -> Reproduction:
    """Return how to come to the same report again: by a command or a call, with such a seed."""
    return Reproduction(command, seed, versions(), today())


def today() -> str:
    """Return the date in UTC; that of ``SOURCE_DATE_EPOCH``, in seconds since 1970, where builds have to be the same.

    Source: the specification of reproducible-builds.org.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return now.date().isoformat()


def call(function: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """Return a call of a public function as it is written in Python, without what is as by default.

    Examples
    --------
    >>> def detect(source, *, rate=None, seed=0, on_progress=None): ...
    >>> call(detect, {"source": "orders.parquet", "rate": 0.01, "seed": 0, "on_progress": print})
    "mixtura.detect('orders.parquet', rate=0.01)"
    """
    written = []
    for name, parameter in inspect.signature(function).parameters.items():
        value = given[name]
        if parameter.default is inspect.Parameter.empty:
            written.append(_written(value))
        elif name != "on_progress" and value is not parameter.default and repr(value) != repr(parameter.default):
            written.append(f"{name}={_written(value)}")
    return f"mixtura.{function.__name__}({', '.join(written)})"


def _written(value: Any) -> str:
    plain = isinstance(value, (str, int, float)) or (
        isinstance(value, (list, tuple, range)) and all(isinstance(item, (str, int)) for item in value)
    )
    return repr(value) if plain else f"<{label(value).removeprefix('the ')}>"


def as_page(report: Report, spell: Spell) -> str:
    """Return a report as the text of an HTML file, which is to be written in UTF-8."""
    from ..display.report.page.html import render_html  # noqa: PLC0415  # it brings libraries that only pages need

    return render_html(report, spell)
