"""Channels: the log, the file alerts.jsonl, and services by apprise.

Belongs here: how a message is given to each. Does not: which message (told.py), apprise itself (resources/notifier.py).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analytics_assets.alerts.words import Message
from resources.notifier import Service, Tone, services

TONES: dict[str, Tone] = {"warn": "warning", "error": "failure", "clear": "success"}


@dataclass(frozen=True)
class LogChannel:
    """Lines in a log. write: takes a severity and a line."""

    write: Callable[[str, str], None]
    key = shown = "log"
    is_here = True

    def send(self, message: Message) -> str:
        """Write the message as one line."""
        facts = " · ".join(" ".join(line.split()) for line in message.body.splitlines())
        self.write(message.severity, f"{message.subject} | {facts}")
        return ""


@dataclass(frozen=True)
class FileChannel:
    """A file with a JSON object a line. What stands in it stays."""

    path: Path
    key = "file"
    is_here = True

    @property
    def shown(self) -> str:
        """Its path."""
        return str(self.path)

    def send(self, message: Message) -> str:
        """Append the message. A line that a killed process left unfinished is taken away: it was not told."""
        line = json.dumps(asdict(message), ensure_ascii=False).encode() + b"\n"
        try:
            with self.path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # a person may try the services meanwhile
                file.truncate(_end_of_whole_lines(file.fileno()))
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return f"{self.path} cannot be written: {error.strerror}"
        return ""


@dataclass(frozen=True)
class ServiceChannel:
    """A service elsewhere."""

    service: Service
    is_here = False

    @property
    def key(self) -> str:
        """Tells nothing of its address."""
        return self.service.key

    @property
    def shown(self) -> str:
        """Its address without what is secret."""
        return self.service.shown

    def send(self, message: Message) -> str:
        """Send it, and wait for the answer."""
        return self.service.send(message.subject, message.body, TONES[message.severity])


def channels(
    folder: Path, urls: Sequence[str], write: Callable[[str, str], None]
) -> list[LogChannel | FileChannel | ServiceChannel]:
    """All that messages go to: always the log and the file, then the services of the addresses."""
    return [
        LogChannel(write),
        FileChannel(folder / "alerts.jsonl"),
        *[ServiceChannel(service) for service in services(urls)],
    ]


def _end_of_whole_lines(file: int, block: int = 65536) -> int:
    end = os.fstat(file).st_size
    while end:
        begin = max(end - block, 0)
        if (place := os.pread(file, end - begin, begin).rfind(b"\n")) >= 0:
            return begin + place + 1
        end = begin
    return 0
