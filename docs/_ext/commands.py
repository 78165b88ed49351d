"""The directive `command`: what a command of the command line takes, read from the command itself."""

import re

import typer
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from mixtura.cli.app import app

COMMANDS = typer.main.get_command(app).commands


def described(name):
    """Return Markdown that describes a command: usage, examples, what it does, arguments, options by panel."""
    command = COMMANDS[name]
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    text, examples = _without_examples(command.help)
    usage = " ".join(["mixtura", name, *(argument.metavar for argument in arguments), "[OPTIONS]"])
    lines = [
        f":::{{program}} mixtura {name}",
        ":::",
        "",
        "```text",
        usage,
        "```",
        "",
        "```shell",
        *examples,
        "```",
        "",
        *text.splitlines(),
        "",
    ]
    for argument in arguments:
        lines += _entry(argument.metavar, argument.help)
    for panel in dict.fromkeys(option.rich_help_panel for option in options):
        lines += [f":::{{rubric}} {panel or 'Common options'}", ":::", ""]
        for option in (option for option in options if option.rich_help_panel == panel):
            lines += _entry(", ".join(_forms(option)), f"{option.help}{_default(option)}")
    return lines


def _without_examples(text):
    """Return the help without its list of examples, and the examples."""
    pattern = r"^- `(.*)`\n"
    return re.sub(pattern, "", text, flags=re.MULTILINE).replace("**Examples**\n", ""), re.findall(
        pattern, text, re.MULTILINE
    )


def _entry(head, text):
    return [f":::{{option}} {head}", *text.splitlines(), ":::", ""]


def _forms(option):
    value = "" if option.is_flag else f" {option.metavar}"
    return [f"{form}{value}" for form in sorted(option.opts, key=len, reverse=True)]


def _default(option):
    shown = option.show_default and not option.is_flag and option.default is not None
    return f" Default: {option.default}." if shown else ""


class Command(Directive):
    required_arguments = 1

    def run(self):
        container = nodes.Element()
        lines = StringList(described(self.arguments[0]), f"command {self.arguments[0]}")
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children


class Commands(Directive):
    """A section for each command there is."""

    def run(self):
        lines = []
        for name in COMMANDS:
            lines += [f"## mixtura {name}", "", f"```{{command}} {name}", "```", ""]
        container = nodes.Element()
        self.state.nested_parse(StringList(lines, "commands"), self.content_offset, container, match_titles=True)
        return container.children


def setup(app):
    app.add_directive("command", Command)
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
