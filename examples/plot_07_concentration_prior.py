"""
A low and a high concentration prior
====================================

Three groups, a Bayesian mixture that may use up to six components, and two opinions about their weights. With a
concentration of 0.01 a few components take all rows. With 1,000 the prior counts as a thousand rows in each component:
all six stay, at nearly equal weights, and share the groups among them.
"""

import matplotlib.pyplot as plt
import numpy as np

from mixtura import BayesianGaussianMixture, DensityDisplay, WeightsDisplay

rng = np.random.default_rng(0)
X = np.vstack(
    [
        rng.normal(size=(200, 2)) @ [[1.3, 0.8], [0.0, 0.4]],
        rng.normal(size=(200, 2)) @ [[0.5, 0.5], [0.0, 1.1]] + [3.5, -1.0],
        rng.normal(size=(100, 2)) * 0.7 + [0.0, 4.0],
    ]
)

figure, axes = plt.subplots(2, 2, figsize=(9, 7), height_ratios=(2, 1), layout="constrained")
for (above, below), concentration in zip(axes.T, (0.01, 1000), strict=True):
    mixture = BayesianGaussianMixture(
        n_components=6,
        weight_concentration_prior_type="dirichlet_distribution",
        weight_concentration_prior=concentration,
        max_iter=1000,
        random_state=0,
    ).fit(X)
    print(f"{concentration:g}: weights {np.sort(mixture.weights_)[::-1].round(3)}")
    DensityDisplay.from_estimator(mixture, X, ax=above, contours=False, legend=False)
    above.set_title(f"weight_concentration_prior={concentration:g}")
    WeightsDisplay.from_estimator(mixture, ax=below)
    below.set_ylim(0, 0.55)
for ax in axes[:, 1]:
    ax.set_ylabel("")

# %%
# How to read this
# ----------------
# Each column is one fit. The bars below have the colours of the components above. On the left, a low concentration
# leaves three components in use, and crosses mark the others as switched off. On the right, all six stay in use, near
# the dashed line of equal weights, and share the groups among them.
