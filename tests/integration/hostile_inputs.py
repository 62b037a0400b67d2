"""The corpus of hostile inputs: each by name, for every feed to which it applies, with what is expected of it.

Belongs here: putting values, files and names together, and their table (docs/hostile_inputs.py writes it). Does not:
landing and judging them (test_hostile_inputs.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hostile_files import BAD_NAMES, NAMES, Made, kinds, of_every_feed, of_headers, of_lines, of_records
from hostile_shapes import ACCESS_LOG, AQUA, LINES, NOTES, SHAPES, Shape
from hostile_values import BYTES, LOG_TIMES, NUMBERS, OUT_OF_RANGE, RANGE, TEXTS, TIMES, WHOLE

SHOP_TIME = "dddd-dd-dd dd:dd:dd"
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Hostile:
    """An input for one feed. name: the same for all feeds. text: what bronze has of its accepted rows, where it is
    told. place: among the inputs of the feed."""

    group: str
    name: str
    feed: str
    made: Made
    text: str | None = None

    @property
    def outcome(self) -> str:
        """In words, for the table."""
        made = self.made
        if made.file is None:
            return "not read"
        rules = {rule for found in made.rejected.values() for rule in found}
        if not rules:
            return "no row" if made.landed == 0 else "accepted as text" if self.text is not None else "accepted"
        if any(rule.startswith("file_") for rule in rules):
            return f"file quarantined: `{min(rules)}`"
        return "row rejected: " + ", ".join(f"`{rule}`" for rule in sorted(rules))


def corpus(feed: str) -> list[Hostile]:
    """All inputs of a feed, in the order in which they land."""
    shape = SHAPES[feed]
    return [_named(found, shape, place) for place, found in enumerate(_of(shape))]


def _of(shape: Shape) -> Iterator[Hostile]:
    feed = shape.feed

    def one(group: str, name: str, made: Made, text: str | None = None) -> Hostile:
        return Hostile(group, name, feed, made, text)

    def row(line: bytes, *rules: str) -> Made:
        """A hostile row and a good one after it."""
        return Made(shape.file(line, shape.row(place=1)), landed=2, rejected={shape.first: rules} if rules else {})

    for name, text in TEXTS.items():
        yield one("Texts", name, row(shape.row(text)), text)
    yield one("Texts", "no text at all", row(shape.row(""), shape.no_text))
    if feed == AQUA.feed:
        yield one("Texts", "a line end inside", row(shape.row("a\nb\r\nc")), "a\nb\r\nc")
        yield one("Texts", "a lone surrogate, as an escape", row(shape.row().replace(b"ann", b"a\\ud800b")), "a?b")
        yield one("Texts", "U+0000 as an escape", row(shape.row().replace(b"ann", b"a\\u0000b")), "a\x00b")
    for name, octets in BYTES.items():
        made = row(shape.row().replace(b"ann", octets, 1), "invalid_utf8")
        yield one(
            "Bytes that are no UTF-8",
            name,
            made if feed in LINES else Made(made.content, rejected={1: ("file_not_json",)}),
        )
    for time, rule in (LOG_TIMES if feed == ACCESS_LOG.feed else TIMES).items():
        shown = time.encode("unicode_escape").decode() if not time.isprintable() else time
        yield one("Times", shown, row(shape.row(time=time), _time_rule(shape, time, rule)))
    for number, of_feed in NUMBERS.items():
        if feed in of_feed:
            said = of_feed[feed]
            rules = [shape.bad_number] if said == WHOLE else [OUT_OF_RANGE[feed]] if said == RANGE else []
            yield one("Numbers", _short(number), row(shape.row(number=number), *rules))
    for name, made in of_every_feed(shape).items():
        yield one("Files", name, made)
    if feed in LINES:
        if LINES[feed].header:
            for name, made in of_headers(shape, LINES[feed].header).items():
                yield one("Files with a header", name, made)
        for name, made in of_lines(shape).items():
            yield one("Files of lines", name, made)
    else:
        for name, made in of_records(shape).items():
            yield one("Files of JSON", name, made)
    if feed in (NOTES.feed, ACCESS_LOG.feed):
        good = shape.file(shape.row())
        for name, octets in NAMES.items():
            yield one("Names", name, Made(good, file=octets.decode() + shape.ending))
        for name, octets in BAD_NAMES.items():
            told = octets.decode("utf-8", "backslashreplace") + shape.ending
            yield one("Names", name, Made(good, file=told, rejected={1: ("file_name",)}))
    if feed == AQUA.feed:
        yield one("Names", "a name that is no time", Made(b"[]", file="now.json", rejected={1: ("file_name",)}))
    if feed == NOTES.feed:
        for name, made in kinds(shape.file(shape.row())).items():
            yield one("Kinds of files", name, made)


def _time_rule(shape: Shape, time: str, rule: str) -> str:
    if rule:
        return rule
    form = "".join("d" if sign.isascii() and sign.isdigit() else sign for sign in time)
    return "event_time_not_readable" if shape.feed == "shop" and form == SHOP_TIME else shape.bad_time


def _named(found: Hostile, shape: Shape, place: int) -> Hostile:
    made, name = found.made, shape.name(place)
    if made.file == "part.csv":
        return replace(found, made=replace(made, file=f"{name}/part.csv"))
    return found if made.file != "" else replace(found, made=replace(made, file=name))


def _short(text: str) -> str:
    shown = text if text.isprintable() else text.encode("unicode_escape").decode()
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:6]}…, {len(shown)} characters"


def table() -> str:
    """The corpus as a table of Markdown: a row an input, with its outcome for each feed."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for feed in SHAPES:
        for found in corpus(feed):
            rows.setdefault((found.group, found.name), {})[feed] = found.outcome
    lines = [f"{len(rows)} inputs, {sum(map(len, rows.values()))} files.", "", "| input | outcome |", "|---|---|"]
    group = ""
    for (of_group, name), outcomes in rows.items():
        if of_group != group:
            group = of_group
            lines.append(f"| **{group}** | |")
        lines.append(f"| {_code(name)} | {_said(outcomes)} |")
    return "\n".join(lines) + "\n"


def _said(outcomes: dict[str, str]) -> str:
    by_outcome: dict[str, list[str]] = {}
    for feed, outcome in outcomes.items():
        by_outcome.setdefault(outcome, []).append(feed)
    parts = [f"{', '.join(feeds)}: {outcome}" for outcome, feeds in by_outcome.items()]
    return parts[0].partition(": ")[2] if len(outcomes) == len(SHAPES) and len(parts) == 1 else "; ".join(parts)


def _code(name: str) -> str:
    return name.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
