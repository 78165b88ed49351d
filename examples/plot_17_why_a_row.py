"""
Why a row is an anomaly
=======================

The least usual of 53,940 diamonds, and what is unusual about it: each value beside what the detector expected.
"""

import pandas as pd

from mixtura import AnomalyDetector, ExplanationDisplay

diamonds = pd.read_csv("data/diamonds.csv").select_dtypes("number")
detector = AnomalyDetector(random_state=0).fit(diamonds)
lowest = detector.score_samples(diamonds).argsort()[:3]
print(diamonds.iloc[lowest])

ExplanationDisplay.from_estimator(detector, diamonds.iloc[lowest[:1]])
