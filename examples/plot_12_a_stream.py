"""
A stream
========

Rows arrive in batches of 500, and none is kept: `partial_fit` moves the mixture by one step for each batch. The picture
shows the Kullback-Leibler divergence of the mixture from the distribution that the rows were drawn from. For
comparison, other fits start anew with all the rows so far in memory.
"""

import matplotlib.pyplot as plt
import numpy as np

from mixtura import Full, GaussianMixture, Mixture

random = np.random.RandomState(2)
roots = random.normal(size=(4, 3, 3))
covariances = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(3)
truth = Mixture([0.4, 0.3, 0.2, 0.1], random.uniform(-9, 9, (4, 3)), Full(covariances, 4, 3))
X = random.permutation(truth.sample(50_000, random)[0])
fresh, _ = truth.sample(200_000, random)


def divergence(estimator):
    """Return the mean log density that the estimator loses on rows it never saw."""
    return np.mean(truth.log_density(fresh)) - estimator.score(fresh)


stream = GaussianMixture(4, n_init=5, random_state=0)
seen, of_stream = [], []
for batch in np.split(X, 100):
    stream.partial_fit(batch)
    seen.append(500 * stream.n_iter_)
    of_stream.append(divergence(stream))
sizes = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000]
anew = GaussianMixture(4, n_init=5, tol=1e-6, max_iter=1000, random_state=0)
of_fits = [divergence(anew.fit(X[:size])) for size in sizes]

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.loglog(sizes, of_fits, "o--", color="#8C8C8C", label="fit to all rows so far")
ax.loglog(seen, of_stream, "-", color="#0072B2", label="partial_fit, one batch after the other")
ax.set(xlabel="rows seen", ylabel="divergence, nats a row")
ax.xaxis.set_major_formatter("{x:,.0f}")
ax.yaxis.set_major_formatter("{x:g}")
ax.grid(color="0.9")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)

# %%
# How to read this
# ----------------
# Lower is better: the divergence is what a fit loses, on average, in the log density of a new row. The grey line fits
# all rows so far again and again. The blue line moves by one step for each batch, and stays within about twice the grey
# one, with no row kept. It forgets a poor start slowly: `n_init=5` makes five starts for the first batch.
