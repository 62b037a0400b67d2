"""Delivery: one round, in which every service is told what is due, and who does not take it is left for later.

Belongs here: the order of keeping and sending, the time that a round may take. Does not: what is due (told.py), what is
wrong (causes.py).

A cause is kept as open before anybody is told, and a service as told after it took the message. So a process that is
killed anywhere tells at least once, and now and then twice.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from analytics_assets.alerts.cause import Cause
from analytics_assets.alerts.outbox import Outbox
from analytics_assets.alerts.told import Book, due, not_taken, seen, taken
from analytics_assets.alerts.words import Message, Places, message

ROUND_S = 40.0
"""What a round may take for services elsewhere: under the 60 s of a sensor's tick."""
SHARE_TO_BEGIN = 0.3
"""Of that, in which a message is begun: apprise waits 5 s between two, and then up to 20 s for the service."""
MOST_AT_ONCE = 50
"""Messages to a service in one round; more come with the next."""


class Channel(Protocol):
    """Somebody who takes messages. is_here: in this process, so that it answers at once."""

    @property
    def key(self) -> str: ...

    @property
    def shown(self) -> str: ...

    @property
    def is_here(self) -> bool: ...

    def send(self, message: Message) -> str:
        """Why the message was not taken; nothing if it was."""


@dataclass(frozen=True)
class Look:
    """What a look at the feeds found. unsure: beginnings of keys of which it could not tell."""

    causes: list[Cause]
    unsure: list[str]


@dataclass(frozen=True)
class Round:
    """What a round did. sent: messages that were taken; failed: services that did not take one, and why."""

    book: Book
    sent: int
    failed: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Post:
    """What a round needs beside the causes. clock: seconds since 1970. reminder_s: 0 for no reminders."""

    outbox: Outbox
    channels: Sequence[Channel]
    places: Places
    reminder_s: float
    clock: Callable[[], float] = time.time
    round_s: float = ROUND_S

    def round(self, look: Callable[[], Look]) -> Round | None:
        """Look, and tell every service what is due; None if another process is at it."""
        with self.outbox.held() as is_held:
            if not is_held:
                return None
            before = self.outbox.read()
            looked = look()
            keys = {channel.key for channel in self.channels}
            book = seen(before, looked.causes, looked.unsure, keys, self.clock())
            if book != before:
                self.outbox.write(book)
            delivery = _Delivery(self, book)
            delivery.here([channel for channel in self.channels if channel.is_here])
            delivery.elsewhere([channel for channel in self.channels if not channel.is_here])
            return Round(delivery.book, delivery.sent, delivery.failed)


class _Delivery:
    """One round's sending. The outbox is written after each answer."""

    def __init__(self, post: Post, book: Book) -> None:
        self.post, self.book = post, book
        self.sent, self.failed = 0, dict[str, str]()

    def here(self, channels: Collection[Channel]) -> None:
        for channel in channels:
            for letter in self._letters(channel):
                if not self._answered(channel, letter, channel.send(letter)):
                    break

    def elsewhere(self, channels: Collection[Channel]) -> None:
        """Each service has a thread: one that cannot be reached holds up no other, nor the round for long."""
        answers: queue.Queue[tuple[Channel, Message | None, str]] = queue.Queue()
        began = time.monotonic()
        until, last_begin = began + self.post.round_s, began + self.post.round_s * SHARE_TO_BEGIN
        left = {channel.key: self._letters(channel) for channel in channels}
        for channel in channels:
            if letters := left[channel.key]:
                args = (channel, list(letters), answers, last_begin)
                threading.Thread(target=_send_all, args=args, daemon=True, name="alerts").start()
        under_way = {channel.key: channel for channel in channels if left[channel.key]}
        while under_way:
            try:
                channel, letter, why = answers.get(timeout=max(until - time.monotonic(), 0.0))
            except queue.Empty:
                break
            if letter is None:
                del under_way[channel.key]
            elif self._answered(channel, letter, why):
                left[channel.key].remove(letter)
        for channel in under_way.values():
            if channel.key not in self.failed and left[channel.key]:
                self._answered(channel, left[channel.key][0], f"no answer within {self.post.round_s:.0f} s")

    def _letters(self, channel: Channel) -> list[Message]:
        now_s = self.post.clock()
        wanted = due(self.book, channel.key, now_s, self.post.reminder_s)[:MOST_AT_ONCE]
        return [message(self.book.known[key], news, self.post.places, now_s) for key, news in wanted]

    def _answered(self, channel: Channel, letter: Message, why: str) -> bool:
        now_s = self.post.clock()
        if why:
            self.failed[channel.key] = why
            self.book = not_taken(self.book, channel.key, letter.key, why, now_s)
        else:
            self.sent += 1
            self.book = taken(self.book, channel.key, letter.key, now_s)
        self.post.outbox.write(self.book)
        return not why


def _send_all(
    channel: Channel,
    letters: Sequence[Message],
    answers: queue.Queue[tuple[Channel, Message | None, str]],
    last_begin: float,
) -> None:
    """Send one after the other until one is not taken or it is too late for more; then say that it is over."""
    try:
        for letter in letters:
            if time.monotonic() > last_begin:
                break
            try:
                why = channel.send(letter)
            except Exception as error:  # any service's own fault is the service's, and is told as that
                why = type(error).__name__
            answers.put((channel, letter, why))
            if why:
                break
    finally:
        answers.put((channel, None, ""))
