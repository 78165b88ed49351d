"""Code that names something public, `GaussianMixture` or `Mixture.impute`, becomes a link to its page."""

import inspect

import mixtura
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform


def public_member(cls, name):
    """Return whether a class has a documented member that scikit-learn did not give it."""
    member = inspect.getattr_static(cls, name, None)
    function = getattr(member, "__func__", getattr(member, "fget", getattr(member, "func", member)))
    return not name.startswith("_") and getattr(function, "__module__", "").startswith("mixtura.")


def linked(text):
    """Return the full name of the public thing that a piece of code names, or None."""
    name, _, member = text.removeprefix("mixtura.").removesuffix("()").partition(".")
    if name not in mixtura.__all__:
        return None
    if member and not public_member(getattr(mixtura, name), member):
        return None
    return f"mixtura.{name}{'.' if member else ''}{member}"


class LinkNames(SphinxTransform):
    default_priority = 500

    def apply(self, **_options):
        for code in list(self.document.findall(nodes.literal)):
            target = linked(code.astext())
            if target is None or any(isinstance(parent, (nodes.reference, pending_xref, nodes.title)) for parent in _above(code)):
                continue
            link = pending_xref("", refdomain="py", reftype="obj", reftarget=target, refdoc=self.env.docname)
            code.replace_self(link)
            link += code


def _above(node):
    while node.parent is not None:
        node = node.parent
        yield node


def skip_inherited(_app, _what, name, member, skip, _options):
    """Leave out what scikit-learn's base classes give an estimator: its own pages document it."""
    function = getattr(member, "__func__", member)
    module = getattr(function, "__module__", None) or ""
    return True if module.startswith("sklearn.") or (name.startswith("set_") and name.endswith("_request")) else None


def setup(app):
    app.add_transform(LinkNames)
    app.connect("autodoc-skip-member", skip_inherited)
    return {"parallel_read_safe": True}
