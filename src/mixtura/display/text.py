"""Names and numbers of a table as text that a picture can hold."""


def plain(name: object, longest: int = 24) -> str:
    r"""Return a name on one line, cut short, whose dollar signs are no formula to matplotlib.

    Examples
    --------
    >>> print(plain("price in $"), plain("a very long name of a column", 12))
    price in \$ a very long…
    """
    text = "".join(letter if letter.isprintable() else " " for letter in str(name)[: longest + 1])
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text.replace("$", r"\$")


def percent(share: float) -> str:
    """Return a share in percent: a whole number, or one digit more where that would say 0 or 100 of a part.

    Examples
    --------
    >>> percent(0.73), percent(0.004), percent(0.996), percent(1.0)
    ('73 %', '0.4 %', '99.6 %', '100 %')
    """
    whole = f"{100 * share:.0f}"
    if whole in ("0", "100") and 0 < share < 1:
        whole = f"{100 * share:.1f}"
    return f"{whole} %"
