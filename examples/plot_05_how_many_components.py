"""
How many components
===================

More components always fit better, so a criterion charges for each parameter: the AIC charges two, the BIC the logarithm
of the number of rows. `MixtureSearch` fits every number of components, and each criterion has its minimum.
"""

import numpy as np

from mixtura import MixtureSearch, SelectionDisplay

rng = np.random.default_rng(0)
X = np.vstack(
    [
        rng.normal(size=(500, 2)) @ [[1.3, 0.8], [0.0, 0.4]],
        rng.normal(size=(500, 2)) @ [[0.5, 0.5], [0.0, 1.1]] + [3.5, -1.0],
        rng.normal(size=(250, 2)) * 0.7 + [0.0, 4.0],
    ]
)

search = MixtureSearch(range(1, 9), covariance_types=["full"], random_state=0).fit(X)
print(search.results_[["n_components", "aic", "bic"]].round(0).to_string(index=False))

SelectionDisplay.from_estimator(search, criteria=["bic", "aic"])

# %%
# How to read this
# ----------------
# Read each curve from left to right: it falls while a further component pays for its parameters, and its lowest point
# is marked. Both are lowest at three, the number of groups that were drawn. To the right the BIC climbs faster, because
# it charges more for a parameter. A flat valley would mean that several numbers are about as good.
