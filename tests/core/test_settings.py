"""The operator's choices: what is read, what wins, and what a fault says."""

import os
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import PREFIX, Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    """A `.env` file."""
    path = folder / ".env"
    path.write_text(text)
    path.chmod(mode)
    return path


def faults(env_file: Path) -> list[str]:
    """What is wrong, a line each."""
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(env_file)
    return list(caught.value.lines)


def test_without_any_choice_everything_has_its_default(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path / ".env")
    assert settings.database_url == "sqlite:///data/matinee.sqlite"
    assert settings.credits_per_day == 5
    assert settings.named() == {}


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file = written(tmp_path, "MATINEE_AT_ONCE=7\nMATINEE_KEEP_DAYS=3\n")
    monkeypatch.setenv("MATINEE_AT_ONCE", "9")
    settings = Settings.load(env_file)
    assert (settings.at_once, settings.keep_days) == (9, 3)


def test_what_is_left_empty_has_its_default(tmp_path: Path) -> None:
    assert Settings.load(written(tmp_path, "MATINEE_AT_ONCE=\nMATINEE_PROVIDER_KEY=\n")).at_once == 4


def test_providers_find_their_addresses_and_keys_by_name(tmp_path: Path) -> None:
    env_file = written(
        tmp_path,
        "MATINEE_PROVIDER_URL=https://a.example\nMATINEE_PROVIDER_BEST_KEY=sk-best\nMATINEE_PROVIDER_KEY=sk-1\n",
    )
    settings = Settings.load(env_file)
    assert settings.named() == {
        "MATINEE_PROVIDER_URL": "https://a.example",
        "MATINEE_PROVIDER_BEST_KEY": "sk-best",
        "MATINEE_PROVIDER_KEY": "sk-1",
    }
    assert sorted(settings.secrets()) == ["sk-1", "sk-best"]


def test_a_key_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("sk-from-file\n")
    monkeypatch.setenv("MATINEE_PROVIDER_KEY_FILE", str(tmp_path / "key"))
    settings = Settings.load(tmp_path / ".env")
    assert settings.named()["MATINEE_PROVIDER_KEY"] == "sk-from-file"
    assert settings.secrets() == ["sk-from-file"]


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATINEE_PROVIDER_KEY_FILE", "/nowhere/key")
    (line,) = faults(tmp_path / ".env")
    assert line.startswith("MATINEE_PROVIDER_KEY_FILE: /nowhere/key cannot be read (No such file or directory); ")


def test_keys_do_not_show_when_the_settings_are_printed(tmp_path: Path) -> None:
    settings = Settings.load(written(tmp_path, "MATINEE_PROVIDER_KEY=sk-secret\n"))
    assert "sk-secret" not in f"{settings!r} {settings}"


def test_a_file_with_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    env_file = written(tmp_path, "MATINEE_PROVIDER_KEY=sk-1\n", mode=0o644)
    assert faults(env_file) == [
        f"MATINEE_PROVIDER_KEY: other users can read {env_file}, which holds it; for example: chmod 600 {env_file}"
    ]


def test_a_file_without_a_key_may_be_read_by_all(tmp_path: Path) -> None:
    Settings.load(written(tmp_path, "MATINEE_AT_ONCE=1\nMATINEE_PROVIDER_KEY=\n", mode=0o644))


def test_a_misspelt_setting_is_not_passed_over(tmp_path: Path) -> None:
    assert faults(written(tmp_path, "MATINEE_DATABSE=x\nMATINEE_XYZ=1\n")) == [
        "MATINEE_DATABSE: there is no such setting; did you mean MATINEE_DATABASE_URL?",
        "MATINEE_XYZ: there is no such setting; see .env.example",
    ]


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("MATINEE_AT_ONCE=many", "valid integer"),
        ("MATINEE_AT_ONCE=0", "greater than or equal to 1"),
        ("MATINEE_CREDITS_PER_DAY=-1", "greater than or equal to 0"),
        ("MATINEE_CREDITS_PER_DAY=1.5", "valid integer"),
        ("MATINEE_TIME_ZONE=Europe/Berln", "did you mean Europe/Berlin?"),
        ("MATINEE_DATABASE_URL=mysql://x", "sqlite:///FILE"),
        ("MATINEE_DATABASE_URL=postgresql://host", "postgresql://USER:PASSWORD@HOST/NAME"),
        ("MATINEE_LOG_LEVEL=loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_fault_names_the_setting_what_is_wrong_and_an_example(tmp_path: Path, assignment: str, said: str) -> None:
    (line,) = faults(written(tmp_path, assignment))
    name = assignment.partition("=")[0]
    assert line.startswith(f"{name}: ")
    assert said in line
    assert f"for example {name}=" in line


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    assert len(faults(written(tmp_path, "MATINEE_AT_ONCE=x\nMATINEE_LOG_LEVEL=x\n"))) == 2


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"\xff\xfe\x00")
    (line,) = faults(env_file)
    assert line.startswith(f"{env_file}: cannot be read as text")


def test_a_line_that_cannot_be_read_is_named_and_not_skipped(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('MATINEE_AT_ONCE=2\nMATINEE_PROVIDER_URL="http://x\n')
    with pytest.raises(ConfigurationError, match=r"\.env:2: MATINEE_PROVIDER_URL.*is no NAME=value.*for example"):
        Settings.load(file)


def test_a_number_that_is_none_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATINEE_DRAIN_SECONDS", "nan")
    with pytest.raises(
        ConfigurationError, match=r"MATINEE_DRAIN_SECONDS: input should be a finite number; for example"
    ):
        Settings.load(tmp_path / ".env")


def test_the_bots_tokens_are_secrets_and_may_lie_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("123:from-file\n")
    monkeypatch.setenv("MATINEE_TELEGRAM_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("MATINEE_DISCORD_TOKEN", "MTA.discord")
    settings = Settings.load(tmp_path / ".env")
    assert sorted(settings.secrets()) == ["123:from-file", "MTA.discord"]
    assert "from-file" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TELEGRAM_API_URL", "ftp://somewhere", "no web address"),
        ("TELEGRAM_API_URL", "http://here/?token=1", "no web address"),
        ("TELEGRAM_WEBHOOK_URL", "https://bot.example.com", "a web address with a path"),
        ("TELEGRAM_STORAGE_CHAT", "films", "valid integer"),
        ("WEB_PORT", "65536", "less than or equal to 65535"),
    ],
)
def test_a_setting_of_telegrams_that_cannot_be_is_named(
    tmp_path: Path, name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"MATINEE_{name}", value)
    (line,) = faults(tmp_path / ".env")
    assert line.startswith(f"MATINEE_{name}: ")
    assert said in line


def test_a_webhook_needs_a_port_to_be_called_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATINEE_TELEGRAM_WEBHOOK_URL", "https://bot.example.com/telegram")
    (line,) = faults(tmp_path / ".env")
    assert line.startswith("MATINEE_WEB_PORT: ")
    monkeypatch.setenv("MATINEE_WEB_PORT", "8080")
    assert Settings.load(tmp_path / ".env").web_port == 8080
