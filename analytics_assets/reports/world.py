"""World: the countries of a map, with their outlines and ISO codes.

Belongs here: reading world.json, finding a country by its code. Does not: drawing (country_map.py), how the file comes
about (docs/world_map.py). Where a border runs is what Natural Earth says; nothing else hangs on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("world.json")


@dataclass(frozen=True, kw_only=True, eq=False)
class Country:
    """codes: of ISO 3166-1, of two letters and of three; none for a territory that has no code.

    polygons: longitude and latitude of outlines; none for a country that is too small for them. middle: its place then.
    """

    name: str
    codes: tuple[str, ...]
    polygons: list[Any]
    middle: tuple[float, float] | None


@cache
def countries() -> tuple[Country, ...]:
    """All that the map shows."""
    world = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Country(
            name=one["name"],
            codes=tuple(one["codes"]),
            polygons=one.get("polygons", []),
            middle=tuple(one["middle"]) if "middle" in one else None,
        )
        for one in (*world["countries"], *world["points"])
    )


def events_by_country(values: Mapping[str, int]) -> tuple[dict[Country, int], dict[str, int]]:
    """Events of each country that a value names by a code, in any case, and of the values that name none."""
    by_code = {code: country for country in countries() for code in country.codes}
    found: dict[Country, int] = {}
    others: dict[str, int] = {}
    for value, events in values.items():
        country = by_code.get(value.strip().upper())
        if country is None:
            others[value] = events
        else:
            found[country] = found.get(country, 0) + events
    return found, others


def outlines(drawn: Iterable[Country]) -> dict[str, Any]:
    """Countries as GeoJSON, each with its name as its id."""
    features = [
        {
            "type": "Feature",
            "id": country.name,
            "properties": {},
            "geometry": {"type": "MultiPolygon", "coordinates": country.polygons},
        }
        for country in drawn
    ]
    return {"type": "FeatureCollection", "features": features}
