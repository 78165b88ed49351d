"""Pictures after scikit-learn's convention: the displays, and what they draw with."""
