"""The directive `command`: what a command of the command line takes, read from the command itself."""

import re

import typer
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from mixtura.cli.app import app


def described(name):
    """Return reStructuredText that describes a command: usage, what it does, arguments, options by panel, examples."""
    command = typer.main.get_command(app).commands[name]
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    lines = [f".. program:: mixtura {name}", ""]
    usage = " ".join(["mixtura", name, "[OPTIONS]", *(argument.metavar for argument in arguments)])
    lines += [".. code-block:: text", "", f"   {usage}", ""]
    lines += [*_rst(command.help).splitlines(), ""]
    for argument in arguments:
        lines += [f".. option:: {argument.metavar}", "", f"   {_rst(argument.help)}", ""]
    panels = dict.fromkeys(option.rich_help_panel or "Other" for option in options)
    for panel in sorted(panels, key=lambda panel: panel == "Other"):
        lines += [f".. rubric:: {panel}", ""]
        for option in options:
            if (option.rich_help_panel or "Other") == panel:
                lines += [f".. option:: {', '.join(_forms(option))}", "", f"   {_rst(option.help)}{_default(option)}", ""]
    examples = re.findall(r"`(mixtura .*?|[^`]*\| mixtura .*?)`", command.epilog or "")
    if examples:
        lines += [".. rubric:: Examples", "", ".. code-block:: shell", "", *(f"   {line}" for line in examples), ""]
    return lines


def _forms(option):
    value = "" if option.is_flag else f" {option.metavar}"
    return [f"{form}{value}" for form in sorted(option.opts, key=len, reverse=True)]


def _default(option):
    shown = option.show_default and not option.is_flag and option.default is not None
    return f" Default: {option.default}." if shown else ""


def _rst(text):
    """Return the Markdown of a help text as reStructuredText."""
    return re.sub(r"`([^`]+)`", r"``\1``", text.replace("*", r"\*").replace("\\*.parquet", "*.parquet"))


class Command(Directive):
    required_arguments = 1

    def run(self):
        container = nodes.Element()
        self.state.nested_parse(StringList(described(self.arguments[0]), "command"), self.content_offset, container)
        return container.children


def setup(app):
    app.add_directive("command", Command)
    return {"parallel_read_safe": True}
