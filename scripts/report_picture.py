"""Draws docs/images/report.png: the top of the report of the README's table, in Chromium.

It needs playwright, pillow and a Chromium on the PATH.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "report.png"
WIDTH, HEIGHT = 1100, 1080


def page(folder: Path) -> Path:
    """Return the report of the diamonds, written into a folder."""
    shutil.copy(ROOT / "examples" / "data" / "diamonds.csv", folder)
    subprocess.run(
        [sys.executable, "-m", "mixtura", "detect", "diamonds.csv", "--quiet", "--report", "report.html"],
        cwd=folder,
        check=True,
    )
    return folder / "report.html"


def main() -> int:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium on the PATH")
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(page(Path(folder)).as_uri())
        tab.wait_for_timeout(1500)  # the charts are drawn by then
        tab.evaluate("document.getElementById('rows-title')?.scrollIntoView()" if "--rows" in sys.argv else "0")
        shot = tab.screenshot()
        browser.close()
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(128).save(PICTURE, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
