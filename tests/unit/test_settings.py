"""Settings: their defaults, where they come from, and one line for all that is wrong."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_assets.commands.ui import as_environment
from resources.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder and no setting; those of the session come back after the test."""
    for name in [name for name in os.environ if name.startswith("TIDEBOOK_") or name == "DAGSTER_HOME"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def test_everything_has_a_default_below_the_working_folder(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.landing == str(tmp_path / "data/landing")
    assert settings.lakehouse == str(tmp_path / "data/lakehouse")
    assert settings.dagster_home == tmp_path / "data/dagster"
    assert (settings.spark_master, settings.feeds) == ("local[*]", ())


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TIDEBOOK_LANDING=from_file\nTIDEBOOK_REPORTS=from_file\nOTHER=1\n")
    monkeypatch.setenv("TIDEBOOK_LANDING", "from_environment")
    assert load_settings().landing == str(tmp_path / "from_environment")
    assert load_settings().reports == str(tmp_path / "from_file")


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_settings()
    monkeypatch.setenv("TIDEBOOK_LANDING", "elsewhere")
    assert load_settings() is before


def test_feeds_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEBOOK_FEEDS", " shop.feed, /feeds/aqua.py ,,")
    assert load_settings().feeds == ("shop.feed", "/feeds/aqua.py")


def test_dagster_home_is_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    assert load_settings().dagster_home == tmp_path / "home"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SPARK_MASTER", "localhost", "expected local[*]"),
        ("SPARK_MEMORY", "4 GB", "expected a number with m or g, such as 4g"),
        ("SPARK_MEMORY", "300m", "expected at least 512m, without which Spark does not start"),
        ("LAKEHOUSE", "s3://bucket/lake", "expected a folder or s3a://bucket/prefix"),
        ("LANDING", "s3a://bucket//landing", "expected a folder or s3a://bucket/prefix"),
        ("LAKEHOUSE", "s3a://bucket/the lake", "letters, digits and . _ - / alone, as deltalake wants it"),
        ("REPORTS", "s3a://bucket/reports", "expected a folder; only landing and lakehouse may be s3a://bucket/prefix"),
        ("S3_ENDPOINT", "host:9000", "expected http://host:port or https://host:port"),
        ("LAKEHOUSE", "/data/[lake]", "expected a path without [ ], which deltalake cannot write to"),
        ("ENGINE_PORT", "80", "greater than or equal to 1024"),
        ("ENGINE_PORT", "many", "should be a valid integer"),
    ],
)
def test_a_wrong_setting_is_one_line_with_name_value_and_what_is_expected(
    name: str, value: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"TIDEBOOK_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    assert message.startswith(f"TIDEBOOK_{name}: saw {value!r}, ")
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [("S3_ENDPOINT", "http://me:hush@host:9000"), ("LANDING", "s3a://me:hush@bucket/landing")],
)
def test_keys_in_an_address_are_refused_and_not_repeated(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"TIDEBOOK_{name}", value)
    with pytest.raises(SettingsError, match=f"TIDEBOOK_{name}: saw .*//...@") as caught:
        load_settings()
    assert "hush" not in str(caught.value)


def test_landing_and_lakehouse_may_be_in_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load_settings().uses_s3
    load_settings.cache_clear()
    monkeypatch.setenv("TIDEBOOK_LANDING", "s3a://events/all of it/")
    monkeypatch.setenv("TIDEBOOK_LAKEHOUSE", "s3a://tables")
    monkeypatch.setenv("TIDEBOOK_S3_ENDPOINT", "http://127.0.0.1:9000/")
    settings = load_settings()
    assert (settings.landing, settings.lakehouse) == ("s3a://events/all of it", "s3a://tables")
    assert settings.s3_endpoint == "http://127.0.0.1:9000"
    assert settings.uses_s3


def test_all_wrong_settings_stand_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEBOOK_SPARK_MASTER", "two\nlines")
    monkeypatch.setenv("TIDEBOOK_SPARK_MEMORY", "much")
    with pytest.raises(SettingsError, match=r"^TIDEBOOK_SPARK_MASTER: .*; TIDEBOOK_SPARK_MEMORY: .*$") as caught:
        load_settings()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "master", ["local", "local[4]", "spark://host:7077", "yarn", "k8s://https://host", "sc://host:15002"]
)
def test_each_way_to_spark_is_accepted(master: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEBOOK_SPARK_MASTER", master)
    assert load_settings().spark_master == master


def test_an_empty_variable_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEBOOK_LAKEHOUSE", "")
    assert load_settings().lakehouse == str(tmp_path / "data/lakehouse")


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_addresses_of_alerts_are_split_at_blanks_and_at_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "TIDEBOOK_ALERTS",
        " mailto://h?to=ann@example.org,bob@example.org, json://h/a,b slack://A/B/C,tgram://1:x/2\n\tjson://i ",
    )
    assert [url.get_secret_value() for url in load_settings().alerts] == [
        "mailto://h?to=ann@example.org,bob@example.org",
        "json://h/a,b",
        "slack://A/B/C",
        "tgram://1:x/2",
        "json://i",
    ]


def test_addresses_of_alerts_are_in_no_print_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEBOOK_ALERTS", "json://user:Pa55w0rd@h/T0ken")
    settings = load_settings()
    assert len(settings.alerts) == 1
    assert "Pa55w0rd" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    monkeypatch.setenv("TIDEBOOK_ALERT_LINK", "ftp://user:Pa55w0rd@h")
    load_settings.cache_clear()
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert "expected http://host:port or https://host/path" in str(raised.value) and "Pa55w0rd" not in str(raised.value)


def test_processes_of_the_ui_see_the_settings_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEBOOK_ALERTS", "json://user:Pa55w0rd@h/T0ken mailto://h?to=ann@example.org,bob@example.org")
    monkeypatch.setenv("TIDEBOOK_FEEDS", "shop.feed,other.feed")
    monkeypatch.setenv("TIDEBOOK_SENSORS", "false")
    monkeypatch.setenv("TIDEBOOK_ALERT_REMINDER_H", "0.5")
    before = load_settings()
    for name, value in as_environment(before, port=3456).items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    after = load_settings()
    assert after.alert_link == "http://127.0.0.1:3456", "alerts lead to the UI that sends them"
    assert after.model_copy(update={"alert_link": before.alert_link}) == before
    assert as_environment(after, port=3457)["TIDEBOOK_ALERT_LINK"] == "http://127.0.0.1:3456", (
        "unless a setting says so"
    )
