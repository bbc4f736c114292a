"""An emulator of Discord for tests: REST v10 and gateway on loopback, driven by the real discord.py.

async with emulated_discord() as discord:
    mia = discord.person("mia")
    channel = discord.guild("Film club", mia).channel("videos")
    async with at_work(bot, discord):
        asked = await mia.slash(channel, "video", prompt="a lighthouse")
        await discord.until(lambda: not asked.deferred)
    assert asked.sees == "done"
"""

from tests.emulators.discord.calls import Call, Right, Upload
from tests.emulators.discord.channels import NONCE_SECONDS
from tests.emulators.discord.emulator import DiscordEmulator
from tests.emulators.discord.events import Intent
from tests.emulators.discord.interactions import NO_ANSWER, Interaction
from tests.emulators.discord.library import at_work, emulated_discord, point_at
from tests.emulators.discord.messages import Flag, Message
from tests.emulators.discord.modals import NotPossibleError
from tests.emulators.discord.people import Person
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.world import MIB, Channel, Guild, Nitro

__all__ = [
    "MIB",
    "NONCE_SECONDS",
    "NO_ANSWER",
    "Call",
    "Channel",
    "DiscordEmulator",
    "Flag",
    "Guild",
    "Intent",
    "Interaction",
    "Message",
    "Nitro",
    "NotPossibleError",
    "Permission",
    "Person",
    "Right",
    "Upload",
    "at_work",
    "emulated_discord",
    "point_at",
]
