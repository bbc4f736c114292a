"""Telegram as a process of its own: `python -m tests.emulators.telegram`, people's doings as lines of JSON on stdin.

The first line that it prints says where it listens and with which token. Each line that it reads is one doing, with the
person's name and, where it is not their conversation with the bot, a group's title (made when it is first named):

    {"person": "Anna", "write": "/video a lighthouse", "group": "Film club"}
    {"person": "Anna", "press": "Cancel", "message": 102}
    {"person": "Anna", "look": true}

and is answered by one line: what the chat now shows, the answer to a press, or what was not possible.
"""

import argparse
import asyncio
import json
import sys
from typing import Any

from tests.emulators.telegram.chats import Chat
from tests.emulators.telegram.emulator import TOKEN, TelegramEmulator
from tests.emulators.telegram.messages import Message
from tests.emulators.telegram.people import NotPossibleError, Person


class Desk:
    """Carries out what the lines say."""

    def __init__(self, telegram: TelegramEmulator) -> None:
        self._telegram = telegram
        self._people: dict[str, Person] = {}
        self._groups: dict[str, Chat] = {}

    async def do(self, told: dict[str, Any]) -> dict[str, Any]:
        """One line; what is answered."""
        name = str(told["person"])
        if name not in self._people:
            self._people[name] = self._telegram.person(name)
        person = self._people[name]
        chat = self._chat(person, told.get("group"))
        answer: dict[str, Any] = {}
        if "write" in told:
            person.write(chat, told["write"])
        elif "press" in told:
            message = chat.every_message.get(told.get("message", chat.from_bot[-1].id if chat.from_bot else 0))
            if message is None:
                raise NotPossibleError("there is no such message")
            press = await person.press(message, told["press"])
            answer = {"answered": press.is_answered, "toast": press.toast, "alert": press.alert}
        shown = [_shown(message) for message in chat.messages]
        return answer | {"messages": shown, "complaints": self._telegram.complaints}

    def _chat(self, person: Person, title: str | None) -> Chat:
        if title is None:
            return person.private
        if title not in self._groups:
            self._groups[title] = self._telegram.supergroup(title, person)
        group = self._groups[title]
        if person.id not in group.members:
            person.join(group)
        return group


def _shown(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": message.id,
        "from": "the channel" if message.sender is None else message.sender.first_name,
        "text": message.text,
        "edits": len(message.versions) - 1,
    }
    if message.keyboard:
        told["keyboard"] = message.keyboard
    if (media := message.media) is not None:
        told[media.kind] = {"bytes": media.file.size, "width": media.width, "height": media.height}
    return told


async def _serve(port: int, token: str) -> None:
    async with TelegramEmulator(port=port, token=token) as telegram:
        _say({"url": telegram.url, "token": telegram.token, "api_url": telegram.api_url, "file_url": telegram.file_url})
        desk = Desk(telegram)
        lines = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        try:
            while line := await lines.readline():
                try:
                    _say(await desk.do(json.loads(line)))
                except (NotPossibleError, KeyError, ValueError) as error:
                    _say({"error": f"{type(error).__name__}: {error}"})
        finally:
            transport.close()


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen on loopback; 0: anywhere")
    parser.add_argument("--token", default=TOKEN, help="the bot's token")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.token))


if __name__ == "__main__":
    main()
