"""Names and roles in the built pages, for those who hear them: what Sphinx and its theme leave out or call wrongly."""

from pathlib import Path

# What is written, and what it should be.
_MENDED = {
    # The arrow that unfolds a part of the contents has no name.
    '<summary><span class="toctree-toggle"': '<summary aria-label="Unfold"><span class="toctree-toggle"',
    # Entries of a bibliography are no items of a list, and their role is withdrawn.
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
}


def _mend(app, error):
    if error is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        mended = text
        for written, meant in _MENDED.items():
            mended = mended.replace(written, meant)
        if mended != text:
            page.write_text(mended, encoding="utf-8")


def setup(app):
    app.connect("build-finished", _mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
