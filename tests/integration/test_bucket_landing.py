"""Landing in a bucket: the same files as in a folder, by few requests, and no conclusion from a failed listing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from buckets import BUCKET, Server

from resources.landing import Landing, LandingError

PATTERN = "notes/events/{arrival}/*.csv"
FILES = (
    "notes/events/2025-01-03/a.csv",
    "notes/events/2025-01-03/b +ü%.csv",
    "notes/events/2025-01-03/deep/c.csv",
    "notes/events/2025-01-03/_hidden.csv",
    "notes/events/2025-01-03/.hidden.csv",
    "notes/events/2025-01-03/a.csv.tmp",
    "notes/events/2025-01-03/readme.txt",
    "notes/events/2025-01-04/a.csv",
    "notes/events/2025-02-30/a.csv",
    "notes/events/latest/a.csv",
    "notes/users/2025-01-03/users.csv",
    "other/2025-01-03/a.csv",
)


@pytest.fixture
def both(moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Landing, Landing]]:
    """The same files in a folder and in the bucket."""
    for name, value in moto.credentials.items():
        monkeypatch.setenv(name, value)
    for name in FILES:
        path = tmp_path / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    moto.upload(tmp_path / "landing", "the landing")
    yield (
        Landing(root=str(tmp_path / "landing")),
        Landing(root=f"s3a://{BUCKET}/the landing", s3_endpoint=moto.endpoint),
    )


@pytest.fixture
def requests(both: tuple[Landing, Landing]) -> list[dict[str, Any]]:
    """What the bucket's landing asks of the server from now on."""
    seen: list[dict[str, Any]] = []
    bucket = both[1]._in_bucket()
    bucket._client = bucket._store.client()
    bucket._client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: seen.append(dict(params))
    )
    return seen


def listed(landing: Landing, pattern: str = PATTERN, arrivals: set[str] | None = None) -> list[tuple[str, str, int]]:
    return [(file.arrival, file.path, file.size) for file in landing.files(pattern, arrivals)]


@pytest.mark.parametrize("arrivals", [None, {"2025-01-03"}, {"2025-01-04", "2025-01-09"}, {"2025-01-09"}])
def test_a_bucket_has_the_files_that_a_folder_has(both: tuple[Landing, Landing], arrivals: set[str] | None) -> None:
    folder, bucket = both
    assert listed(bucket, arrivals=arrivals) == listed(folder, arrivals=arrivals)
    assert (len(listed(bucket)), bucket.arrivals(PATTERN)) == (4, folder.arrivals(PATTERN))


def test_a_bucket_tells_the_files_of_other_names_that_a_folder_tells(both: tuple[Landing, Landing]) -> None:
    folder, bucket = (landing.passed_over([PATTERN]) for landing in both)
    names = ("2025-01-03/readme.txt", "2025-02-30/a.csv", "latest/a.csv")
    assert folder == bucket == [f"notes/events/{name}" for name in names]


def test_a_folder_is_there_where_an_object_is_below_it(both: tuple[Landing, Landing]) -> None:
    for landing in both:
        assert landing.has_folder("notes/users/{arrival}/*.csv")
        assert not landing.has_folder("notes/devices/{arrival}/*.csv")
        with pytest.raises(LandingError, match="saw no such folder, expected arrivals such as notes/devices"):
            landing.files("notes/devices/{arrival}/*.csv")


def test_an_address_names_the_object(both: tuple[Landing, Landing]) -> None:
    file = both[1].files(PATTERN, {"2025-01-03"})[1]
    assert file.uri == f"s3a://{BUCKET}/the%20landing/notes/events/2025-01-03/b%20%2B%C3%BC%25.csv"
    assert both[1].uri == f"s3a://{BUCKET}/the%20landing"


def test_only_the_prefixes_of_the_arrivals_are_listed(
    both: tuple[Landing, Landing], requests: list[dict[str, Any]]
) -> None:
    both[1].files(PATTERN, {"2025-01-04", "2025-01-03"})
    prefixes = [request["Prefix"] for request in requests]
    assert prefixes == [f"the landing/notes/events/2025-01-0{day}" for day in (3, 4)]


