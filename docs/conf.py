"""How the site is built: see scripts/docs."""

import re
import sys
from pathlib import Path

from mixtura import __version__

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "_ext"))

project = "Mixtura"
author = "The Mixtura developers"
copyright = f"2026, {author}"
release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "api_pages",
    "link_names",
    "commands",
    "named",
]
exclude_patterns = ["_build", "gallery/**/*.ipynb", "gallery/**/*.py", "gallery/**/*.json"]
templates_path = ["_templates"]

# Every reference has to lead somewhere; those to other projects are plain links, so that no build needs a network.
nitpicky = True

# Single backquotes in docstrings are code, as scikit-learn has it; `link_names` links the public names among them.
default_role = "code"
autosummary_generate = ["api/index.rst"]  # written by api_pages
autodoc_typehints = "none"  # numpydoc says the types in words
autodoc_member_order = "alphabetical"
toc_object_entries_show_parents = "hide"
smartquotes = False  # options of the command line keep their two dashes
numpydoc_show_class_members = False
numpydoc_show_inherited_class_members = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
copybutton_exclude = ".linenos, .gp, .go"

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "reset_modules": ("matplotlib",),
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "min_reported_time": 1e9,
    "capture_repr": (),
    "remove_config_comments": True,
    "doc_module": ("mixtura",),
    "backreferences_dir": "gallery/uses",
    "thumbnail_size": (860, 580),
}

html_theme = "pydata_sphinx_theme"
html_title = "Mixtura"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_sidebars = {"index": [], "commands": []}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "logo": {"text": "Mixtura", "image_light": "_static/icon.svg", "image_dark": "_static/icon.svg"},
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

# Pages of the repository's root, and where their links lead from here.
_ROOT_PAGES = {"changelog": "CHANGELOG.md", "contributing": "CONTRIBUTING.md"}
_MOVED = {
    "](docs/decisions/)": "](decisions.md)",
    "](docs/": "](",
    **{f"]({path})": f"]({page}.md)" for page, path in _ROOT_PAGES.items()},
}


def _read_root_page(_app, page, source):
    if page in _ROOT_PAGES:
        text = (ROOT / _ROOT_PAGES[page]).read_text()
        source[0] = re.sub("|".join(map(re.escape, _MOVED)), lambda match: _MOVED[match[0]], text)


def _escape_names(_app, _what, _name, _thing, _options, lines):
    """Keep the underscore at the end of `n_features_in_` in a shape from being read as the mark of a link."""
    for place, line in enumerate(lines):
        if " of shape (" in line and not line.lstrip().startswith((">>>", "...")):
            lines[place] = re.sub(r"(?<=\w)_(?=[,)])", r"\_", line)


def _read_rst_headers_only(_app, config):
    """Keep the gallery from taking examples/data, which has a README.md, for a section of its own."""
    config.sphinx_gallery_conf["source_suffix"] = {".rst": "restructuredtext"}


def setup(app):
    app.connect("source-read", _read_root_page)
    app.connect("autodoc-process-docstring", _escape_names, priority=100)  # before numpydoc
    app.connect("config-inited", _read_rst_headers_only, priority=20)  # after the gallery has set its defaults
