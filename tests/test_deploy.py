"""The files for hosts in `deploy/` speak of settings and commands that there are."""

import re
from pathlib import Path

import pytest

from bots.__main__ import COMMANDS
from core.settings import Settings

HOUSE = Path(__file__).parent.parent
FILES = [path for path in (HOUSE / "deploy").iterdir() if path.is_file()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_there_exists(path: Path) -> None:
    named = set(re.findall(r"MATINEE_([A-Z_]+)", path.read_text("utf-8")))
    known = {name.upper() for name in Settings.model_fields}
    assert {name.removesuffix("_FILE") for name in named} <= known


def test_what_the_containers_run_are_our_commands() -> None:
    scale = (HOUSE / "deploy" / "compose.scale.yaml").read_text("utf-8")
    commands = re.findall(r"^    command: \[(\w+)", scale, re.MULTILINE)
    assert sorted(commands) == ["run", "worker"]
    assert set(commands) <= set(COMMANDS)


def test_the_image_takes_in_what_the_builder_is_given() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+)$", (HOUSE / "deploy" / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    sources = {source for line in copied for source in line.split()[:-1]}
    given = set(re.findall(r"^!(.+)$", (HOUSE / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    assert sources == given
    assert all((HOUSE / source).exists() for source in sources)


def test_no_secret_of_a_host_is_committed_by_accident() -> None:
    ignored = (HOUSE / ".gitignore").read_text("utf-8").splitlines()
    secrets = re.findall(r"file: \./(.+)", (HOUSE / "deploy" / "compose.scale.yaml").read_text("utf-8"))
    assert {f"/deploy/{name}" for name in secrets} <= set(ignored)
