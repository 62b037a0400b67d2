"""Told: which causes are open, and what each service was told of them. What is to be sent follows from that.

Belongs here: the state and how it changes, as functions of it and of the time. Does not: keeping it (outbox.py),
sending (delivery.py), the words (words.py).

Nothing is queued: a service that could not be reached for a day is told what holds when it can be, once for each cause.
So what is kept is bounded by the causes, and a cause cannot be forgotten between its opening and its telling.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from analytics_assets.alerts.cause import Cause

FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 900.0


class News(Enum):
    """What a service is to be told of a cause."""

    ALERT = "alert"
    WORSE = "worse"
    REMINDER = "reminder"
    ALL_CLEAR = "all clear"
    OVER = "over"
    """It began and ended while the service could not be reached."""


@dataclass(frozen=True)
class Told:
    """What a service was told of a cause. severity: the greatest; 0 if it was told nothing. tries: in vain since."""

    severity: int = 0
    at_s: float = 0.0
    tries: int = 0


@dataclass(frozen=True)
class Known:
    """A cause. gone_s: when it was found to be gone; waiting: services that are still to be told so."""

    cause: Cause
    opened_s: float
    gone_s: float | None = None
    waiting: frozenset[str] = frozenset()
    told: Mapping[str, Told] = field(default_factory=dict)


@dataclass(frozen=True)
class Pause:
    """A service that did not take a message. It is not tried before until_s."""

    failures: int
    until_s: float
    why: str


@dataclass(frozen=True)
class Book:
    """All causes that are open or not told to be gone, by key, and the services that are not tried for now."""

    known: Mapping[str, Known] = field(default_factory=dict)
    pauses: Mapping[str, Pause] = field(default_factory=dict)


def seen(
    book: Book, causes: Collection[Cause], unsure: Collection[str], services: Collection[str], now_s: float
) -> Book:
    """The book after a look at all feeds. unsure: beginnings of keys of which this look could not tell."""
    of_services = {
        key: replace(
            one,
            told={name: told for name, told in one.told.items() if name in services},
            waiting=one.waiting & frozenset(services),
        )
        for key, one in book.known.items()
    }
    found = {cause.key: cause for cause in causes}
    known: dict[str, Known] = {}
    for key, one in of_services.items():
        if key in found:
            known[key] = _still(one, found[key])
        elif one.gone_s is None and not any(key.startswith(start) for start in unsure):
            known[key] = replace(one, gone_s=now_s, waiting=frozenset(services))
        elif one.gone_s is None or one.waiting:
            known[key] = one
    for key, cause in found.items():
        known.setdefault(key, Known(cause, opened_s=now_s))
    return Book(known, {name: pause for name, pause in book.pauses.items() if name in services})


def _still(one: Known, cause: Cause) -> Known:
    if one.gone_s is None:
        # What is judged again has a newer verdict, and is no newer for that.
        return replace(one, cause=replace(cause, since_s=min(cause.since_s, one.cause.since_s)))
    # It is back. Who was told that it is gone is told anew; who was not has nothing to hear.
    told = {name: told for name, told in one.told.items() if name in one.waiting}
    return Known(cause, opened_s=one.opened_s, told=told)


def due(book: Book, service: str, now_s: float, reminder_s: float) -> list[tuple[str, News]]:
    """Keys of causes of which a service is to be told now: what was not tried yet comes first, then what is worst."""
    pause = book.pauses.get(service)
    # A clock that was put back is not waited for.
    if pause and 0 < pause.until_s - now_s <= LONGEST_PAUSE_S:
        return []
    news = [(key, _news(one, service, now_s, reminder_s)) for key, one in book.known.items()]

    def order(item: tuple[str, News]) -> tuple[int, int, float]:
        one = book.known[item[0]]
        return one.told.get(service, Told()).tries, -one.cause.severity, one.opened_s

    return sorted(((key, what) for key, what in news if what is not None), key=order)


def _news(one: Known, service: str, now_s: float, reminder_s: float) -> News | None:
    told = one.told.get(service, Told())
    if one.gone_s is not None:
        if service not in one.waiting:
            return None
        return News.ALL_CLEAR if told.severity else News.OVER
    if not told.severity:
        return News.ALERT
    if one.cause.severity > told.severity:
        return News.WORSE
    return News.REMINDER if reminder_s and now_s - told.at_s >= reminder_s else None


def taken(book: Book, service: str, key: str, now_s: float) -> Book:
    """The book after a service took what was due of a cause."""
    one = book.known[key]
    pauses = {name: pause for name, pause in book.pauses.items() if name != service}
    if one.gone_s is None:
        severity = max(int(one.cause.severity), one.told.get(service, Told()).severity)
        return Book(_with(book, key, replace(one, told={**one.told, service: Told(severity, now_s)})), pauses)
    waiting = one.waiting - {service}
    known = _with(book, key, replace(one, waiting=waiting))
    return Book(known if waiting else {name: of for name, of in known.items() if name != key}, pauses)


def not_taken(book: Book, service: str, key: str, why: str, now_s: float) -> Book:
    """The book after a service did not take what was due of a cause: it is left alone for a while, then tried again."""
    one = book.known[key]
    told = one.told.get(service, Told())
    known = _with(book, key, replace(one, told={**one.told, service: replace(told, tries=told.tries + 1)}))
    failures = book.pauses[service].failures + 1 if service in book.pauses else 1
    pause_s = min(FIRST_PAUSE_S * 2 ** min(failures - 1, 10), LONGEST_PAUSE_S)
    return Book(known, {**book.pauses, service: Pause(failures, now_s + pause_s, why)})


def _with(book: Book, key: str, one: Known) -> dict[str, Known]:
    return {**book.known, key: one}