def test_nothing_above_a_feeds_prefix_is_listed(both: tuple[Landing, Landing], requests: list[dict[str, Any]]) -> None:
    both[1].files(PATTERN)
    both[1].arrivals(PATTERN)
    both[1].has_folder(PATTERN)
    assert {request["Prefix"] for request in requests} == {"the landing/notes/events/"}


def test_more_files_than_a_page_holds_are_all_there(
    both: tuple[Landing, Landing], moto: Server, requests: list[dict[str, Any]]
) -> None:
    names = [f"the landing/many/2025-01-05/{n:04}.csv" for n in range(1_203)]
    moto.put(dict.fromkeys(names, b"x"))
    assert [f"the landing/{path}" for _, path, _ in listed(both[1], "many/{arrival}/*.csv")] == names
    assert len(requests) == 2


def test_another_content_is_another_fingerprint_and_the_same_is_the_same(
    both: tuple[Landing, Landing], moto: Server
) -> None:
    def fingerprints() -> list[str]:
        return [file.fingerprint for file in both[1].files(PATTERN)]

    before = fingerprints()
    key = "the landing/notes/events/2025-01-04/a.csv"
    moto.put({key: b"other"})
    changed = fingerprints()
    moto.put({key: b"other"})
    assert fingerprints() == changed
    assert (changed[:-1], changed[-1] == before[-1], len(set(before))) == (before[:-1], False, len(before))


def test_an_object_that_stands_for_a_folder_is_no_file(both: tuple[Landing, Landing], moto: Server) -> None:
    moto.put({"the landing/marked/2025-01-05/": b"", "the landing/marked/2025-01-05/a": b"x"})
    assert listed(both[1], "marked/{arrival}*") == [("2025-01-05", "marked/2025-01-05/a", 1)]
    folder = f"{both[1].uri}/marked/2025-01-05"
    assert both[1].addresses(both[1].files("marked/{arrival}*")) == [folder]


def test_a_folder_stands_for_its_objects_where_nothing_else_is_below_it(
    both: tuple[Landing, Landing], moto: Server
) -> None:
    moto.put({f"the landing/some/2025-01-0{path}": b"x" for path in ("3/a", "3/b", "4/a", "4/deeper/a")})
    found = both[1].files("some/{arrival}/*")
    wanted = [file for file in found if "deeper" not in file.path]
    begin = f"{both[1].uri}/some/2025-01-0"
    assert both[1].addresses(wanted) == [f"{begin}3", f"{begin}4/a"]


@pytest.mark.parametrize(
    ("root", "endpoint", "expected"),
    [
        ("s3a://no-such-bucket/landing", "", "there is no such bucket"),
        (f"s3a://{BUCKET}/landing", "http://127.0.0.1:9", "the server does not answer"),
    ],
)
def test_a_listing_that_fails_is_one_line_that_says_why(
    root: str, endpoint: str, expected: str, both: tuple[Landing, Landing]
) -> None:
    landing = Landing(root=root, s3_endpoint=endpoint or both[1].s3_endpoint)
    for call in (landing.files, landing.arrivals, landing.has_folder):
        with pytest.raises(LandingError, match=re.escape(expected)) as caught:
            call(PATTERN)
        assert str(caught.value).startswith(f"{root}/notes/events/: ")
        assert str(caught.value).endswith("nothing was changed")
        assert "\n" not in str(caught.value)


def test_without_keys_it_is_one_line(both: tuple[Landing, Landing], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    landing = Landing(root=both[1].root, s3_endpoint=both[1].s3_endpoint)
    with pytest.raises(LandingError, match=r"found no keys\. Set AWS_ACCESS_KEY_ID"):
        landing.files(PATTERN)


def test_of_an_error_that_nobody_knows_only_its_kind_is_told() -> None:
    from resources.object_store import told

    words = "<Error><Code>Odd</Code><AWSAccessKeyId>KEYOFTHETESTS000</AWSAccessKeyId></Error>"
    assert str(told(OSError(words), "s3a://b/p")) == "s3a://b/p: the object store failed: OSError"
