"""
A threshold from labels
=======================

The table has 357 benign tumours and 100 malignant ones, whose cells were measured in thirty columns. The detector
learns from 150 benign tumours. One half of the others sets the threshold, so that 90 % of its malignant tumours are
found. The other half, which is drawn, tests this threshold.
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from mixtura import AnomalyDetector, PrecisionRecallCurve, ThresholdDisplay

table, is_benign = load_breast_cancer(return_X_y=True)
benign, malignant = table[is_benign == 1], table[is_benign == 0][:100]
X, y = np.concatenate([benign[150:], malignant]), np.repeat([0, 1], [207, 100])

scores = AnomalyDetector(random_state=0).fit(benign[:150]).score_samples(X)
half, rest, y_half, y_rest = train_test_split(scores, y, test_size=0.5, stratify=y, random_state=0)

threshold = PrecisionRecallCurve.from_scores(half, y_half).threshold_for(recall=0.9)
found = PrecisionRecallCurve.from_scores(rest, y_rest).at(threshold)
print(f"threshold {threshold:.3f}: precision {found.precision:.2f}, recall {found.recall:.2f} on the other half")

ThresholdDisplay.from_predictions(rest, y_rest, threshold=threshold)

# %%
# How to read this
# ----------------
# The upper panel counts rows by score, benign and malignant apart; rows on the anomalous side of the line are flagged.
# The lower panel shows precision and recall for every place of the line. The line was chosen on the other half of the
# rows, so the two figures at it are an honest estimate. Moving the threshold refits nothing.
