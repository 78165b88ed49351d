"""The work on tables: fit a model to one, decide which rows are anomalies, score every row, compare detectors.

It knows neither options nor a terminal: what is asked for are values, what is refused is raised as an error of
`mixtura.errors`, and what is done is told to a callback.
"""
