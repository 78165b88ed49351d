import os
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden" / "display"

# Root mean square of differences in grey levels of 255: fonts are hinted by a library that matplotlib brings along, so
# that what is left is rounding of coordinates. A moved line or another colour makes 3 and more.
_TOLERANCE = 1.5


@pytest.fixture
def picture(need, tmp_path):
    """Compare a figure with its golden picture; `MIXTURA_UPDATE_GOLDEN=1 pytest tests/display` draws them anew."""
    matplotlib = need("matplotlib")
    compare = need("matplotlib.testing.compare").compare_images
    plt = need("matplotlib.pyplot")
    settings = {**matplotlib.rcParamsDefault, "figure.figsize": (5.0, 3.6), "figure.dpi": 80, "savefig.dpi": 80}
    settings = {name: value for name, value in settings.items() if name not in ("backend", "backend_fallback")}

    def check(figure, name):
        drawn = tmp_path / f"{name}.png"
        figure.savefig(drawn, metadata={"Software": None})
        kept = GOLDEN / f"{name}.png"
        if os.environ.get("MIXTURA_UPDATE_GOLDEN") == "1":
            kept.write_bytes(drawn.read_bytes())
        return compare(str(kept), str(drawn), tol=_TOLERANCE) is None

    with matplotlib.rc_context(settings):
        plt.switch_backend("agg")
        yield check
        plt.close("all")
