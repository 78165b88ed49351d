"""A page inside another one, as in a notebook."""

import html

# Pixels that a report wants before it scrolls.
_HEIGHT = 720


def framed(page: str) -> str:
    """Return a page as a frame to be put into another page.

    The page is an attribute of the frame, so that there is no other file. It is in a sandbox: its scripts run, and
    reach neither the page around it nor anything else. What it says of itself holds there too: its content security
    policy allows nothing but its own scripts and styles.

    Parameters
    ----------
    page : str
        The page, which needs nothing from elsewhere.

    Returns
    -------
    str
        HTML.
    """
    return (
        f'<iframe title="Mixtura report" sandbox="allow-scripts allow-downloads" srcdoc="{html.escape(page)}" '
        f'style="width: 100%; height: {_HEIGHT}px; border: 1px solid #8884"></iframe>'
    )
