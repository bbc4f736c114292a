"""Where messages are put, changed, found and taken away, so that everybody hears of it."""

from typing import Any

from tests.emulators.discord.cdn import Cdn
from tests.emulators.discord.messages import Look, Message
from tests.emulators.discord.payloads import message_json
from tests.emulators.discord.world import World
from tests.virtual_time import now


class Post:
    """The messages of the whole world."""

    def __init__(self, world: World, cdn: Cdn) -> None:
        self._world = world
        self._cdn = cdn

    def told(self, message: Message) -> dict[str, Any]:
        """As REST answers it."""
        return message_json(message, self._cdn, self._world.bot)

    def put(self, message: Message) -> Message:
        message.channel.every_message[message.id] = message
        self._world.events.message("MESSAGE_CREATE", message)
        return message

    def change(self, message: Message, look: Look) -> None:
        message.change(now(), look)
        self._world.events.message("MESSAGE_UPDATE", message)

    def remove(self, message: Message) -> None:
        message.deleted = True
        message.channel.every_message.pop(message.id, None)
        self._world.events.message("MESSAGE_DELETE", message)
