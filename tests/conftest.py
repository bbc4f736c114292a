"""What tests share: the house's own database on a real file, and a clock that need not be waited for."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from pathlib import Path

import pytest

from core import telemetry
from core.db import Database, open_database
from tests.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Virtual time where a test or its file is marked so."""
    return {"loop": VirtualTimeLoop if item.get_closest_marker("virtual_time") else asyncio.new_event_loop}


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Generator[None]:
    """What a house does to keep libraries quiet is over with its test."""
    before = {name: logging.getLogger(name).level for name in ("discord", "telegram", *telemetry.LOUD)}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    """The tables as a new host gets them, in a file."""
    async with open_database(f"sqlite:///{tmp_path / 'house' / 'matinee.sqlite'}") as opened:
        yield opened
