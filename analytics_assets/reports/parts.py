"""Parts: the HTML of each part of a page. Every text that comes from data or a declaration is escaped here.

Belongs here: elements and words. Does not: which parts a page has (page.py), what charts show (figures.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from analytics_assets.reports.arrivals import REJECTED, Arrivals
from analytics_assets.reports.headline import NOTHING, Tile
from analytics_assets.reports.numbers import DRAWN_DAYS, Numbers, Value
from analytics_assets.reports.report import Report
from analytics_assets.transforms.bronze import FORGOTTEN

RANGES, FIRST_RANGE = (28, 90), 90
"""Last days that a reader may choose beside all, and those shown first: a bar a day can be read."""

TABLE_DAYS = 14
TABLE_COLUMNS = {
    "dau": "DAU",
    "rolling_7": "Rolling 7",
    "rolling_28": "Rolling 28",
    "stickiness_28": "Stickiness",
    "new": "New",
    "returning": "Returning",
    "resurrected": "Resurrected",
    "dormant": "Dormant",
}
READING = (
    "Figures count <b>closed dates</b> only: a date is closed when the next date's arrival has landed. "
    "The last one is <b>as of</b>.",
    "A <b>gap</b> is a figure that is not known: its period is not complete, or nothing arrived. It is never 0.",
)
CLICKING = "Click a name above a chart to hide or show it; point at a chart for exact values."


def header(numbers: Numbers, report: Report | None, reports: Sequence[Report]) -> str:
    """The feed's name, that of the report, links to the others, and what the figures rest on. None: the index."""
    feed = numbers.feed
    facts = {"Time zone": feed.time_zone, "Owner": feed.owner}
    if numbers.dates:
        facts = {"As of": f"{numbers.dates[-1]}", "History starts": f"{numbers.dates[0]}"} | facts
    if numbers.missing:
        facts["Dates without an arrival, or held back"] = _few([f"{day}" for day in numbers.missing])
    rows = [f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items()]
    said = report.about if report else feed.description
    about = f'<p class="muted">{escape(said)}</p>' if said else ""
    title = escape(f"{feed.name} – {report.title}" if report else feed.name)
    links = [("../index.html", "Feeds", False), ("index.html", feed.name, report is None)]
    links += [(f"{other.name}.html", other.title, other is report) for other in reports]
    return f'<header>{_links(links)}<h1>{title}</h1>{about}<dl class="facts">{"".join(rows)}</dl></header>'


def _links(links: Sequence[tuple[str, str, bool]]) -> str:
    made = [
        f'<li><a href="{escape(address)}"{" aria-current=page" if is_here else ""}>{escape(name)}</a></li>'
        for address, name, is_here in links
    ]
    return f'<nav aria-label="Reports"><ul>{"".join(made)}</ul></nav>'


def tile_list(tiles: Sequence[Tile]) -> str:
    """The large numbers."""
    if not tiles:
        return ""
    made = []
    for tile in tiles:
        change, before = escape(tile.change), escape(tile.before)
        compared = f'<span class="change">{change}</span> vs {before}' if change else ""
        if not change and tile.value != NOTHING:
            compared = f"nothing to compare with {before}" if before else ""
        made.append(
            f'<li class="tile"><p class="label">{escape(tile.label)}</p><p>{escape(tile.period)}</p>'
            f'<p class="number">{escape(tile.value)}</p><p>{compared or "&nbsp;"}</p></li>'
        )
    return f'<ul class="tiles" aria-label="Last complete periods">{"".join(made)}</ul>'


def nothing(numbers: Numbers, absent: Sequence[str]) -> str:
    """What is missing, and which command makes it."""
    feed = numbers.feed
    if "counts" in numbers.absent:
        landing = f"<code>{escape(feed.landing)}</code>"
        said = f"Nothing of this feed has been read yet. Its files are expected in landing, at {landing}."
    elif absent:
        said = "Files have been read, but the tables of this page have not been computed yet."
    elif numbers.dates:
        few = "1 closed date has" if len(numbers.dates) == 1 else f"{len(numbers.dates):,} closed dates have"
        return f'<div class="empty" role="status"><p><b>The feed\'s {few} nothing to show here yet.</b></p></div>'
    else:
        said = "No date is closed yet: the first one closes when the next date's arrival has landed."
    return f'<div class="empty" role="status"><p><b>{said}</b></p>{_absent(numbers, absent)}</div>'


def not_there(numbers: Numbers, absent: Sequence[str]) -> str:
    """Which tables are missing beside those that are shown."""
    return f'<div class="empty" role="status">{_absent(numbers, absent)}</div>' if absent else ""


