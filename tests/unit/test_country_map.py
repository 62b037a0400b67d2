"""The map of events: each country is found by its codes, and what is on no map is said."""

from __future__ import annotations

from collections import Counter

from analytics_assets.reports.country_map import country_map
from analytics_assets.reports.world import countries, events_by_country


def test_each_code_names_one_country_which_has_an_outline_or_a_place() -> None:
    codes = Counter(code for country in countries() for code in country.codes)
    assert {"DE", "DEU", "US", "TW", "XK", "SG", "SGP"} <= set(codes)
    assert [code for code, times in codes.items() if times > 1] == []
    assert {(len(country.codes), *map(len, country.codes)) for country in countries()} == {(2, 2, 3), (0,)}
    assert all(bool(country.polygons) != (country.middle is not None) for country in countries())


def test_outlines_are_closed_and_on_earth() -> None:
    rings = [ring for country in countries() for polygon in country.polygons for ring in polygon]
    assert len(rings) > 200
    for ring in rings:
        assert len(ring) > 3 and ring[0] == ring[-1]
        assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)


def test_a_country_is_found_by_two_letters_or_three_in_any_case_and_its_events_add_up() -> None:
    found, others = events_by_country({"DE": 5, "deu": 2, " fr ": 1, "unknown": 9, "Germany": 4})
    assert {country.name: events for country, events in found.items()} == {"Germany": 7, "France": 1}
    assert others == {"unknown": 9, "Germany": 4}


def test_the_map_has_every_outline_and_says_the_events_of_each() -> None:
    chart = country_map({"US": 999, "SG": 3, "unknown": 20, "<b>": 1}, "Events.")
    assert chart is not None and chart.figure is not None
    land, small = chart.figure.data
    by_name = dict(zip(land.locations, zip(land.z, land.customdata, strict=True), strict=True))
    assert by_name["United States of America"] == (3.0, "United States of America (US): 999 events")
    assert by_name["France"] == (0.0, "France (FR): 0 events")
    assert by_name["Somaliland"] == (0.0, "Somaliland: no country code")
    assert {feature["id"] for feature in land.geojson["features"]} == set(land.locations)
    assert list(small.customdata) == ["Singapore (SG): 3 events"]
    assert chart.notes[-1] == "Not on the map, as no country code: 21 events of unknown and 1 more."
    assert chart.table().rows == [["United States of America", "US", 999], ["Singapore", "SG", 3]]


def test_values_that_name_no_country_have_no_map() -> None:
    assert country_map({"unknown": 20, "Atlantis": 1}, "Events.") is None
    assert country_map({}, "Events.") is None
