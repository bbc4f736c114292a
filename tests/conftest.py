"""What tests share: the house's own database, in a file or on a server, and a clock that need not be waited for."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from pathlib import Path

import pytest

from core.db import Database, open_database
from tests.emulators.discord.openapi import session_line
from tests.postgresql import Server, server
from tests.virtual_time import VirtualTimeLoop


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
    """One line where Discord's description of its API was not at hand to judge by."""
    if (line := session_line()) is not None:
        terminalreporter.write_line(line)


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
async def database(database_url: str) -> AsyncGenerator[Database]:
    """The tables as a new host gets them."""
    async with open_database(database_url) as opened:
        yield opened
