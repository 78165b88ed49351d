"""What a table is fitted with when its user says nothing: its columns are scaled first."""

# Added to every variance, as a fraction of the column's. Tables hold rounded and discrete columns (prices that end in
# 9, grades from 1 to 5): with scikit-learn's 1e-6 a component collapses onto a value that repeats, its density there
# has no bound, and the criterion prefers it to every honest group. A floor of 3 % of the column's standard deviation
# is below what makes a row an anomaly and well above rounding.
REG_COVAR = 1e-3

# Of the search. What a finer tolerance gains shows in criteria that differ by less than one: a first look at a table
# does not need it.
TOL, MAX_ITER = 1e-3, 100

# Enough starts that one bad division into clusters does not decide.
N_INIT = 3

DEFAULT_COUNTS = range(1, 10)
# By default no more components than leave each so many rows on average: with fewer a mean is mostly noise.
_ROWS_PER_COMPONENT = 10


def default_counts(n_rows: int) -> list[int]:
    """Return the numbers of components to try."""
    most = max(1, n_rows // _ROWS_PER_COMPONENT)
    return [count for count in DEFAULT_COUNTS if count <= most]
