"""
Missing values
==============

Values of the iris table are removed at random, as NaN. A mixture is fitted to what is left, once to the rows as they
are, once to the rows without holes, once to a table whose holes hold the mean of their column. Left: how likely the
complete table is under each. Right: three values in ten are missing, and `impute` says what they were.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_iris

from mixtura import GaussianMixture

X = load_iris().data
chance = np.random.default_rng(0).random(X.shape)


def fitted(table):
    """Return three components; the prior keeps them from collapsing when few rows are left."""
    return GaussianMixture(3, prior="default", random_state=0).fit(table)


shares = np.array([0.05, 0.1, 0.15, 0.2, 0.25, 0.3])
scores = {"NaN fitted as they are": [], "rows with NaN dropped": [], "NaN replaced by the mean": []}
for share in shares:
    holes = np.where(chance < share, np.nan, X)
    filled = np.where(np.isnan(holes), np.nanmean(holes, axis=0), holes)
    tables = holes, holes[~np.isnan(holes).any(axis=1)], filled
    for curve, table in zip(scores.values(), tables, strict=True):
        curve.append(fitted(table).score(X))
print(f"rows left at the end when those with NaN are dropped: {len(tables[1])} of {len(X)}")

missing = np.isnan(holes)  # of the last share, three values in ten
guesses = fitted(holes).impute(holes)
errors = [np.sqrt(np.mean((table - X)[missing] ** 2)) for table in (guesses, filled)]
print(f"root mean square error: {errors[0]:.2f} cm, of the mean of the column {errors[1]:.2f} cm")

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for (name, curve), color in zip(scores.items(), ("#0072B2", "#E69F00", "#8C8C8C"), strict=True):
    left.plot(100 * shares, curve, "o-", color=color, label=name)
left.axhline(fitted(X).score(X), color="black", linestyle="--", label="nothing missing")
left.set(xlabel="values missing, per cent", ylabel="log-likelihood of a complete row, nats")
left.legend(frameon=False)
right.axline((0, 0), slope=1, color="0.7")
right.plot(X[missing], filled[missing], ".", color="#8C8C8C", label="mean of the column")
right.plot(X[missing], guesses[missing], ".", color="#0072B2", label="impute")
right.set(xlabel="value removed, cm", ylabel="value filled in, cm")
right.legend(frameon=False)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)

# %%
# How to read this
# ----------------
# Left: higher is better, and the dashed line is the fit to the complete table. Fitting the NaN as they are stays
# nearest to it; dropping rows loses rows, and means distort the fit. Right: points on the diagonal are filled in
# correctly. The mean of the column draws horizontal lines; `impute` follows the diagonal.
