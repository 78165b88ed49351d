"""
A threshold from labels
=======================

Tumour cells of 357 benign and 40 malignant samples, measured in thirty columns. The detector does not see the labels; they
choose the threshold: on one half of the rows, as low as a recall of 80 % allows. The other half says what that finds.
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from mixtura import AnomalyDetector, PrecisionRecallCurve, ThresholdDisplay

table, is_benign = load_breast_cancer(return_X_y=True)
benign, malignant = table[is_benign == 1], table[is_benign == 0][:40]
X, y = np.vstack([benign, malignant]), np.repeat([0, 1], [len(benign), len(malignant)])

scores = AnomalyDetector(random_state=0).fit(X).score_samples(X)
half, rest, y_half, y_rest = train_test_split(scores, y, test_size=0.5, stratify=y, random_state=0)

threshold = PrecisionRecallCurve.from_scores(half, y_half).threshold_for(recall=0.8)
found = PrecisionRecallCurve.from_scores(rest, y_rest).at(threshold)
print(f"threshold {threshold:.3f}: precision {found.precision:.2f}, recall {found.recall:.2f} on the other half")

ThresholdDisplay.from_predictions(rest, y_rest, threshold=threshold)
