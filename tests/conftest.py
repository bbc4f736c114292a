"""What tests share: the house's own database on a real file, and a clock that need not be waited for."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from pathlib import Path

import hypothesis
import pytest

from core import telemetry
from core.db import Database, open_database
from tests.emulators.discord import openapi
from tests.emulators.telegram import schema
from tests.virtual_time import VirtualTimeLoop

# A machine that has other things to do fails no law.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Virtual time where a test or its file is marked so."""
    return {"loop": VirtualTimeLoop if item.get_closest_marker("virtual_time") else asyncio.new_event_loop}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each platform whose description of its API was not at hand to judge by."""
    for line in (openapi.session_line(), schema.session_line()):
        if line is not None:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def new_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a host that has just begun; the tables are made once, and copied."""
    file = tmp_path_factory.mktemp("new_host") / "matinee.sqlite"

    async def make() -> None:
        async with open_database(f"sqlite:///{file}"):
            """Opened is made."""

    asyncio.run(make())
    return file


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Generator[None]:
    """What a house does to keep libraries quiet is over with its test."""
    before = {name: logging.getLogger(name).level for name in ("discord", "telegram", *telemetry.LOUD)}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
async def database(tmp_path: Path, new_host: Path) -> AsyncGenerator[Database]:
    """The tables as a new host gets them, in a file."""
    file = tmp_path / "house" / "matinee.sqlite"
    file.parent.mkdir()
    shutil.copyfile(new_host, file)
    async with open_database(f"sqlite:///{file}") as opened:
        yield opened
