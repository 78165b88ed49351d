"""The colours that pictures and reports share."""

# Okabe and Ito (2002), "Color universal design": told apart with every common kind of colour vision. No group has the
# colour of anomalies, nor yellow, of which lines are lost on white. The fifth is wine, of Tol (2021), "Colour
# schemes": a second blue looks like the first.
GROUPS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#882255", "#000000")
ANOMALY = "#D55E00"
QUIET = "#8C8C8C"


def group_color(component: int) -> str:
    """Return the colour of a component: those past the sixth begin again."""
    return GROUPS[component % len(GROUPS)]
