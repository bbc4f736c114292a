"""What the host or the command line got wrong: one readable line each, exit code 2, and nothing begun."""

import os
import re
from pathlib import Path
from shutil import copy

import pytest

from bots.__main__ import main
from tests.end_to_end.programs import matinee

CATALOGUE = Path(__file__).parents[2] / "catalogue.toml"
ADDRESS = {"MATINEE_PROVIDER_URL": "http://127.0.0.1:9/v1"}


@pytest.fixture(autouse=True)
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the catalogue as it comes, and none of our own machine's settings."""
    for name in [name for name in os.environ if name.startswith("MATINEE_")]:
        monkeypatch.delenv(name)
    copy(CATALOGUE, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What `matinee WORDS` says before it gives up."""
    try:
        code: object = main(words)
    except SystemExit as left:
        code = left.code
    assert code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("KEEP_DAYS", "0", "greater than or equal to 1; for example MATINEE_KEEP_DAYS=30"),
        ("TIME_ZONE", "Europe/Berln", "did you mean Europe/Berlin?"),
        ("DATABASE_URL", "postgres://x", "sqlite:///FILE"),
        ("CREDITS_A_DAY", "3", "there is no such setting; did you mean MATINEE_CREDITS_PER_DAY?"),
        ("PROVIDER_KEY_FILE", "nowhere", "nowhere cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    setting: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"MATINEE_{setting}", value)
    line = complaint(capsys, "run")
    assert line.startswith(f"MATINEE_{setting}: ")
    assert said in line


def test_a_settings_file_that_was_named_must_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(capsys, "run", "--env-file", "nix") == (
        "--env-file: there is no file nix; for example --env-file .env"
    )


def test_a_key_that_others_can_read_is_not_used(host: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (host / ".env").write_text("MATINEE_PROVIDER_KEY=sk-for-me-alone\n")
    (host / ".env").chmod(0o644)
    line = complaint(capsys, "run")
    assert line.startswith("MATINEE_PROVIDER_KEY: other users can read .env")
    assert "sk-for-me-alone" not in line


@pytest.mark.parametrize("speed", ["nan", "-1", "inf", "fast", ""])
def test_a_speed_is_a_number_from_nothing_up(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(capsys, "demo", f"--speed={speed}").endswith("is no speed; for example --speed 4")


def test_what_is_only_seen_once_the_house_opens_is_said_as_plainly(host: Path) -> None:
    (host / "file").touch()
    for env, line in (
        (
            {},
            r"There is no .*\ncatalogue\.toml:\d+: .*the setting MATINEE_PROVIDER_URL is not set; for example .*",
        ),
        (ADDRESS | {"MATINEE_VIDEOS": "file"}, "MATINEE_VIDEOS: file cannot be written .*; for example .*"),
        (
            ADDRESS | {"MATINEE_DATABASE_URL": "sqlite:///:memory:"},
            "MATINEE_DATABASE_URL: in memory alone, .*; for example .*",
        ),
    ):
        seen = matinee("run", cwd=host, env=env)
        assert (seen.returncode, seen.stdout) == (2, "")
        assert re.fullmatch(f"{line}\n", seen.stderr)


def test_the_demo_speaks_of_what_was_typed_not_of_settings(host: Path) -> None:
    (host / "file").touch()
    seen = matinee("demo", "--out", "file", cwd=host)
    assert (seen.returncode, seen.stdout) == (2, "")
    assert re.fullmatch(r"--out: .*/file/videos cannot be written \(.*\); for example --out films\n", seen.stderr)
    seen = matinee("demo", "--prompt", "x" * 2001, cwd=host)
    assert (seen.returncode, seen.stdout) == (2, "")
    assert seen.stderr == "2,001 characters; the limit is 2,000. Nothing was charged. Make it shorter.\n"
