"""The countries of the map of activity: outlines from world-atlas, codes from i18n-iso-countries (packages of npm).

npm pack world-atlas@2.0.2 i18n-iso-countries@7.14.0, unpack each into a folder of its name, and
.venv/bin/python docs/world_map.py FOLDER

world-atlas has the outlines of Natural Earth, which are in the public domain. Countries too small for the scale of
1:110 million are points, in the middle of their largest part at 1:50 million.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

MADE = Path(__file__).resolve().parents[1] / "analytics_assets" / "reports" / "world.json"
SOURCE = "Natural Earth 1:110m (public domain), by way of world-atlas 2.0.2"
DIGITS = 1
"""Of a degree: 11 km, a third of a pixel of the map."""
KOSOVO = ("XK", "XKX")
"""Codes that are in use where ISO has none."""
LEFT_OUT = "AQ"

Ring = list[tuple[float, float]]


def main() -> None:
    """Write the file that is packaged."""
    if len(sys.argv) != 2 or not (packages := Path(sys.argv[1])).is_dir():
        sys.exit(f"usage: {sys.argv[0]} FOLDER, which holds world-atlas/package and i18n-iso-countries/package")
    listed = json.loads((packages / "i18n-iso-countries/package/codes.json").read_text())
    codes = {number: (short, long) for short, long, number, _ in listed}
    large, small = (_countries(packages / f"world-atlas/package/countries-{scale}.json") for scale in ("110m", "50m"))
    countries, points = [], []
    for number, name, polygons in large:
        short, long = codes.get(number, KOSOVO if name == "Kosovo" else ("", ""))
        if short != LEFT_OUT:
            countries.append({"codes": [short, long] if short else [], "name": name, "polygons": polygons})
    drawn = {number for number, _, _ in large}
    for number, name, polygons in small:
        if number in codes and number not in drawn:
            points.append({"codes": [*codes[number]], "name": name, "middle": _middle(polygons)})
    world = {"source": SOURCE, "countries": countries, "points": points}
    MADE.write_text(json.dumps(world, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{MADE.name}: {len(countries)} countries, {len(points)} points, {MADE.stat().st_size / 1024:.0f} KB")


def _countries(path: Path) -> list[tuple[str, str, list[list[Ring]]]]:
    """ISO's number ("" without one), name and polygons of each country of a TopoJSON file."""
    world = json.loads(path.read_text())
    arcs = [_arc(arc, world["transform"]) for arc in world["arcs"]]
    found = []
    for one in world["objects"]["countries"]["geometries"]:
        parts = [one["arcs"]] if one["type"] == "Polygon" else one["arcs"]
        polygons = [[_ring(ring, arcs) for ring in part] for part in parts]
        # A ring of fewer than four places, of which the last is the first, is smaller than the digits tell.
        kept = [[ring for ring in polygon if len(ring) > 3] for polygon in polygons if len(polygon[0]) > 3]
        found.append((one.get("id", ""), one["properties"]["name"], kept or polygons[:1]))
    return found


def _arc(arc: list[list[int]], transform: dict[str, Any]) -> Ring:
    """Places of an arc, which is told by steps from each to the next."""
    (scale_x, scale_y), (from_x, from_y) = transform["scale"], transform["translate"]
    x = y = 0
    places = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        places.append((round(x * scale_x + from_x, DIGITS), round(y * scale_y + from_y, DIGITS)))
    return places


def _ring(numbers: list[int], arcs: list[Ring]) -> Ring:
    """Arcs one after the other; ~n is arc n the other way round. A place is not told twice in a row."""
    places: Ring = []
    for number in numbers:
        for place in arcs[number] if number >= 0 else reversed(arcs[~number]):
            if not places or places[-1] != place:
                places.append(place)
    return places


def _middle(polygons: list[list[Ring]]) -> tuple[float, float]:
    rings = [polygon[0] for polygon in polygons]
    widest = max(rings, key=lambda ring: (max(x for x, _ in ring) - min(x for x, _ in ring), len(ring)))
    ends = [(min(values), max(values)) for values in zip(*widest, strict=True)]
    return round(sum(ends[0]) / 2, DIGITS), round(sum(ends[1]) / 2, DIGITS)


if __name__ == "__main__":
    main()
