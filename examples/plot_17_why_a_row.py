"""
Why a row is an anomaly
=======================

One of the three least usual among 53,940 diamonds, and why: which of its cells are flagged, what the other cells
predict in their place, and how much each column adds to the surprise. The row says itself what went wrong: y, a width
in millimetres, holds the percentage of depth, and z the number that would fit y.
"""

import pandas as pd

from mixtura import AnomalyDetector, ExplanationDisplay

diamonds = pd.read_csv("data/diamonds.csv").select_dtypes("number")
detector = AnomalyDetector(random_state=0).fit(diamonds)
lowest = detector.score_samples(diamonds).argsort()[:3]
print(diamonds.iloc[lowest])

ExplanationDisplay.from_estimator(detector, diamonds.loc[[24067]])
