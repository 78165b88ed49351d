"""
A report
========

The report is one page that opens in any browser, offline. Move the threshold, sort the rows, search them. Below the
page are the command, its answer and the table that it wrote.
"""

import html
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from mixtura import DensityDisplay

command = "mixtura detect diamonds.csv --rate 0.002 --report diamonds.html"
with TemporaryDirectory() as folder:
    shutil.copy("data/diamonds.csv", folder)
    run = [sys.executable, "-m", *command.split()]
    answer = subprocess.run(run, cwd=folder, check=True, capture_output=True, text=True).stdout
    scored = pd.read_csv(Path(folder, "diamonds.scored.csv"))
    page = Path(folder, "diamonds.html").read_text(encoding="utf-8")


class Frame:
    """A page within this page."""

    def _repr_html_(self):
        source = html.escape(page).replace("\n", "&#10;")
        return f'<iframe srcdoc="{source}" title="The report" style="width: 100%; height: 45rem; border: 0"></iframe>'


# sphinx_gallery_capture_repr_block = ("_repr_html_",)
Frame()

# %%
# The command and its answer
# --------------------------

print(command, answer, sep="\n\n")

# %%
# The table has all columns of the file, a score for every row, and a reason for those that are flagged. Some lie
# among all others here: what is wrong with them is in another column.

DensityDisplay.from_predictions(scored[["carat", "price"]], -scored.anomaly_score, rate=0.002)
