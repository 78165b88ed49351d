"""
A report
========

The command line writes what it found as one page that opens in any browser, without a network. Below are the command,
its answer, the table that it wrote, and the page itself: move the threshold, sort the rows, search them.
"""

import html
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from mixtura import DensityDisplay

folder = Path(tempfile.mkdtemp())
page, table = folder / "diamonds.html", folder / "diamonds.parquet"
command = ["mixtura", "detect", "data/diamonds.csv", "--rate", "0.002", "--out", str(table), "--report", str(page)]
print("mixtura detect data/diamonds.csv --rate 0.002 --out diamonds.parquet --report diamonds.html\n")
done = subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, text=True)
print(done.stdout.replace(str(folder) + "/", ""))

# %%
# Every row has a score in the table, and those that are flagged have a reason.

scored = pd.read_parquet(table)
print(*scored.nlargest(5, "anomaly_score").reason, sep="\n")
DensityDisplay.from_predictions(scored[["carat", "price"]], -scored.anomaly_score, rate=0.002)

# %%
# The page
# --------
# sphinx_gallery_capture_repr_block = ("_repr_html_",)


class Frame:
    """A page within this page."""

    def _repr_html_(self):
        source = html.escape(page.read_text(encoding="utf-8"))
        return f'<iframe srcdoc="{source}" title="The report" style="width: 100%; height: 45rem; border: 0"></iframe>'


Frame()
