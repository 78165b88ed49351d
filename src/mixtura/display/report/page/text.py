"""Text of a page: whatever comes from a table is data there, and neither markup nor a turned line."""

import html
import json
import math
import re
from typing import Any

from .... import words

# A longer name says no more, and pushes all else off the page.
LONGEST = 120

# Inside a script element "</script" and "<!--" would mean something to the HTML parser; U+2028 and U+2029 end lines;
# marks that turn lines would make the source of the page read otherwise than it is.
_UNSAFE_IN_SCRIPT = re.compile("[<>&\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str, longest: int = LONGEST) -> str:
    """Return a text with what cannot be seen written out, cut short where it is long.

    Examples
    --------
    >>> visible("gnp.\u202eexe"), visible("abcdef", longest=4)
    ('gnp.⟨U+202E⟩exe', 'abcd…')
    """
    return words.visible(text if len(text) <= longest else text[:longest] + "…")


def title(source: str) -> str:
    """Return what a table is called in the title of its report: the name of its file, not the path.

    Examples
    --------
    >>> title("data/2024/orders.csv"), title("select a/b from 'x.csv'")
    ('orders.csv', "select a/b from 'x.csv'")
    """
    shown = visible(source, 300)
    is_path = not re.search(r"\s", shown) or re.search(r"\.\w{2,7}$", shown)
    return re.split(r"[\\/]", shown.rstrip("/"))[-1] if is_path else shown


def stem(source: str) -> str:
    """Return what files that are made of a table are called after.

    Examples
    --------
    >>> stem("data/x.y.csv"), stem("select * from 'x.csv'"), stem("-")
    ('x.y', 'table', 'table')
    """
    name = title(source)
    base = name.rpartition(".")[0] or name
    return base if re.fullmatch(r"\w[\w. -]{0,79}", base) else "table"


def plain(text: str, longest: int = LONGEST) -> str:
    """Return a text for the inside of an element or of a quoted attribute.

    Examples
    --------
    >>> plain('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return html.escape(visible(text, longest))


def isolated(text: str, longest: int = LONGEST) -> str:
    """Return a text as an element of its own, so that its direction of writing stays inside.

    Examples
    --------
    >>> isolated("a < b")
    '<bdi>a &lt; b</bdi>'
    """
    return f"<bdi>{plain(text, longest)}</bdi>"


def island(value: Any) -> str:
    r"""Return a value as JSON that may stand inside a script element; what is not finite becomes null.

    Examples
    --------
    >>> print(island({"</script>": float("nan")}))
    {"\u003c/script\u003e":null}
    """
    text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE_IN_SCRIPT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def number(value: float | None, digits: int = 4) -> str:
    """Write a number as `words.number` does; a dash where there is none.

    Examples
    --------
    >>> [number(value) for value in (0.0, 3.14159, 18823.4, -0.00002, 1.5e12, float("nan"))]
    ['0', '3.142', '18,823', '-2e-05', '1.5e+12', '–']
    """
    if value is None or math.isnan(value):
        return "–"
    return words.number(value, digits)


def measured(mean: float, deviation: float) -> str:
    """Write a mean with its standard deviation: two digits of that, and as many decimals of the mean.

    Examples
    --------
    >>> measured(4.66512, 0.3612), measured(-0.003, 0.88), measured(985.9, 432.0), measured(3.0, 0.0)
    ('4.67 ± 0.36', '0.00 ± 0.88', '986 ± 432', '3 ± 0')
    """
    if not 1e-4 <= deviation < 1e9 or not abs(mean) < 1e9:
        return f"{number(mean)} ± {number(deviation, 2)}"
    decimals = max(0, 1 - math.floor(math.log10(deviation)))
    # The addition makes a zero of a minus zero.
    return f"{round(mean, decimals) + 0.0:,.{decimals}f} ± {deviation:,.{decimals}f}"
