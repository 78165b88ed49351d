"""The options that choose a threshold, made from the rules."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from ..tables.rules import RULES, ThresholdRule
from .options import COMMON, THRESHOLD, spell
from .shares import share


def with_rule_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each rule, where it takes `targets`: their values by the names of the rules.

    Typer reads options from the signature and the annotations of a function; those of the command are written out but
    for this part.
    """

    @wraps(command)
    def run(*arguments: Any, **given: Any) -> None:
        targets = {rule.name: given.pop(rule.name) for rule in RULES}
        command(*arguments, targets=targets, **given)

    signature = inspect.signature(command)
    own = list(signature.parameters.values())
    place = [parameter.name for parameter in own].index("targets")
    parameters = [*own[:place], *map(_parameter, RULES), *own[place + 1 :]]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # of any function
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameter(rule: type[ThresholdRule]) -> inspect.Parameter:
    option = typer.Option(
        spell(rule.name),
        metavar=rule.metavar,
        help=rule.help,
        parser=share if rule.takes_share else None,
        rich_help_panel=COMMON if rule.name == "rate" else THRESHOLD,
        show_default=False,
    )
    return inspect.Parameter(
        rule.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[float | None, option]
    )
