"""How a record of delimited text splits into fields."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

# A delimiter that stands for one or more blanks or tabs.
BLANKS = " "

# A delimiter for readers of files with one column, in which it hardly occurs.
NO_DELIMITER = "\x1f"


@dataclass(frozen=True)
class Syntax:
    r"""Which characters of delimited text mean something else than themselves.

    Attributes
    ----------
    delimiter : str
        What stands between two fields: one character, a space for any number of blanks, nothing where there is one
        field in a line.
    quote : str
        What stands around a field with delimiters or ends of lines in it, doubled where it is meant; nothing where
        quotes are as other characters.
    escape : str
        What stands before a delimiter or a quote that is meant: a backslash, or nothing.
    stops : tuple of int
        Positions in the line at which fields end, where they have fixed places.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    stops: tuple[int, ...] = ()

    @property
    def is_usual(self) -> bool:
        """Whether all readers know it: fields between single characters, double quotes around some."""
        is_short = len(self.delimiter.encode()) < 2 and self.delimiter != BLANKS
        return is_short and self.quote == '"' and not self.escape and not self.stops


@dataclass(frozen=True)
class Split:
    """A text as fields.

    Attributes
    ----------
    fields : list of str
        The fields. A field that begins with a quote which does not end it is as it is written.
    stray : bool
        Whether there is such a field, or one that reaches from its place into the next.
    open : bool
        Whether one of them may go on in the next line.
    quoted : tuple of int
        Positions of those with quotes around them.
    is_final : bool
        Whether it stays stray, whatever the next lines are: its quote ends where no field does.
    """

    fields: list[str]
    stray: bool = False
    open: bool = False
    quoted: tuple[int, ...] = field(default=(), repr=False)
    is_final: bool = field(default=False, repr=False)


def split(text: str, syntax: Syntax) -> Split:
    r"""Split a line, without its end, or some lines with ends between them.

    Examples
    --------
    >>> split('1,"a ""b"", c",5"3', Syntax(","))
    Split(fields=['1', 'a "b", c', '5"3'], stray=False, open=False)
    >>> split('"Weird Al" Yankovic,3', Syntax(","))
    Split(fields=['"Weird Al" Yankovic', '3'], stray=True, open=False)
    >>> split('1,"a', Syntax(","))
    Split(fields=['1', '"a'], stray=True, open=True)
    >>> split(r'"a \\"b\\"";c', Syntax(";", escape="\\\\"))
    Split(fields=['a "b"', 'c'], stray=False, open=False)
    >>> split(' 1   "a b"', Syntax(" "))
    Split(fields=['1', 'a b'], stray=False, open=False)
    """
    if syntax.stops:
        cells = [text[start:stop] for start, stop in zip((0, *syntax.stops), (*syntax.stops, None), strict=True)]
        over = any(text[stop - 1 : stop].strip() for stop in syntax.stops)
        return Split([cell.strip() for cell in cells], stray=over)
    if syntax.delimiter == BLANKS:
        text = text.strip(" \t")
    if (not syntax.quote or syntax.quote not in text) and (not syntax.escape or syntax.escape not in text):
        if syntax.delimiter == BLANKS:
            return Split(text.split())
        return Split(text.split(syntax.delimiter) if syntax.delimiter else [text])
    return _split_by_pattern(text, syntax)


def _split_by_pattern(text: str, syntax: Syntax) -> Split:
    find, plain = _finder(syntax), _unescaper(syntax)
    fields: list[str] = []
    around: list[int] = []
    position, stray, is_open, is_final = 0, False, False, False
    while True:
        match = find(text, position)
        assert match is not None, "the pattern matches an empty field"
        quoted, bare = match["quoted"], match["bare"]
        if quoted is not None:
            around.append(len(fields))
            fields.append(plain(quoted, True))
        else:
            fields.append(plain(bare, False))
            if syntax.quote and bare.lstrip(" ").startswith(syntax.quote):
                stray = True
                is_open = is_open or _never_ends(text, position + bare.index(syntax.quote), syntax)
                # A quote before it that may go on could hold this one; and so could an escape what comes after it.
                is_final = is_final or not (is_open or syntax.escape)
            elif syntax.escape and (len(bare) - len(bare.rstrip(syntax.escape))) % 2:
                stray = is_open = match["end"] is None
        if match["end"] is None:
            return Split(fields, stray, is_open, tuple(around), is_final)
        position = match.end()


