"""A proxy before an object store that answers as a store in trouble does, by a plan that a seed gives.

Belongs here: faults of answers, passing on all else untouched. Does not: the store (buckets.py), what is expected.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>{}</Message></Error>"
ANSWERS = {
    "500": (500, "InternalError", "We encountered an internal error. Please try again."),
    "503": (503, "SlowDown", "Please reduce your request rate."),
}
SLOW_S = (2.0, 6.0)
TOLD = "/-weather-"
DROPPED = {"connection", "transfer-encoding", "keep-alive"}
SORTS = ("500", "503", "slow", "reset", "cut off", "stale")
"""The server's own error; its refusal of too many; late answers; connections that are reset before an answer; bodies
that end too soon; listings as they were at an earlier time."""


@dataclass
class Storm:
    """Which requests of a run go wrong, and how. after: so many go well first; then each of `number` with a chance.

    number: None: all that come.
    """

    sort: str
    after: int
    number: int | None
    draw: random.Random
    chance: float = 0.5
    seen: int = 0
    done: int = 0
    _one: threading.Lock = field(default_factory=threading.Lock)

    def strikes(self) -> bool:
        """Whether the request that comes now goes wrong."""
        with self._one:
            self.seen += 1
            is_over = self.number is not None and self.done >= self.number
            if self.seen <= self.after or is_over or (self.number is not None and self.draw.random() > self.chance):
                return False
            self.done += 1
            return True


class Proxy:
    """The proxy, in a process of its own: clients that hold on to this one's interpreter would wait for themselves."""

    def __init__(self, behind: int) -> None:
        words = [sys.executable, __file__, str(behind)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def begin(self, sort: str, after: int, number: int | None, seed: str) -> None:
        """Let a storm come, as Storm has it."""
        self._say({"sort": sort, "after": after, "number": number, "seed": seed})

    def end(self) -> int:
        """Let it be over; how many requests it struck."""
        return self._say({})["struck"]

    def requests(self) -> int:
        """Requests since somebody last asked."""
        return self._say({})["requests"]

    def stop(self) -> None:
        """Listen no more."""
        self._process.kill()
        self._process.wait()

    def _say(self, words: dict[str, Any]) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{TOLD}", json.dumps(words).encode()) as answer:
            found: dict[str, int] = json.load(answer)
            return found


@dataclass
class Weather:
    """What goes on in the proxy: the storm, requests since somebody asked, and the last answer to each listing."""

    behind: int
    storm: Storm | None = None
    requests: int = 0
    listings: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    def told(self, words: dict[str, Any]) -> dict[str, int]:
        """Change it; what there was so far."""
        before = {"struck": self.storm.done if self.storm else 0, "requests": self.requests}
        self.storm, self.requests = None, 0
        if words:
            draw = random.Random(words["seed"])
            self.storm = Storm(words["sort"], words["after"], words["number"], draw)
        return before


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Weather

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""

    def _pass(self) -> None:
        body = self._body()
        if self.path == TOLD:
            self._answer(200, {}, json.dumps(self.owner.told(json.loads(body))).encode())
            return
        storm, self.owner.requests = self.owner.storm, self.owner.requests + 1
        listing = self._listing()
        strikes = storm is not None and (storm.sort != "stale" or listing is not None) and storm.strikes()
        sort = storm.sort if storm is not None and strikes else ""
        if sort in ANSWERS:
            status, code, words = ANSWERS[sort]
            self._answer(status, {"Content-Type": "application/xml"}, ERROR.format(code, words).encode())
        elif sort == "reset":
            self._reset()
        elif sort == "stale" and listing in self.owner.listings:
            self._answer(*self.owner.listings[str(listing)])
        else:
            if sort == "slow" and storm is not None:
                time.sleep(storm.draw.uniform(*SLOW_S))
            status, headers, answer = self._ask(body)
            if listing is not None and status == 200 and (storm is None or storm.sort != "stale"):
                self.owner.listings[listing] = (status, headers, answer)
            self._answer(status, headers, answer, cut_off=sort == "cut off")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # their names are the library's

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _listing(self) -> str | None:
        """What a listing asks for, but for the page; None if the request is none."""
        asked = parse_qs(urlsplit(self.path).query)
        if self.command != "GET" or "list-type" not in asked or "continuation-token" in asked:
            return None
        return self.path

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.owner.behind, timeout=120)
        try:
            # The signature covers the host that the client named.
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in DROPPED | {"content-length", "expect"}:
                    connection.putheader(name, value)
            if body or self.command in ("PUT", "POST"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in DROPPED}
            return answer.status, headers, content
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes, cut_off: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[: len(body) // 2] if cut_off else body)
        if cut_off:
            self._reset()

    def _reset(self) -> None:
        # Without lingering the end is a reset, not a polite farewell.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.close_connection = True
        self.connection.close()


def main(behind: int) -> None:
    """Be the proxy: print the port, and listen until killed."""
    handler = type("Handler", (_Handler,), {"owner": Weather(behind)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
