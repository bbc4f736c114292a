"""Telegram on this machine: one object that holds the world, serves the bot and lets people act."""

import asyncio
import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.emulators.telegram.account import Account
from tests.emulators.telegram.calls import MIB, Call, Upload
from tests.emulators.telegram.chats import ADMIN_RIGHTS, CHANNEL_RIGHTS, Chat, ChatType, Member, Status
from tests.emulators.telegram.clock import seconds
from tests.emulators.telegram.commands import Commands
from tests.emulators.telegram.composing import Composer
from tests.emulators.telegram.editing import Editing
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.faults import Faults
from tests.emulators.telegram.files import Files
from tests.emulators.telegram.flood import FloodControl, Flooded
from tests.emulators.telegram.information import Information
from tests.emulators.telegram.media import Uploads
from tests.emulators.telegram.membership import Membership
from tests.emulators.telegram.people import Person
from tests.emulators.telegram.post import Post
from tests.emulators.telegram.presses import Press, Presses
from tests.emulators.telegram.schema import Judge
from tests.emulators.telegram.sending import Sending
from tests.emulators.telegram.server import Server
from tests.emulators.telegram.updates import Updates
from tests.emulators.telegram.webhook import Webhook
from tests.emulators.telegram.world import User, World

TOKEN = "123456789:TEST-token_of_the_emulator"
UPLOAD_LIMIT = 50 * MIB
LOCAL_UPLOAD_LIMIT = 2000 * MIB


