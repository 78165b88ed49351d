"""Everything public is documented in full, by rules of our own on top of numpydoc's reading of docstrings.

1. The summary is one line that begins with a capital letter and ends with a full stop. A docstring may be inherited.
2. A class or function documents each of its parameters, and no other; a frozen value may document its fields under
   Attributes. It has an example, and a function says what it returns.
3. A method may be documented in few words: it then names its parameters in backquotes, and its summary says what it
   returns. What it documents in a section has to be in its signature.
4. What a function or method raises by itself is under Raises, or the base of it is.

What scikit-learn's base classes give an estimator is documented there.
"""

import ast
import builtins
import inspect
import re
import textwrap
from functools import cache, cached_property

from numpydoc.docscrape import NumpyDocString

import mixtura

CLASSES = [name for name in mixtura.__all__ if inspect.isclass(getattr(mixtura, name))]
FUNCTIONS = sorted(set(mixtura.__all__) - set(CLASSES))


def plain(member):
    """Return the function behind a method, class method, property or scikit-learn's `available_if`."""
    for wrapper in ("__func__", "fget", "func", "fn"):
        member = getattr(member, wrapper, member)
    return member


def methods_of(cls):
    """Return the public methods and properties of a class that are ours, by name."""
    found = {name: inspect.getattr_static(cls, name) for name in dir(cls) if not name.startswith("_")}
    return {
        name: member
        for name, member in found.items()
        if str(getattr(plain(member), "__module__", "")).startswith("mixtura.") and callable(plain(member))
    }


def function_of(name):
    """Return the function that a public name or method is."""
    owner, _, method = name.partition(".")
    thing = getattr(mixtura, owner)
    return plain(methods_of(thing)[method]) if method else thing


METHODS = [f"{name}.{method}" for name in CLASSES for method in methods_of(getattr(mixtura, name))]


@cache
def docstring(name):
    """Return the docstring of a public name or method, as written and as numpydoc reads it."""
    owner, _, member = name.partition(".")
    thing = getattr(mixtura, owner)
    things = [vars(base)[member] for base in thing.__mro__ if member in vars(base)] if member else [thing]
    text = next(filter(None, map(inspect.getdoc, map(plain, things))), "")
    return text, NumpyDocString(text)


def described(sections):
    """Return the names that sections of parameters describe, several of them in one entry perhaps."""
    return {
        name.strip().lstrip("*")
        for entry in sections
        if entry.desc or entry.type == "ignored"
        for name in entry.name.split(",")
    }


def signature_of(thing):
    names = inspect.signature(thing).parameters
    return {name for name in names if name not in ("self", "cls") and not name.startswith("_")}


def test_summaries_are_one_sentence_in_one_line():
    def is_one(name):
        summary = docstring(name)[1]["Summary"]
        return len(summary) == 1 and re.fullmatch(r"[A-Z`].*\.", summary[0])

    assert [name for name in (*CLASSES, *FUNCTIONS, *METHODS) if not is_one(name)] == []


def test_parameters_are_those_of_the_signature():
    def documented(name):
        _, doc = docstring(name)
        signature = signature_of(getattr(mixtura, name))
        fields = described(doc["Attributes"]) if not described(doc["Parameters"]) else set()
        return (described(doc["Parameters"]) | (fields & signature)) == signature

    assert [name for name in (*CLASSES, *FUNCTIONS) if not documented(name)] == []


def test_classes_and_functions_have_an_example():
    assert [name for name in (*CLASSES, *FUNCTIONS) if ">>> " not in docstring(name)[0]] == []


def test_functions_say_what_they_return():
    def says_so(name):
        annotation = inspect.signature(getattr(mixtura, name)).return_annotation
        return bool(docstring(name)[1]["Returns"]) == (annotation is not None)

    assert [name for name in FUNCTIONS if not says_so(name)] == []


def test_methods_name_their_parameters():
    def named(name):
        function = function_of(name)
        given = signature_of(function) if inspect.isroutine(function) else set()
        text, doc = docstring(name)
        left = given - described(doc["Parameters"]) - set(re.findall(r"`(\w+)`", text))
        return described(doc["Parameters"]) <= given and left <= {"y"}  # which is ignored

    assert [name for name in METHODS if not named(name)] == []


def test_methods_say_what_they_return():
    def says_so(name):
        _, doc = docstring(name)
        member = methods_of(getattr(mixtura, name.split(".")[0]))[name.split(".")[1]]
        is_value = isinstance(member, (property, cached_property))
        returns_nothing = inspect.signature(function_of(name)).return_annotation is None
        return doc["Returns"] or is_value or returns_nothing or re.search(r"\b[Rr]eturn|^Draw", doc["Summary"][0])

    assert [name for name in METHODS if not says_so(name)] == []


def test_functions_and_methods_say_what_they_raise():
    def unsaid(name):
        tree = ast.parse(textwrap.dedent(inspect.getsource(function_of(name))))
        calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
        raised = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
        text, doc = docstring(name)
        said = {word for entry in doc["Raises"] for word in re.findall(r"\w+", f"{entry.name} {entry.type}")}
        said |= {*re.findall(r"`(\w+)`", text), "AttributeError"}  # properties say for which parameters they are there
        known = vars(builtins) | function_of(name).__globals__
        return [error for error in raised if not {base.__name__ for base in known[error].__mro__} & said]

    assert {name: unsaid(name) for name in (*FUNCTIONS, *METHODS) if unsaid(name)} == {}


def test_there_are_names_to_look_at():
    assert {"GaussianMixture.fit", "GaussianMixture.partial_fit", "Mixture.impute", "Full.dense"} <= set(METHODS)
    assert not any("get_params" in name or "set_fit_request" in name for name in METHODS)
