"""The corpus of hostile inputs: those of a feed land in one arrival, and one pass judges them all."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hostile_inputs import Hostile, corpus, table
from hostile_shapes import SHAPES, Shape
from places import Place
from tables import rows_of

from analytics_assets.discovery import find_feed
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from resources.spark import Spark

PROJECT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Judged:
    """A feed's corpus after one pass."""

    shape: Shape
    inputs: list[Hostile]
    place: Place

    def path(self, found: Hostile) -> str:
        """The path of an input in landing."""
        return f"{self.shape.folder}/{found.made.file}"


def land(folder: Path, inputs: list[Hostile], shape: Shape) -> None:
    folder.mkdir(parents=True)
    for place, found in enumerate(inputs):
        name = found.made.file
        if found.made.put is not None:
            found.made.put(folder / shape.name(place))
        else:
            assert name
            octets = b"a\xffb" + shape.ending.encode() if "\\xff" in name else name.encode()
            with open(os.path.join(os.fsencode(folder), octets), "xb") as file:  # noqa: PTH118, PTH123
                file.write(found.made.content)


@pytest.fixture(scope="module", params=SHAPES)
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Judged:
    shape = SHAPES[request.param]
    root = tmp_path_factory.mktemp(shape.feed)
    inputs = corpus(shape.feed)
    land(root / "landing" / shape.folder, inputs, shape)
    place = Place(root, root / "landing")
    resources = place.resources(quick_spark)
    outcome = run_pass(World(find_feed(shape.feed), resources["landing"], resources["lakehouse"], "run"), Observer())
    assert outcome.failed == {}, "no check holds anything back"
    return Judged(shape, inputs, place)


def test_each_file_lands_what_is_accepted_and_rejected(judged: Judged) -> None:
    landed: dict[str, int] = {}
    sums: dict[str, int] = {}
    for count in rows_of(judged.place.lakehouse, judged.shape.feed, "counts"):
        if count["source"] == "events":
            of = landed if count["standing"] == "landed" else sums
            of[count["file"]] = of.get(count["file"], 0) + count["rows"]
    assert landed == {judged.path(found): found.made.landed for found in judged.inputs if found.made.file is not None}
    assert sums == {path: rows for path, rows in landed.items() if rows}


def test_each_rejected_row_is_named_with_its_reasons(judged: Judged) -> None:
    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for seen in rows_of(judged.place.lakehouse, judged.shape.feed, "bronze"):
        if seen["standing"] == "rejected":
            found.setdefault(seen["file"], {})[seen["line_number"]] = seen["violations"]
    expected = {judged.path(one): one.made.rejected for one in judged.inputs if one.made.rejected}
    names = {judged.path(one): f"{one.group}: {one.name}" for one in judged.inputs}
    wrong = {
        names.get(path, path): (found.get(path), expected.get(path))
        for path in {*found, *expected}
        if found.get(path) != expected.get(path)
    }
    assert wrong == {}


def test_texts_are_kept_as_they_are(judged: Judged) -> None:
    found: dict[str, set[str]] = {}
    for seen in rows_of(judged.place.lakehouse, judged.shape.feed, "bronze"):
        if seen["standing"] != "rejected":
            text = seen["action"] if judged.shape.feed == "shop" else seen["user_id"]
            found.setdefault(seen["file"], set()).add(text)
    expected = {judged.path(one): {one.text, "ann"} for one in judged.inputs if one.text is not None}
    assert {path: texts for path, texts in expected.items() if found.get(path) != texts} == {}


def test_the_table_in_the_docs_is_that_of_the_corpus() -> None:
    page = (PROJECT / "docs" / "reliability.md").read_text()
    assert table() in page, "write it: .venv/bin/python docs/hostile_inputs.py"
    assert len({(found.group, found.name) for feed in SHAPES for found in corpus(feed)}) >= 150
