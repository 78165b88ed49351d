"""Code that names something public, `GaussianMixture` or `Mixture.impute`, becomes a link to its page."""

import inspect

from api_pages import FURTHER
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform

import mixtura

# The names by which code speaks of them: of classes their own, of `rows.open` also that of its module.
PLACES = {
    name: f"mixtura.{place}"
    for place in [*mixtura.__all__, *FURTHER]
    for name in (place, place.rpartition(".")[2])
    if name != "open"
}


def is_ours(owner, name):
    """Return whether a public class has a member that scikit-learn did not give it."""
    member = inspect.getattr_static(owner, name, None)
    for wrapper in ("__func__", "fget", "func", "fn"):
        member = getattr(member, wrapper, member)
    return not name.startswith("_") and str(getattr(member, "__module__", "")).startswith("mixtura.")


def linked(text):
    """Return the full name of the public thing that a piece of code names, or None."""
    text = text.removeprefix("mixtura.").removesuffix("()")
    if text in PLACES:
        return PLACES[text]
    name, _, member = text.partition(".")
    if name in mixtura.__all__ and member and is_ours(getattr(mixtura, name), member):
        return f"mixtura.{name}.{member}"
    return None


class LinkNames(SphinxTransform):
    default_priority = 500

    def apply(self, **_options):
        for code in list(self.document.findall(nodes.literal)):
            target = linked(code.astext())
            if target is None or _is_linked(code):
                continue
            link = pending_xref("", refdomain="py", reftype="obj", reftarget=target, refdoc=self.env.docname)
            code.replace_self(link)
            link += code


def _is_linked(node):
    while node.parent is not None:
        node = node.parent
        if isinstance(node, (nodes.reference, pending_xref, nodes.title)):
            return True
    return False


def skip_inherited(_app, _what, name, member, _skip, _options):
    """Leave out what scikit-learn's base classes give an estimator: its own pages document it."""
    module = getattr(getattr(member, "__func__", member), "__module__", None) or ""
    from_python = getattr(member, "__objclass__", None) in (BaseException, Exception)
    routing = name.startswith("set_") and name.endswith("_request")
    return True if from_python or routing or module.startswith("sklearn.") else None


def setup(app):
    app.add_transform(LinkNames)
    app.connect("autodoc-skip-member", skip_inherited)
    return {"parallel_read_safe": True}
