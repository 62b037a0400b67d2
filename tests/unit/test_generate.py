"""`tidebook generate FEED`: the words of each command reach its sample, and mistakes are one line."""

import sys
from pathlib import Path

import pytest
from small_samples import OPTIONS
from typer.testing import CliRunner

from analytics_assets import cli
from analytics_assets.commands.generate import SAMPLES
from analytics_assets.generators import generate
from analytics_assets.samples.truth import read_truth
from resources.errors import UserError

WORDS = ["--events", "300", "--users", "40", "--start", "2025-01-01", "--end", "2025-01-03", "--seed", "9"]
FAULTS = ["--late-share", "0.1", "--duplicate-share", "0.2", "--broken-share", "0.3"]
OWN = {
    "notes": (["--zipf-exponent", "1.5"], {"zipf_exponent": 1.5}),
    "ide": (["--marathons", "0"], {"marathons": 0}),
    "aqua": (["--pull-s", "900"], {"pull_s": 900}),
    "shop": (["--products", "11"], {"products": 11}),
}


def test_there_is_a_command_for_each_feed_with_a_sample() -> None:
    assert {command.name for command in generate.registered_commands} == set(OPTIONS) == set(SAMPLES) - {"uniform"}


@pytest.mark.parametrize("feed", OWN)
def test_each_word_of_a_command_is_an_option_of_its_sample(feed: str, tmp_path: Path) -> None:
    words, expected = OWN[feed]
    done = CliRunner().invoke(generate, [feed, *WORDS, *FAULTS, *words, "--to", str(tmp_path)])
    assert done.exit_code == 0, done.output
    chosen = read_truth(tmp_path / feed / "truth.json").options
    assert (
        chosen.items()
        >= {
            "events": 300,
            "users": 40,
            "start": "2025-01-01",
            "end": "2025-01-03",
            "seed": 9,
            "late_share": 0.1,
            "duplicate_share": 0.2,
            "broken_share": 0.3,
            **expected,
        }.items()
    )


@pytest.mark.parametrize(("feed", "dates"), [("notes", 365), ("ide", 30), ("aqua", 30), ("shop", 30)])
def test_without_dates_a_sample_ends_yesterday(feed: str, dates: int, tmp_path: Path) -> None:
    words = ["--pull-s", "3600"] if feed == "aqua" else []
    done = CliRunner().invoke(generate, [feed, "--events", "100", "--users", "50", *words, "--to", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert len(read_truth(tmp_path / feed / "truth.json").dau) == dates


@pytest.mark.parametrize("feed", OWN)
def test_defaults_of_the_command_are_those_of_the_options(feed: str) -> None:
    defaults = {
        name: field.default
        for name, field in OPTIONS[feed].__dataclass_fields__.items()
        if name not in ("start", "end")
    }
    command = next(command for command in generate.registered_commands if command.name == feed)
    assert command.callback is not None and command.callback.__defaults__ is not None
    names = command.callback.__code__.co_varnames[: command.callback.__code__.co_argcount]
    declared = dict(zip(names[-len(command.callback.__defaults__) :], command.callback.__defaults__, strict=True))
    assert {name: declared[name] for name in declared.keys() & defaults.keys()} == {
        name: defaults[name] for name in declared.keys() & defaults.keys()
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ide", "--start", "2025-01-03", "--end", "2025-01-01"], "end: saw 2025-01-01 with start 2025-01-03"),
        (["aqua", "--pull-s", "61"], "pull_s: saw 61, expected a whole number from 1 to 3600 that divides a day"),
        (["shop", "--late-share", "0.9"], "late_share: saw 0.9, expected a number from 0 to 0.5"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tidebook", "generate", *words, "--to", str(tmp_path / "landing")])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == UserError.exit_code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "landing").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file, not a folder")
    done = CliRunner().invoke(generate, ["shop", "--events", "10", "--users", "5", "--to", str(tmp_path)])
    assert isinstance(done.exception, UserError)
    assert str(tmp_path) in str(done.exception) and "--to" in str(done.exception)
