"""Notifier: messages to people, through any service that apprise knows.

Belongs here: apprise, and what may be shown of a service's address. Does not: what is said, and when
(analytics_assets/alerts). No other module knows apprise. An address holds secrets, and is never shown whole.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from urllib.parse import quote, unquote

import apprise

LONGEST_S = 10.0
"""Seconds to wait for a connection, or for an answer, where an address does not ask for fewer (cto=, rto=)."""
LEAST_SECRET = 3
MOST_WORDS = 300
APPRISE = "apprise"
BELOW_APPRISE = (
    "urllib3.connectionpool",
    *(f"requests_oauthlib.{name}" for name in ("oauth1_auth", "oauth1_session", "oauth2_session")),
)
SOCKET_ERROR = "Socket Exception"
INNERMOST = re.compile(r"\[Errno -?\d+\] [\w ]+|timed out")
REPEATED = re.compile(r"(\*\*\*\W?)+")

Tone = Literal["info", "success", "warning", "failure"]


@dataclass(frozen=True)
class Service:
    """A service that messages are sent to. url: its address, with its secrets."""

    url: str = field(repr=False)

    @property
    def key(self) -> str:
        """The same address has the same key, which tells nothing of it."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:12]

    @cached_property
    def _plugin(self) -> apprise.NotifyBase | None:
        with _told_by_apprise():
            plugin = apprise.Apprise.instantiate(self.url, suppress_exceptions=True)
        if plugin is not None:
            # As it is: a name of a file is not read as markup, and columns stay columns.
            plugin.notify_format = apprise.NotifyFormat.TEXT
            plugin.socket_connect_timeout = min(plugin.socket_connect_timeout or LONGEST_S, LONGEST_S)
            plugin.socket_read_timeout = min(plugin.socket_read_timeout or LONGEST_S, LONGEST_S)
        return plugin

    @property
    def is_readable(self) -> bool:
        """Whether apprise knows what to do with the address."""
        return self._plugin is not None

    @cached_property
    def shown(self) -> str:
        """What may be shown: the kind of service and, masked by apprise, its host. Paths and options may be secret."""
        if self._plugin is None:
            return f"{_scheme(self.url)}://..."
        masked: str = self._plugin.url(privacy=True)  # type: ignore[no-untyped-call]
        scheme, _, rest = masked.partition("://")
        host = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
        # Where there is no server to name, the name is a topic, a token or a key.
        is_server = "..." in host or re.fullmatch(r"localhost|[^:]+\.[^:]+(:\d+)?|[^:]+:\d+", host)
        return f"{scheme}://{host if is_server else '***'}"

    def send(self, title: str, body: str, tone: Tone) -> str:
        """Send a message; why it was not taken, without a secret, or nothing if it was."""
        if self._plugin is None:
            return "the address is none that apprise can read"
        with _told_by_apprise() as lines:
            is_taken = self._plugin.notify(title=title, body=body, notify_type=apprise.NotifyType(tone))
        return "" if is_taken else self.masked(" ".join(lines))[:MOST_WORDS] or "it did not take the message"

    def masked(self, text: str) -> str:
        """A text without the parts of the address that may not be shown."""
        open_parts = set(_parts(self.shown))
        secrets = {part for part in _parts(self.url) if len(part) >= LEAST_SECRET} - open_parts
        for secret in sorted({*secrets, *map(quote, secrets), *map(unquote, secrets)}, key=len, reverse=True):
            text = text.replace(secret, "***")
        return REPEATED.sub("*** ", text).strip()


def services(urls: Sequence[str]) -> list[Service]:
    """The services of some addresses, each once."""
    return [Service(url) for url in dict.fromkeys(urls)]


def _scheme(url: str) -> str:
    found = re.match(r"([A-Za-z0-9.+-]{1,20})://", url)
    return found.group(1) if found else "?"


def _parts(url: str) -> list[str]:
    """Whatever may be a secret of an address: all but the names of its options."""
    values = re.sub(r"([?&])[^=&/]*=", r"\1", url)
    return [part for part in re.split(r"[/:@?&=+,;#\s]+", values) if part]


class _Lines(logging.Filter):
    """Takes what one thread logs: nobody else is to see it. Keeps what it warns of, and the errors of sockets, which
    apprise does not count among warnings."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._thread:
            return True
        said = record.getMessage() if record.name == APPRISE else ""
        if said.startswith(SOCKET_ERROR):
            innermost = INNERMOST.search(said)
            self.lines.append(innermost.group() if innermost else said)
        elif said and record.levelno >= logging.WARNING:
            self.lines.append(said)
        return False


@contextmanager
def _told_by_apprise() -> Iterator[list[str]]:
    """What apprise says in this thread inside the block. It goes to no log: addresses stand in it whole."""
    taken = _Lines()
    loggers = [logging.getLogger(name) for name in (APPRISE, *BELOW_APPRISE)]
    loggers[0].setLevel(logging.DEBUG)
    for logger in loggers:
        logger.addFilter(taken)
    try:
        yield taken.lines
    finally:
        for logger in loggers:
            logger.removeFilter(taken)
