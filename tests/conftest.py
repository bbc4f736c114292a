"""What tests share: the house's own database on a real file, and a clock that need not be waited for."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path

import pytest

from core.db import Database, open_database
from tests.emulators.discord.openapi import session_line
from tests.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Virtual time where a test or its file is marked so."""
    return {"loop": VirtualTimeLoop if item.get_closest_marker("virtual_time") else asyncio.new_event_loop}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line where Discord's description of its API was not at hand to judge by."""
    if (line := session_line()) is not None:
        terminalreporter.write_line(line)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    """The tables as a new host gets them, in a file."""
    async with open_database(f"sqlite:///{tmp_path / 'house' / 'matinee.sqlite'}") as opened:
        yield opened
