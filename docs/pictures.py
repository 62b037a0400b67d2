"""The pictures of docs/metrics.md: charts of the demo's pages, as PNG files in docs/images. Needs Chromium.

make demo && .venv/bin/python docs/pictures.py data/reports/notes
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests" / "browser"))

from chromium import find_chromium, opened, started  # noqa: E402

WIDTH = 720
CHARTS = {
    "active-users": ("dau", "lifecycle"),
    "sessions": ("session-length", "session-frequency", "entry-actions"),
    "activity": ("hours", "country-map"),
    "retention": ("retention", "retention-by-age", "retention-by-sign-up"),
    "load-times": ("load-times-last-versions",),
    "devices": ("device-differences",),
    "power-users": ("engagement-concentration",),
    "anomalies": ("watched-events", "unlikely-users"),
}
"""By page, the charts that are pictures."""
CARD = "document.getElementById('chart-{key}').closest('figure').getBoundingClientRect()"


def main() -> None:
    """Open each page, and save the cards of its charts."""
    if len(sys.argv) != 2 or not (pages := Path(sys.argv[1]).resolve()).is_dir():
        sys.exit(f"usage: {sys.argv[0]} FOLDER, where the pages of a feed are, such as data/reports/notes")
    program = find_chromium()
    if program is None:
        sys.exit("there is no Chromium: install it (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory() as profile, started(program, Path(profile)) as browser:
        for page, keys in CHARTS.items():
            with opened(browser, pages / f"{page}.html", WIDTH, "light") as shown:
                shown.wait_for("document.body.dataset.drawn")
                for key in keys:
                    sides = ", ".join(f"{name}: card.{name}" for name in ("x", "y", "width", "height"))
                    clip = shown.run(f"(() => {{ const card = {CARD.format(key=key)}; return {{{sides}}} }})()")
                    shot = shown.send("Page.captureScreenshot", clip={**clip, "scale": 1}, captureBeyondViewport=True)
                    path = DOCS / "images" / f"{key}.png"
                    path.write_bytes(base64.b64decode(shot["data"]))
                    print(f"{path.relative_to(DOCS)}  {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
