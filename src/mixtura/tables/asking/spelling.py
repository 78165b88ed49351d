"""How sentences write what was asked for, or could be: as keywords in Python, as options in a shell."""

from collections.abc import Callable
from typing import Any

# Writes the name of what can be asked for, perhaps with a value: `rate=0.04` in Python, `--rate 0.04` in a shell.
Spell = Callable[..., str]


def in_python(name: str, value: Any = None) -> str:
    """Return what a keyword is called in a sentence, perhaps with a value.

    Examples
    --------
    >>> in_python("f_beta"), in_python("components", "1-9"), in_python("rate", 0.04)
    ('f_beta', "components='1-9'", 'rate=0.04')
    >>> in_python("missing", ("-200",)), in_python("as", ("zip=category",))
    ("missing=['-200']", "kinds={'zip': 'category'}")
    """
    if name == "check":
        return f"mixtura.check({value if value.startswith('the ') else repr(value)})"
    if name == "as":
        return f"kinds={dict(pair.rsplit('=', 1) for pair in value)}"
    if isinstance(value, tuple):
        return f"{name}={list(value)}"
    return name if value is None else f"{name}={value!r}"