def _absent(numbers: Numbers, absent: Sequence[str]) -> str:
    name = escape(numbers.feed.name)
    named = ", ".join(f"{name}/{table}" for table in absent)
    missing = f"<p>Tables that do not exist yet: {named}.</p>" if absent else ""
    return f"{missing}<p>Run: <code>tidebook run {name}</code></p>"


def ranges(numbers: Numbers) -> str:
    """The choice of days, where there are more than the least of them."""
    days = len(numbers.dates)
    choices = {wanted: f"{wanted} days" for wanted in RANGES if wanted < days}
    if not choices:
        return ""
    choices[0] = "All" if days <= DRAWN_DAYS else f"{DRAWN_DAYS} days"
    first = FIRST_RANGE if FIRST_RANGE in choices else 0
    buttons = [
        f'<button type="button" data-days="{wanted}" aria-pressed="{"true" if wanted == first else "false"}">'
        f"{said}</button>"
        for wanted, said in choices.items()
    ]
    label = "Days that daily charts show"
    return f'<div class="ranges" role="group" aria-label="{label}">{"".join(buttons)}</div>'


def conservation(arrivals: Arrivals) -> str:
    """Whether every landed row is accounted for, in one line."""
    sums = {name: sum(rows or 0 for rows in by_date) for name, by_date in arrivals.standings.items()}
    landed, rejected = sum(rows or 0 for rows in arrivals.landed), sums.pop(REJECTED)
    forgotten = sums.pop(FORGOTTEN, 0)
    said = f"{landed:,} rows landed = {sum(sums.values()):,} accepted + {rejected:,} rejected"
    said += f" + {forgotten:,} of users who were forgotten" if forgotten else ""
    if not arrivals.unaccounted:
        return f'<p class="about above">{said}. Every landed row is accounted for.</p>'
    said = said.replace("=", "≠") if landed != sum(sums.values()) + rejected + forgotten else said
    days = _few([f"{day}" for day in arrivals.unaccounted])
    return f'<p class="warning" role="alert"><b>Rows are not accounted for</b>, arrivals {days}: {said}.</p>'


def last_dates(numbers: Numbers) -> str:
    """The last dates in figures, newest first."""
    columns: dict[str, Sequence[Value]] = {title: numbers.daily[key] for key, title in TABLE_COLUMNS.items()}
    if numbers.sessions:
        columns["Sessions"] = numbers.sessions
    return _newest_first("last-dates", "Date", [f"{day}" for day in numbers.dates], columns)


def last_arrivals(arrivals: Arrivals) -> str:
    """What became of the rows of the last arrivals, newest first."""
    columns: dict[str, Sequence[Value]] = {
        "Landed": arrivals.landed,
        "Accepted": arrivals.accepted,
        "Rejected": arrivals.standings[REJECTED],
        "Late": arrivals.standings["late"],
        "Duplicates": arrivals.duplicates or [None] * len(arrivals.dates),
    }
    return _newest_first("last-arrivals", "Arrival", [f"{day}" for day in arrivals.dates], columns)


def _newest_first(key: str, head: str, names: Sequence[str], columns: Mapping[str, Sequence[Value]]) -> str:
    rows = []
    for place in reversed(range(max(len(names) - TABLE_DAYS, 0), len(names))):
        cells = "".join(f"<td>{_exact(values[place])}</td>" for values in columns.values())
        rows.append(f'<tr><th scope="row">{escape(names[place])}</th>{cells}</tr>')
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in (head, *columns))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{key}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def how_to_read(reading: Sequence[str]) -> str:
    """The words that every page uses, and those of one page, in HTML."""
    lines = "".join(f"<li>{line}</li>" for line in (*reading, *READING, *([CLICKING] if reading else [])))
    return (
        '<section aria-labelledby="how-to-read"><h2 id="how-to-read">How to read</h2>'
        f'<ul class="reading">{lines}</ul></section>'
    )


def footer(numbers: Numbers, tables: Sequence[str] = ()) -> str:
    """Which versions of which tables the page was made from; of all that were read where none is named."""
    read = {name: version for name, version in numbers.versions.items() if not tables or name in tables}
    made = ", ".join(f"{name} {version}" for name, version in read.items())
    said = f"Made from table versions: {made}." if made else "No table has been made yet."
    if len(numbers.dates) > DRAWN_DAYS:
        said += f" Daily charts draw the last {DRAWN_DAYS} of {len(numbers.dates):,} dates; the tables hold all."
    return f"<footer><p>{said}</p></footer>"


def _exact(value: Value) -> str:
    if value is None:
        return f'<span aria-label="not known">{NOTHING}</span>'
    return f"{value:.1%}" if isinstance(value, float) else f"{value:,}"


def _few(texts: Sequence[str]) -> str:
    return ", ".join(texts[:3]) + (f" and {len(texts) - 3:,} more" if len(texts) > 3 else "")
