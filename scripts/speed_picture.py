"""Draws docs/images/speed.svg: how many times faster than scikit-learn, from the tables of docs/performance.md.

With --check nothing is written: the picture has to be that of the tables.
"""

import re
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "speed.svg"
TABLES = ROOT / "docs" / "performance.md"
COMMAND = "python -m benchmarks iteration elliptic forest neighbors svm"

# What a bar says, and the cell of the tables that it takes its number from: the start of a row, and the column.
BARS = (
    ("EM iteration, 500,000 × 8, 16 components", "| 500,000 × 8, 16 |", 1),
    ("EllipticEnvelope.fit, 50,000 × 10", "| `EllipticEnvelope.fit`, no outliers and 20 % | 50,000 × 10 |", 4),
    ("IsolationForest.fit, 500,000 × 10", "| `IsolationForest.fit`, 100 trees | 500,000 × 10 |", 4),
    ("LocalOutlierFactor.fit_predict, 50,000 × 8", "| `LocalOutlierFactor.fit_predict`, one group and eight |", 4),
    ("OneClassSVM.fit, 20,000 × 10", "| `OneClassSVM.fit`, ν = 0.1 |", 4),
)
ROW, LEFT, RIGHT, WIDTH = 30, 330, 60, 760


def ratios(text: str) -> list[tuple[str, float]]:
    """Return what each bar says and how long it is.

    Raises
    ------
    ValueError
        The tables have no such row.
    """
    found = []
    for label, start, column in BARS:
        line = next((line for line in text.splitlines() if line.startswith(start)), None)
        if line is None:
            raise ValueError(f"{TABLES.name} has no row that starts with {start!r}")
        cell = line.strip("| ").split(" | ")[column]
        found.append((label, float(re.findall(r"[\d.]+", cell)[0])))
    return found


def draw(bars: list[tuple[str, float]]) -> str:
    """Return bars as a picture that reads on light and dark pages."""
    longest, height = max(ratio for _, ratio in bars), ROW * len(bars) + 62
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="14" fill="#1f2328">',
        "<title>Times faster than scikit-learn</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        '<text x="16" y="27" font-weight="bold">Times faster than scikit-learn, two cores</text>',
    ]
    for place, (label, ratio) in enumerate(bars):
        y, length = 40 + ROW * place, (WIDTH - LEFT - RIGHT) * ratio / longest
        lines += [
            f'<text x="{LEFT - 10}" y="{y + 18}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LEFT}" y="{y + 4}" width="{length:.1f}" height="{ROW - 10}" rx="3" fill="#1f77b4"/>',
            f'<text x="{LEFT + length + 8:.1f}" y="{y + 18}" font-weight="bold">{ratio:g} ×</text>',
        ]
    lines += [f'<text x="16" y="{height - 10}" font-size="12" fill="#59636e">{escape(COMMAND)}</text>', "</svg>"]
    return "\n".join(lines) + "\n"


def main() -> int:
    picture = draw(ratios(TABLES.read_text()))
    if "--check" not in sys.argv:
        PICTURE.write_text(picture)
        return 0
    if PICTURE.read_text() == picture:
        return 0
    print(f"{PICTURE.relative_to(ROOT)} differs from {TABLES.name}: run scripts/speed_picture.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
