"""Cases of a product of parameters: by default enough for any two values to meet, or for any value to occur.

Most faults need one value, or two together (Kuhn, Wallace and Gallo 2004, "Software fault interactions and implications
for software testing"), and pairs need far fewer cases than the product has: for three parameters of 25, 10 and 4 values
250 instead of 1000. Tests are marked `pairwise`, `each_value` or `one_case`; products of many cases are drawn without a
mark, each value once, and of seeds one runs. `--exhaustive` runs all cases of a product, or pairs where there are many.
"""

from collections import Counter
from functools import partial
from itertools import combinations

import pytest
from hypothesis import is_hypothesis_test, settings

# How many values together have to meet.
STRENGTHS = {"one_case": 0, "each_value": 1, "pairwise": 2}

# A product of more cases than this is drawn without a mark too: each value.
LARGEST = 4

# Under `--exhaustive` any two values meet in a product of more cases than this, and smaller ones are whole.
LARGEST_WHOLE = 20


def exhaustive(*values):
    """Mark values that run under `--exhaustive` only: of one parameter, or tuples of values of several."""
    tuples = (value if isinstance(value, tuple) else (value,) for value in values)
    return [pytest.param(*each, marks=pytest.mark.exhaustive) for each in tuples]


def cover(cases, strength):
    """Choose some of the cases, tuples of values, by a greedy search without chance.

    In the chosen ones so many values meet as meet in any case: 1 for each value by itself, 2 for pairs; 0 for one case,
    the first. The next case
    is the one with the most meetings that no chosen one has; of several, the one whose values were chosen least often,
    so that no value is preferred; then the first. Positions come back in order.
    """
    values = [tuple(enumerate(case)) for case in cases]
    left = {position: set(combinations(case, min(strength, len(case)))) for position, case in enumerate(values)}
    used, chosen = Counter(), []
    while left:
        best = min(left, key=lambda position: (-len(left[position]), sum(used[value] for value in values[position])))
        chosen.append(best)
        used.update(values[best])
        covered = left.pop(best)
        for position in list(left):
            left[position] -= covered
            if not left[position]:
                del left[position]
    return sorted(chosen)


def case_of(item):
    """Return what tells a test's cases apart, one value for each list of parameters.

    Values that stand in one list are one. So are a check of scikit-learn's and the class that it is for: each check
    meets each class.
    """
    parameters = dict(item.callspec.params)
    lists = [
        [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]
        for names in (mark.args[0] for mark in item.iter_markers("parametrize"))
    ]
    if ["estimator", "check"] in lists:
        estimator, check = parameters["estimator"], parameters["check"]
        assert isinstance(check, partial)
        return (type(estimator), check.func, check.args, str(check.keywords)), id(estimator)
    listed = [tuple(id(parameters.pop(name)) for name in names if name in parameters) for names in lists]
    return *listed, *map(id, parameters.values())


def other_seeds(items):
    """Return the tests of all seeds but the first, where a test has a list of seeds."""
    first, others = {}, set()
    for item in items:
        if any(mark.args[0] == "seed" for mark in item.iter_markers("parametrize")):
            seed = item.callspec.params["seed"]
            if first.setdefault(item.nodeid.partition("[")[0], seed) != seed:
                others.add(item)
    return others


def products_of(items):
    """Yield the cases of each test that has some, and how they are marked."""
    products = {}
    for item in items:
        if hasattr(item, "callspec"):
            marked = next((name for name in STRENGTHS if item.get_closest_marker(name)), None)
            products.setdefault((item.nodeid.partition("[")[0], marked), []).append(item)
    for (_, marked), product in products.items():
        yield product, marked


def not_covering(product, strength):
    """Return the cases of a product that a cover of this strength does without."""
    chosen = cover([case_of(item) for item in product], strength)
    return {*product} - {product[position] for position in chosen}


def left_out(items):
    """Return the tests that a default run leaves out."""
    found = {item for item in items if item.get_closest_marker("exhaustive")}
    found |= other_seeds([item for item in items if item not in found])
    for product, marked in products_of([item for item in items if item not in found]):
        if marked or (len(product) > LARGEST and len(case_of(product[0])) > 1):
            found |= not_covering(product, STRENGTHS[marked or "each_value"])
    return found


def left_out_of_all(items):
    """Return the tests that even a run of all of them leaves out."""
    found = set()
    for product, marked in products_of(items):
        if marked == "one_case":
            found |= not_covering(product, 1)
        elif len(product) > LARGEST_WHOLE and len(case_of(product[0])) > 2:
            found |= not_covering(product, 2)
    return found


def draw_few(items):
    """Let the tests that hypothesis draws examples for have a tenth of them, and five where there are so many."""
    for test in {item.function for item in items if is_hypothesis_test(getattr(item, "function", None))}:
        whole = test._hypothesis_internal_use_settings or settings.default
        few = max(min(whole.max_examples, 5), whole.max_examples // 10)
        test._hypothesis_internal_use_settings = settings(whole, max_examples=few)
