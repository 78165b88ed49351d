"""From the scores of a table to the threshold that decides which rows are anomalies."""
