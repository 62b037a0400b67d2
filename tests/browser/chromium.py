"""Chromium over its DevTools pipe: one browser for many pages, with the width, the scheme and the downloads of each.

Belongs here: speaking to the browser. Does not: what is tested. The pipe needs no port and no further library.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WAIT_S = 90
START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads descriptor 3 and writes descriptor 4."""


class Browser:
    """A running browser. read, write: the ends of its pipe."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write, self._numbered = read, write, 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """Call a method of the protocol, and give its result. Raises RuntimeError if the browser refuses it."""
        self._numbered += 1
        call = {"id": self._numbered, "method": method, "params": parameters}
        if session:
            call["sessionId"] = session
        os.write(self._write, json.dumps(call).encode() + b"\0")
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            for message in self._messages(end):
                if message.get("id") == self._numbered:
                    if "error" in message:
                        raise RuntimeError(f"{method}: {message['error']}")
                    return message["result"]
                self.events.append(message)
        raise TimeoutError(f"{method}: no answer in {WAIT_S} s")

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + WAIT_S
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(str(holds))
            time.sleep(0.05)

    def _messages(self, end: float) -> Iterator[dict[str, Any]]:
        ready, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
        if ready:
            self._rest += os.read(self._read, 1 << 20)
        *whole, self._rest = self._rest.split(b"\0")
        yield from [json.loads(text) for text in whole]


class Page:
    """An open page."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def send(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol for this page."""
        return self._browser.send(method, self._session, **parameters)

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true."""
        self._browser.wait_for(lambda: bool(self.run(expression)))

    def complaints(self) -> list[str]:
        """What the page's console, its policy and its scripts' errors said so far."""
        self.run("1")  # what came before is read by then
        own = [event for event in self._browser.events if event.get("sessionId") == self._session]
        names = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(event["params"])[:500] for event in own if event["method"] in names]

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG."""
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.send("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))


def find_chromium() -> str | None:
    """Path of the browser, None if there is none."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


@contextmanager
def started(program: str, profile: Path) -> Iterator[Browser]:
    """A browser that reaches no host, until the end of the block."""
    from_here, to_here = os.pipe(), os.pipe()
    command = [
        program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", "--remote-debugging-pipe",
        "about:blank",
    ]  # fmt: skip
    ends = (from_here[0], to_here[1])
    process = subprocess.Popen(
        [sys.executable, "-c", START, *map(str, ends), *command],
        pass_fds=ends,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        os.close(from_here[0])
        os.close(to_here[1])
        yield Browser(to_here[0], from_here[1])
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(from_here[1])
        os.close(to_here[0])


@contextmanager
def opened(browser: Browser, path: Path, width: int = 1280, scheme: str = "light") -> Iterator[Page]:
    """A file as a page of so many pixels, in the light or the dark scheme; closed at the end of the block."""
    target = browser.send("Target.createTarget", url="about:blank")["targetId"]
    session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = Page(browser, session)
    try:
        for domain in ("Page", "Runtime", "Log"):
            page.send(f"{domain}.enable")
        page.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        page.send("Page.navigate", url=path.as_uri())
        page.wait_for("document.readyState === 'complete' && location.protocol === 'file:'")
        yield page
    finally:
        browser.send("Target.closeTarget", targetId=target)
