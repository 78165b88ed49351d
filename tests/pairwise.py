"""Cases of a product of parameters in which any two values meet that meet in the whole product.

Most faults need one value, or two together (Kuhn, Wallace and Gallo 2004, "Software fault interactions and implications
for software testing"), and pairs need far fewer cases than the product has: for three parameters of 25, 10 and 4 values
about 250 instead of 1000.
"""

from collections import Counter
from itertools import combinations


def cover_pairs(cases):
    """Choose some of the cases, tuples of values, by a greedy search without chance.

    The next case is the one with the most pairs of values that no chosen one has; of several, the one whose values were
    chosen least often, so that no value is preferred; then the first. Cases need not be a whole product: pairs that
    none of them has are not asked for. Positions come back in order.
    """
    values = [tuple(enumerate(case)) for case in cases]
    left = {position: set(combinations(pairs, 2)) for position, pairs in enumerate(values)}
    if any(len(case) < 2 for case in cases):
        return list(left)
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
