"""Checks a site that was built: every link within it leads somewhere, and reading it asks nothing of the network."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes that a browser follows by itself when it shows a page.
_LOADED = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("img", "srcset"),
    ("source", "src"),
    ("source", "srcset"),
    ("video", "src"),
    ("audio", "src"),
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("input", "src"),
}
_EXTERNAL = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_STYLE_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""")


@dataclass
class Page(HTMLParser):
    """The anchors of a page, what it links to, and what it loads."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    in_style: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_style = tag == "style"
        for name, value in attrs:
            if not value:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif (tag, name) in _LOADED:
                places = [part.split()[0] for part in value.split(",")] if name == "srcset" else [value]
                self.loads.extend(places)
            elif name == "href":
                self.links.append(value)
            elif name == "style":
                self.loads.extend(_STYLE_URL.findall(value))

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.loads.extend(_STYLE_URL.findall(data))


def read(path: Path) -> Page:
    """Return what a page of HTML holds."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def problems(site: Path) -> Iterator[str]:
    """Yield a line for each link that leads nowhere, and for each request that leaves the site."""
    pages = {path.resolve(): read(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    if not pages:
        yield f"{site} holds no pages"
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        for target in dict.fromkeys([*page.links, *page.loads]):
            if _EXTERNAL.match(target):
                if target in page.loads:
                    yield f"{name} loads {target} from the network"
            elif not urlsplit(target).scheme:
                yield from _broken(path, name, target, pages)
    for path in sorted(site.rglob("*.css")):
        for target in _STYLE_URL.findall(path.read_text(encoding="utf-8")):
            if _EXTERNAL.match(target):
                yield f"{path.relative_to(site)} loads {target} from the network"


def _broken(path: Path, name: Path, target: str, pages: dict[Path, Page]) -> Iterator[str]:
    parts = urlsplit(target)
    place = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if place.is_dir():
        place /= "index.html"
    if not place.exists():
        yield f"{name} links to {target}, which is not there"
    elif parts.fragment and place in pages and unquote(parts.fragment) not in pages[place].anchors:
        yield f"{name} links to {target}, and that page has no such place"


def main() -> int:
    site = Path(sys.argv[1])
    found = list(problems(site))
    for problem in found:
        print(problem)
    if not found:
        print(f"{site}: every link leads somewhere, nothing is loaded from elsewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