class TelegramEmulator:
    """`async with TelegramEmulator() as telegram:`; its `api_url` and `file_url` are what a bot is given.

    Its clock is that of the running loop. `complaints` is what the bot did that the description of the Bot API does not
    allow: a test asserts that there is none. `upload_limit` is in bytes, for one file.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "matinee_bot",
        privacy: bool = True,
        local: bool = False,
        upload_limit: int | None = None,
        port: int = 0,
    ) -> None:
        self.token = token
        self._port = port
        self.bot = User(int(token.split(":", maxsplit=1)[0]), "Matinee", username, is_bot=True, known=True)
        limit = upload_limit or (LOCAL_UPLOAD_LIMIT if local else UPLOAD_LIMIT)
        self._closing = ExitStack()
        self.local_folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory())) if local else None
        self.world = World(self.bot, privacy)
        self.files = Files(self.bot.id)
        self.updates = Updates()
        self.flood = FloodControl()
        self.post = Post(self.world, self.files, self.updates)
        self.presses = Presses(self.files, self.updates)
        self.pages: dict[str, Upload] = {}
        """What lies at public addresses, for files that are sent by address."""
        composer = Composer(self.world, self._complain)
        uploads = Uploads(self.files, self._fetch, self._complain, self.flood, limit, local)
        sending = Sending(self.world, self.files, composer, uploads, self.flood)
        editing = Editing(self.world, self.files, self.post, composer, uploads, self.flood)
        self.account = Account(self.world, self.files, self.updates, self.local_folder)
        self.webhook = Webhook(self.updates, self._complain, local=local)
        self.commands = Commands(self.world)
        self.membership = Membership(self.world, self.updates)
        information = Information(self.world, self.membership)
        rooms: tuple[Any, ...] = (
            self.account,
            sending,
            editing,
            self.presses,
            self.webhook,
            self.commands,
            information,
        )
        methods = {name: act for room in rooms for name, act in room.methods.items()}
        judge = Judge()
        self.updates.judge = lambda update: self.complaints.extend(judge.update_complaints(update))
        self.server = Server(
            token=token, methods=methods, files=self.files, judge=judge, most_bytes=limit + 2 * MIB, local=local
        )
        self._url = ""

    async def __aenter__(self) -> Self:
        self._url = await self.server.start(self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for press in self.presses.every:
            press.close()
        await self.webhook.aclose()
        await self.server.stop()
        self._closing.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._url

    @property
    def api_url(self) -> str:
        """What python-telegram-bot calls `base_url`; the token follows."""
        return f"{self._url}/bot"

    @property
    def file_url(self) -> str:
        """What python-telegram-bot calls `base_file_url`; the token follows."""
        return f"{self._url}/file/bot"

    # The world

    def person(
        self,
        name: str,
        *,
        username: str | None = None,
        language: str | None = "en",
        started: bool = False,
        known: bool = False,
    ) -> Person:
        """Somebody new. `started`: they have written to the bot before, in private."""
        id_ = self.world.new_person_id()
        person = Person(id_, name, username, language_code=language, known=known or started, telegram=self)
        self.world.users[id_] = person
        self.world.private(person).started = started
        return person

    def group(self, title: str = "Film club", *people: User, with_bot: bool = True) -> Chat:
        """A basic group."""
        return self._chat(ChatType.GROUP, title, *people, with_bot=with_bot)

    def supergroup(
        self, title: str = "Film club", *people: User, username: str | None = None, with_bot: bool = True
    ) -> Chat:
        """A supergroup."""
        return self._chat(ChatType.SUPERGROUP, title, *people, username=username, with_bot=with_bot)

    def forum(self, title: str = "Film club", *people: User, with_bot: bool = True) -> Chat:
        """A supergroup with topics; `chat.topic(name)` makes one."""
        return self._chat(ChatType.SUPERGROUP, title, *people, with_bot=with_bot, is_forum=True)

    def channel(self, title: str = "Films", *people: User, username: str | None = None, with_bot: bool = True) -> Chat:
        """A channel, the bot its administrator."""
        chat = self._chat(ChatType.CHANNEL, title, *people, username=username, with_bot=False)
        if with_bot:
            chat.members[self.bot.id] = Member(self.bot, Status.ADMINISTRATOR, ADMIN_RIGHTS | CHANNEL_RIGHTS)
        return chat

    def _chat(self, type_: ChatType, title: str, *people: User, with_bot: bool, **more: Any) -> Chat:
        chat = self.world.new_chat(type_, title, **more)
        owner = people[0] if people else self.person("owner")
        chat.members[owner.id] = Member(owner, Status.CREATOR)
        chat.join(*people[1:])
        if with_bot:
            chat.members[self.bot.id] = Member(self.bot)
        return chat

    # What the bot did

    @property
    def complaints(self) -> list[str]:
        """Where a request was not as Telegram describes it, or met a method that is not emulated."""
        return self.server.complaints

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand: `fail`, `garble`, `drop`, `slow`."""
        return self.server.faults

    @property
    def flooded(self) -> list[Flooded]:
        """Every 429 of flood control, with the chat, the time, and how far the penalty had grown."""
        return self.flood.refusals

    def calls(self, method: str = ".*", chat: Chat | None = None) -> list[Call]:
        """The requests so far, by method (a regular expression for the whole name) and chat, with their times."""
        found = (call for call in self.server.calls if re.fullmatch(method, call.method))
        return [call for call in found if chat is None or call.chat_id == chat.id]

    async def until(self, condition: Callable[[], Any], seconds: float = 60) -> None:
        """Let everybody go on until something is so; looked at after every request, and once a second."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.server.answered.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await self.server.answered.wait()

    async def quiet(self, seconds: float = 60) -> None:
        """Until the bot has taken all updates and waits for new ones."""
        await self.until(lambda: not self.updates.pending and self.updates.is_polled, seconds)

    @property
    def pressed(self) -> list[Press]:
        """Every press of a button, oldest first."""
        return self.presses.every

    # What Telegram's servers see

    def publish(self, url: str, data: bytes, content_type: str = "video/mp4") -> None:
        """Let something lie at a public address, from where Telegram fetches it."""
        self.pages[url] = Upload(url.rsplit("/", 1)[1], data, content_type)

    async def _fetch(self, url: str) -> Upload:
        if url in self.pages:
            return self.pages[url]
        target = self.webhook.resolve(url)
        if target is None:
            raise bad_request("failed to get HTTP URL content")
        async with aiohttp.ClientSession() as session, session.get(target) as answer:
            if answer.status != 200:
                raise bad_request("failed to get HTTP URL content")
            return Upload(target.rsplit("/", 1)[1], await answer.read(), answer.content_type)

    def resolve(self, public: str, local: str) -> None:
        """Let a public address (its beginning) be served on this machine: for webhooks and for files by address."""
        self.webhook.routes[public] = local

    def revoke_token(self) -> None:
        """As BotFather does: from now on every request is answered with 401."""
        self.server.revoked = True

    def _complain(self, sentence: str) -> None:
        self.server.complaints.append(sentence)

    @property
    def second(self) -> float:
        """Now, on the clock by which calls are written down."""
        return seconds()
