"""A page inside another one, as in a notebook."""

import html

# Pixels that a report wants before it scrolls.
_HEIGHT = 720

# What tools change that take the frame into their own text: tabs become blanks, lines are indented. A changed script
# is not run.
_KEPT = {ord(blank): f"&#{ord(blank)};" for blank in "\t\n\r"}


def framed(page: str) -> str:
    """Return a page as a frame to be put into another page.

    The page is an attribute of the frame, so that there is no other file. It is in a sandbox: its scripts run, and
    reach neither the page around it nor anything else. What it says of itself holds there too: its content security
    policy allows nothing but its own scripts and styles. The frame is one line.

    Parameters
    ----------
    page : str
        The page, which needs nothing from elsewhere.

    Returns
    -------
    str
        HTML.
    """
    source = html.escape(page).translate(_KEPT)
    return (
        f'<iframe title="Mixtura report" sandbox="allow-scripts allow-downloads" srcdoc="{source}" '
        f'style="width: 100%; height: {_HEIGHT}px; border: 1px solid #8884"></iframe>'
    )
