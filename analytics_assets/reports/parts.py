"""Parts: the HTML of each part of a page. Every text that comes from data or a declaration is escaped here.

Belongs here: elements and words. Does not: which parts a page has (page.py), what charts show (figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from analytics_assets.reports.charts import Chart
from analytics_assets.reports.headline import NOTHING, Tile
from analytics_assets.reports.numbers import DRAWN_DAYS, REJECTED, Arrivals, Numbers, Value

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
    "<b>DAU</b>, <b>WAU</b>, <b>MAU</b> and rolling counts are exact distinct users; a window ends on its date.",
    "<b>Stickiness</b> is DAU / Rolling 28: the share of the users of 28 days who came on the date.",
    "<b>New</b> users have their first active day; <b>returning</b> users were active in the 28 days before, "
    "<b>resurrected</b> ones only earlier; <b>dormant</b> ones were active 28 days ago and not since.",
    "<b>Retention</b>: users by the ISO week of their first active day, and how many of them were active in the weeks "
    "after. Point at a cell for the number of users and its 95 % interval (Wilson).",
    "<b>Late</b> rows carry a date before that of their arrival, <b>early</b> rows one after it. "
    "They count on the date on which they happened, so a figure may still change.",
    "Click a name above a chart to hide or show it; point at a chart for exact values.",
)


def header(numbers: Numbers) -> str:
    """The feed's name, and what the figures rest on."""
    feed = numbers.feed
    facts = {"Time zone": feed.time_zone, "Owner": feed.owner}
    if numbers.dates:
        facts = {"As of": f"{numbers.dates[-1]}", "History starts": f"{numbers.dates[0]}"} | facts
    if numbers.missing:
        facts["Dates without an arrival"] = _few([f"{day}" for day in numbers.missing])
    rows = [f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items()]
    about = f'<p class="muted">{escape(feed.description)}</p>' if feed.description else ""
    return f'<header><h1>{escape(feed.name)}</h1>{about}<dl class="facts">{"".join(rows)}</dl></header>'


def tile_list(tiles: Sequence[Tile]) -> str:
    """The large numbers."""
    made = []
    for tile in tiles:
        change = f'<span class="change">{tile.change}</span> vs {tile.before}' if tile.change else ""
        if not change and tile.value != NOTHING:
            change = f"nothing to compare with {tile.before}"
        made.append(
            f'<li class="tile"><p class="label">{tile.label}</p><p>{tile.period}</p>'
            f'<p class="number">{tile.value}</p><p>{change or "&nbsp;"}</p></li>'
        )
    return f'<ul class="tiles" aria-label="Last complete periods">{"".join(made)}</ul>'


def nothing(numbers: Numbers) -> str:
    """What is missing, and which command makes it."""
    feed = numbers.feed
    if "counts" in numbers.absent:
        landing = f"<code>{escape(feed.landing)}</code>"
        said = f"Nothing of this feed has been read yet. Its files are expected in landing, at {landing}."
    elif "active_users" in numbers.absent:
        said = "Files have been read, but active users have not been counted yet."
    else:
        said = "No date is closed yet: the first one closes when the next date's arrival has landed."
    return f'<div class="empty" role="status"><p><b>{said}</b></p>{_absent(numbers)}</div>'


def not_there(numbers: Numbers) -> str:
    """Which tables are missing beside those that are shown."""
    return f'<div class="empty" role="status">{_absent(numbers)}</div>' if numbers.absent else ""


def _absent(numbers: Numbers) -> str:
    name = escape(numbers.feed.name)
    absent = ", ".join(f"{name}/{table}" for table in numbers.absent)
    missing = f"<p>Tables that do not exist yet: {absent}.</p>" if absent else ""
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


def section(title: str, charts: Sequence[Chart], above: str, beside: str) -> str:
    """Charts in two columns. above: HTML over them. beside: HTML beside the title."""
    key = title.lower().replace(" ", "-")
    odd = len(charts) % 2 == 1  # then the first one takes a row
    cards = [_card(chart, is_wide=odd and place == 0) for place, chart in enumerate(charts)]
    return (
        f'<section aria-labelledby="{key}"><div class="bar"><h2 id="{key}">{title}</h2>{beside}</div>{above}'
        f'<div class="grid">{"".join(cards)}</div></section>'
    )


def _card(chart: Chart, *, is_wide: bool) -> str:
    key, title, about = chart.key, escape(chart.title), escape(chart.about)
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in chart.notes)
    if chart.figure is None:
        inside = f'<div class="empty">{notes}</div>'
    else:
        legend = [
            f'<li><button type="button" aria-pressed="true" data-chart="{key}" data-series="{place}">'
            f'<i style="background:{colour}"></i>{name}</button></li>'
            for place, (name, colour) in enumerate(chart.legend)
        ]
        inside = f'<ul class="legend" aria-label="Series of {title}">{"".join(legend)}</ul>' if legend else ""
        inside += f'<div class="chart" id="chart-{key}" role="img" aria-label="{title}: {about}"></div>{notes}'
    return (
        f'<figure class="card{" wide" if is_wide else ""}" aria-labelledby="title-{key}">'
        f'<h3 id="title-{key}">{title}</h3><p class="about">{about}</p>{inside}</figure>'
    )


def conservation(arrivals: Arrivals) -> str:
    """Whether every landed row is accounted for, in one line."""
    sums = {name: sum(rows or 0 for rows in by_date) for name, by_date in arrivals.standings.items()}
    landed, rejected = sum(rows or 0 for rows in arrivals.landed), sums.pop(REJECTED)
    said = f"{landed:,} rows landed = {sum(sums.values()):,} accepted + {rejected:,} rejected"
    if not arrivals.unaccounted:
        return f'<p class="about above">{said}. Every landed row is accounted for.</p>'
    said = said.replace("=", "≠") if landed != sum(sums.values()) + rejected else said
    days = _few([f"{day}" for day in arrivals.unaccounted])
    return f'<p class="warning" role="alert"><b>Rows are not accounted for</b>, arrivals {days}: {said}.</p>'


def last_dates(numbers: Numbers) -> str:
    """The last dates in figures, newest first."""
    columns: dict[str, Sequence[Value]] = {title: numbers.daily[key] for key, title in TABLE_COLUMNS.items()}
    if numbers.sessions:
        columns["Sessions"] = numbers.sessions
    rows = []
    for place in reversed(range(max(len(numbers.dates) - TABLE_DAYS, 0), len(numbers.dates))):
        cells = "".join(f"<td>{_exact(values[place])}</td>" for values in columns.values())
        rows.append(f'<tr><th scope="row">{numbers.dates[place]}</th>{cells}</tr>')
    heads = "".join(f'<th scope="col">{title}</th>' for title in ("Date", *columns))
    return (
        '<section aria-labelledby="last-dates"><h2 id="last-dates">Last dates</h2>'
        '<div class="scroll" tabindex="0" role="region" aria-labelledby="last-dates">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def how_to_read() -> str:
    """The words of the page."""
    lines = "".join(f"<li>{line}</li>" for line in READING)
    return (
        '<section aria-labelledby="how-to-read"><h2 id="how-to-read">How to read</h2>'
        f'<ul class="reading">{lines}</ul></section>'
    )


def footer(numbers: Numbers) -> str:
    """Which versions of which tables the page was made from."""
    made = ", ".join(f"{name} {version}" for name, version in numbers.versions.items())
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
