"""What tests share: the house's own database, in a file or on a server, and a clock that need not be waited for."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from pathlib import Path

import hypothesis
import pytest

from core import telemetry
from core.db import Database, file_of, is_server, open_database
from tests.emulators.discord import openapi
from tests.emulators.telegram import schema
from tests.postgresql import Server, server
from tests.virtual_time import VirtualTimeLoop

# A machine that has other things to do fails no law.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Virtual time where a test or its file is marked so."""
    return {"loop": VirtualTimeLoop if item.get_closest_marker("virtual_time") else asyncio.new_event_loop}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both databases where a test or its file is marked so."""
    if "database_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgresql() -> Generator[Server]:
    """A real server: one for each process of the tests, since it starts in a second."""
    with server() as started:
        yield started


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
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """A database of the test's own: a file that is not there yet, or one on the server with all tables in it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path / 'house' / 'matinee.sqlite'}"
        return
    postgresql: Server = request.getfixturevalue("postgresql")
    url = postgresql.new()
    yield url
    postgresql.drop(url)


@pytest.fixture
async def database(database_url: str, new_host: Path) -> AsyncGenerator[Database]:
    """The tables as a new host gets them."""
    if not is_server(database_url):
        file = file_of(database_url)
        file.parent.mkdir()
        shutil.copyfile(new_host, file)
    async with open_database(database_url) as opened:
        yield opened
