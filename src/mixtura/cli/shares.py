"""Shares on the command line: a number or a percentage."""

import typer


def share(text: str | float) -> float:
    """Return the number that a text means, a percentage divided by 100.

    Parameters
    ----------
    text : str or float
        What was typed, such as "0.04" or "4%"; a default is a number already.

    Returns
    -------
    float
        The number; whether an option can take it, its own check says.

    Raises
    ------
    typer.BadParameter
        The text is no number.

    Examples
    --------
    >>> share("0.04"), share("4%"), share(0.04)
    (0.04, 0.04, 0.04)
    """
    if not isinstance(text, str):
        return text
    digits = text.strip().removesuffix("%")
    try:
        number = float(digits)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a share: write a number or a percentage, such as 0.04 or 4%"
        ) from None
    return number / 100 if text.strip().endswith("%") else number
