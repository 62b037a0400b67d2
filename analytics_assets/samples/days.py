"""How much happens on which date: weeks, growth, an outage, a spike, the bots' bursts.

Belongs here: the plan of a sample's dates. Does not: single visits (visits.py).
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from analytics_assets.samples.events import DAY_S, Ints
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.people import COUNTRIES, People
from analytics_assets.samples.rhythm import WEEKDAYS, shared_out
from analytics_assets.samples.truth import AnomalousDay

SPIKE_FACTOR = 2.5
BURST_EVENTS = 600  # two events a second for five minutes: no person does that


@dataclass(frozen=True)
class Outage:
    """Seconds of its date, UTC, in which nearly nothing happens: first included, last not."""

    first: int
    last: int


@dataclass(frozen=True)
class Burst:
    """One run of a bot: so many events from a second on, at two a second."""

    bot: int
    day: int
    second: int
    events: int


@dataclass(frozen=True)
class Plan:
    """What each date holds, by day from the sample's first date. people_events: without the bots'."""

    people_events: Ints
    outages: dict[int, Outage]
    spikes: dict[int, int]  # day -> country that carries it
    bursts: list[Burst]
    anomalous_days: list[AnomalousDay]


def make_plan(options: NotesOptions, people: People, rng: np.random.Generator) -> Plan:
    """Events by date, exactly options.events together.

    Anomalous dates lie after the first four weeks where the range is long enough, so that there is
    something to compare with, and are at most one in four.
    """
    days = options.days
    candidates = rng.permutation(np.arange(min(28, days // 2), days))[: days // 4].tolist()
    outage_days = candidates[: options.outages]
    spike_days = candidates[options.outages :][: options.spikes]
    outages = {}
    for day in outage_days:
        first_hour = int(rng.integers(8, 18))
        outages[day] = Outage(first_hour * 3600, (first_hour + int(rng.integers(3, 6))) * 3600)
    spikes = {day: int(rng.integers(0, len(COUNTRIES))) for day in spike_days}

    weekday = options.start.weekday()
    weight = np.array([people.weight_on(day)[-1] * WEEKDAYS[(weekday + day) % 7] for day in range(days)])
    weight *= np.exp(0.04 * rng.standard_normal(days))
    for day, outage in outages.items():
        weight[day] *= 1 - _lost(outage)
    for day in spikes:
        weight[day] *= SPIKE_FACTOR

    bot_events = round(options.events * options.bot_share) if options.bots else 0
    usual_days = np.array([day for day in range(days) if day not in outages])
    bursts = [
        Burst(
            bot=int(rng.choice(people.bots)),
            day=int(rng.choice(usual_days)),
            second=int(rng.integers(0, DAY_S - BURST_EVENTS)),
            events=min(BURST_EVENTS, bot_events - first),
        )
        for first in range(0, bot_events, BURST_EVENTS)
    ]
    people_events = shared_out(options.events - bot_events, weight)
    return Plan(people_events, outages, spikes, bursts, _anomalous_days(options, outages, spikes))


def _lost(outage: Outage) -> float:
    # The hours of an outage lie in the busier part of the day.
    return 1.2 * (outage.last - outage.first) / DAY_S


def _anomalous_days(options: NotesOptions, outages: dict[int, Outage], spikes: dict[int, int]) -> list[AnomalousDay]:
    names = list(COUNTRIES)
    found = [
        AnomalousDay(
            date=(options.start + timedelta(days=day)).isoformat(),
            kind="outage",
            first_hour=outage.first // 3600,
            last_hour=outage.last // 3600 - 1,
            factor=round(1 - _lost(outage), 3),
        )
        for day, outage in outages.items()
    ]
    found += [
        AnomalousDay(
            date=(options.start + timedelta(days=day)).isoformat(),
            kind="spike",
            first_hour=0,
            last_hour=23,
            factor=SPIKE_FACTOR,
            country=names[country],
        )
        for day, country in spikes.items()
    ]
    return sorted(found, key=lambda day: day.date)
