"""
Why a row is an anomaly
=======================

This is one of the three most unusual rows among 53,940 diamonds. The picture shows which of its cells are flagged, what
the other cells predict in their place, and how much each column adds to the surprise. The row itself shows what went
wrong: y, a width in millimetres, holds the percentage of depth, and z holds the number that would fit y.
"""

import pandas as pd

from mixtura import AnomalyDetector, ExplanationDisplay

diamonds = pd.read_csv("data/diamonds.csv").select_dtypes("number")
detector = AnomalyDetector(random_state=0).fit(diamonds)
lowest = detector.score_samples(diamonds).argsort()[:3]
print(diamonds.iloc[lowest])

ExplanationDisplay.from_estimator(detector, diamonds.loc[[24067]])

# %%
# How to read this
# ----------------
# Each bar is the share of a column in the surprise of the row, the largest first. The text beside it gives the value,
# how far it lies from the expected value in standard deviations (sd), and that value. Orange columns are flagged: y and
# z. With the expected values in both, the row is ordinary.
