"""Messages through apprise to a real mail server and a real web server, and what may be shown of their addresses."""

import logging
import socket
import time
from collections.abc import Iterator

import pytest
from receivers import Hook, Mail, free_port

from resources.notifier import Service, services

USER, PASSWORD, TOKEN = "hugo", "Pa55w0rd", "T0kenInThePath"
BODY = "what      1 file <b>a</b> & more\nwhere     notes/bronze"


@pytest.fixture
def mail() -> Iterator[Mail]:
    with Mail() as server:
        yield server


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        yield server


def test_a_mail_has_the_subject_and_the_lines_as_they_are(mail: Mail) -> None:
    assert Service(mail.url).send("[tidebook] notes: 1 Datei für Ümläute", BODY, "warning") == ""
    [letter] = mail.letters
    assert letter["Subject"] == "[tidebook] notes: 1 Datei für Ümläute"
    assert (letter["To"], letter["From"]) == ("oncall@example.org", letter["From"])
    assert letter.get_content_type() == "text/plain", "a name of a file is not read as markup"
    assert letter.get_content().splitlines() == BODY.splitlines()


def test_a_post_has_title_body_and_how_bad_it_is(hook: Hook) -> None:
    assert Service(hook.url()).send("title", BODY, "failure") == ""
    [post] = hook.posts
    assert (post["title"], post["message"], post["type"]) == ("title", BODY, "failure")


def test_a_service_that_is_away_says_why_and_takes_the_message_when_it_is_back() -> None:
    mail, hook = Mail(), Hook()
    for server, url in ((mail, mail.url), (hook, hook.url())):
        assert "Connection refused" in Service(url).send("title", BODY, "warning")
        server.start()
        assert Service(url).send("title", BODY, "warning") == ""
        server.stop()
        assert server.subjects == ["title"]


def test_a_service_that_refuses_says_so(hook: Hook) -> None:
    hook.status = 503
    assert "503" in Service(hook.url()).send("title", BODY, "warning")


def test_a_server_that_never_answers_is_waited_for_no_longer_than_its_address_says() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        service = Service(f"json://127.0.0.1:{silent.getsockname()[1]}/?cto=0.5&rto=0.5")
        assert "timed out" in service.send("title", BODY, "warning")
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"json://{USER}:{PASSWORD}@127.0.0.1:8000/{TOKEN}?+X-Key={TOKEN}", "json://127.0.0.1:8000"),
        (f"jsons://hooks.example.org/services/{TOKEN}", "jsons://hooks.example.org"),
        (f"mailtos://{USER}:{PASSWORD}@mail.example.org?to=oncall@example.org", "mailtos://mail.example.org"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", "slack://T...2"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "discord://4...8"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "tgram://1...p"),
        (f"ntfys://{TOKEN}", "ntfys://***"),
        (f"nothing://{TOKEN}", "nothing://..."),
        (f"{TOKEN}", "?://..."),
    ],
)
def test_of_an_address_its_kind_and_host_are_shown_and_no_secret(url: str, shown: str) -> None:
    service = Service(url)
    assert service.shown == shown
    for text in (service.shown, repr(service), service.key, service.masked(f"cannot post to {url}")):
        assert not [
            secret for secret in (PASSWORD, TOKEN, "A1BRTD4JD", "TIiajkdn", "JHMHI8", "abcdefg") if secret in text
        ]


def test_what_a_service_says_holds_no_secret_and_goes_to_no_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], hook: Hook
) -> None:
    caplog.set_level(logging.DEBUG)
    refused = Service(f"json://{USER}:{PASSWORD}@127.0.0.1:{free_port()}/{TOKEN}")
    hook.status = 500
    failing = Service(f"json://{USER}:{PASSWORD}@127.0.0.1:{hook.port}/{TOKEN}")
    said = [service.send("title", BODY, "warning") for service in (refused, failing)]
    shown = " ".join([*said, *(record.getMessage() for record in caplog.records)])
    shown += " ".join(capfd.readouterr())
    assert all(said) and PASSWORD not in shown and TOKEN not in shown


def test_an_address_that_cannot_be_read_takes_nothing_and_says_so() -> None:
    service = Service("nothing://x")
    assert not service.is_readable
    assert service.send("title", BODY, "warning") == "the address is none that apprise can read"


def test_an_address_that_stands_twice_is_one_service() -> None:
    assert [service.shown for service in services(["json://a.example.org", "json://a.example.org"])] == [
        "json://a.example.org"
    ]
