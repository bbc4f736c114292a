"""What a long-running bot keeps of what is over: nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.db import Database
from core.ports import Platform
from tests.bots.discord_house import discord_house

pytestmark = pytest.mark.virtual_time


def kept(platform: Platform) -> int:
    """How many views and forms discord.py holds on to."""
    store: Any = vars(platform)["_client"]._connection._view_store
    return len(store._views) + len(store._synced_message_views) + len(store._modals)


async def test_neither_messages_that_are_done_nor_forms_are_remembered(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open() as platform:
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await house.over()
        assert asked.message is not None
        for button in ("Remix", "Report"):
            opened = await house.mia.press(asked.message, button)
            assert opened.modal is not None
        await asyncio.sleep(1)
        assert kept(platform) == 0
