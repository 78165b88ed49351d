"""
Six detectors on five shapes
============================

Each table has 300 rows, 45 of them scattered at random, and each detector is told that 15 % of the rows are outliers.
A line of panels is a table, a column a detector: rows in its shaded region belong, those in orange are flagged.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_blobs, make_circles, make_moons

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    OneClassSVM,
)

N, SHARE = 255, 0.15
tables = [
    make_blobs(N, centers=[[0, 0]], cluster_std=1.2, random_state=0)[0],
    make_blobs(N, centers=[[-2.5, -2.5], [2.5, 2.5]], cluster_std=0.7, random_state=0)[0],
    make_blobs(N, centers=[[-2.5, -2.5], [2.5, 2.5]], cluster_std=[1.5, 0.3], random_state=0)[0],
    4 * (make_moons(N, noise=0.05, random_state=0)[0] - [0.5, 0.25]),
    4 * make_circles(N, noise=0.05, factor=0.99, random_state=0)[0],
]
detectors = [
    AnomalyDetector(contamination=SHARE, random_state=0),
    MixtureDetector(contamination=SHARE, random_state=0),
    LocalOutlierFactor(contamination=SHARE, novelty=True),
    IsolationForest(contamination=SHARE, random_state=0),
    OneClassSVM(nu=SHARE, gamma=0.3),
    EllipticEnvelope(contamination=SHARE, random_state=0),
]
across, up = np.meshgrid(np.linspace(-7, 7, 100), np.linspace(-7, 7, 100))
grid = np.column_stack([across.ravel(), up.ravel()])
scattered = np.random.default_rng(0).uniform(-6.5, 6.5, (45, 2))

figure, axes = plt.subplots(5, 6, figsize=(10, 8.5), sharex=True, sharey=True, layout="constrained")
for line, table in zip(axes, tables, strict=True):
    X = np.vstack([table, scattered])
    for ax, detector in zip(line, detectors, strict=True):
        inside = detector.fit(X).decision_function(grid).reshape(across.shape)
        ax.contourf(across, up, inside, levels=[0, np.inf], colors=["#DCE9F3"])
        ax.contour(across, up, inside, levels=[0], colors=["#0072B2"], linewidths=1)
        flagged = detector.decision_function(X) < 0
        ax.scatter(*X[~flagged].T, s=3, color="#595959")
        ax.scatter(*X[flagged].T, s=5, color="#D55E00")
        ax.set(xticks=[], yticks=[], aspect="equal")
for ax, detector in zip(axes[0], detectors, strict=True):
    ax.set_title(type(detector).__name__, fontsize=10)

# %%
# How to read this
# ----------------
# A line of panels is a table, a column a detector: rows in its shaded region belong, those in orange are flagged. Look
# for regions with the shape of the table. One ellipse suits the first table only. The support vector machine draws
# islands round scattered rows that lie near one another. The forest cuts along the axes, and fills corners. The
# mixture, the ensemble of mixtures and the local outlier factor follow all five.