def _never_ends(text: str, start: int, syntax: Syntax) -> bool:
    """Tell whether a quote, and all after it that belongs to it, reaches the end of a text."""
    match = _body(syntax).match(text, start + 1)
    assert match is not None, "the pattern matches nothing as well"
    return match.end() == len(text)


@cache
def _body(syntax: Syntax) -> re.Pattern[str]:
    """Return the pattern of what is between the quotes around a field."""
    quote, escape = re.escape(syntax.quote), re.escape(syntax.escape)
    if syntax.escape:
        return re.compile(rf"(?:[^{quote}{escape}]++|{escape}.|{quote}{quote})*+", re.DOTALL)
    return re.compile(rf"(?:[^{quote}]++|{quote}{quote})*+")


@cache
def _finder(syntax: Syntax) -> Callable[[str, int], re.Match[str] | None]:
    """Return the search for the next field, and for what ends it."""
    delimiter, escape = re.escape(syntax.delimiter), re.escape(syntax.escape)
    end = rf"(?P<end>{delimiter})|\Z" if delimiter else r"(?P<end>(?!))|\Z"
    if syntax.delimiter == BLANKS:
        end, bare = r"(?P<end>[ \t]+)|\Z", r"[^ \t]*+"
    elif not delimiter:
        bare = r".*+"
    elif escape:
        bare = rf"(?:[^{delimiter}{escape}]++|{escape}.|{escape}\Z)*+"
    else:
        bare = rf"[^{delimiter}]*+"
    quoted = "(?P<quoted>(?!))"
    if syntax.quote:
        quote = re.escape(syntax.quote)
        quoted = rf" *+{quote}(?P<quoted>{_body(syntax).pattern}){quote} *+"
    if syntax.delimiter == BLANKS:
        quoted = quoted.replace(" *+", "")
    return re.compile(rf"(?:{quoted}|(?P<bare>{bare}))(?:{end})", re.DOTALL).match


@cache
def _unescaper(syntax: Syntax) -> Callable[[str, bool], str]:
    """Return the function that gives a field as it is meant, told whether quotes stand around it."""
    quote = syntax.quote
    if not syntax.escape:
        return lambda written, quoted: written.replace(quote * 2, quote) if quoted else written
    meant = re.escape(syntax.escape + quote + syntax.delimiter) + "\r\n"
    doubled = f"|{re.escape(quote)}({re.escape(quote)})" if quote else "|(?!)()"
    within = re.compile(rf"{re.escape(syntax.escape)}([{meant}]){doubled}")
    return lambda written, quoted: within.sub(lambda match: match[1] or (match[2] if quoted else match[0]), written)


def split_loosely(text: str, syntax: Syntax) -> list[str]:
    """Return the fields of a line in which quotes within fields are not doubled.

    Examples
    --------
    >>> split_loosely('1,"a "b" c",2', Syntax(","))
    ['1', 'a "b" c', '2']
    """
    if not syntax.quote or not syntax.delimiter or syntax.delimiter == BLANKS:
        return split(text, syntax).fields
    quote, delimiter = re.escape(syntax.quote), re.escape(syntax.delimiter)
    pattern = re.compile(rf"(?: *{quote}(.*?){quote} *|([^{delimiter}]*))({delimiter}|\Z)", re.DOTALL)
    fields, position = [], 0
    while True:
        match = pattern.match(text, position)
        assert match is not None, "the pattern matches an empty field"
        fields.append(match[2] if match[1] is None else match[1].replace(syntax.quote * 2, syntax.quote))
        if not match[3]:
            return fields
        position = match.end()
