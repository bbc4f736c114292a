"""What all conversations of one process share: the bot, its pace, and where each job's message is now."""

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

import msgspec
import structlog
import telegram

from bots.telegram.chat_board import Boards
from bots.telegram.crowd import Crowd, of_answers
from bots.telegram.entities import Text
from bots.telegram.faults import faults_become_ours
from bots.telegram.first_posts import FirstPosts
from bots.telegram.limits import UPLOAD_BYTES
from bots.telegram.pace import Pace
from bots.telegram.place import NAME, Place, read_place
from bots.telegram.render import Look, Sign
from bots.telegram.shared_boards import BoardBook, SharedBoards
from bots.telegram.turn_book import TurnBook
from core.db import DatabaseUnavailableError
from core.errors import DeliveryError, DeliveryReason
from core.model import Address, JobId, Status
from core.service import Service

_REMEMBERED: Final = 10_000
_MOVED: Final = "telegram groups that moved"
_MOVED_KEPT: Final = 1000
OPENS_WITHIN: Final = 5.0
"""Seconds for which what is to be said waits for a connection that is just being made."""
_LEAVE_SECONDS: Final = 5.0
"""So long what was begun may take to end before the process leaves."""
NO_PREVIEW: Final = telegram.LinkPreviewOptions(is_disabled=True)

_Result = TypeVar("_Result")

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Wire:
    """One for each bot. `open` it once the bot can speak, `close` it before the bot leaves."""

    bot: telegram.Bot
    now: Callable[[], datetime]
    sign: Sign
    moved: Callable[[JobId, Address], Awaitable[None]]
    """Writes down where a job's message is."""
    current: Callable[[JobId], Awaitable[Address]]
    """Where it is by the books."""
    migrate: Callable[[str, str, Callable[[Address], Address]], Awaitable[None]]
    """Writes down that a community has another name now, and changes every address there."""
    recall: Callable[[str], Awaitable[str | None]]
    remember: Callable[[str, str], Awaitable[None]]
    shows_jobs: bool = True
    """Whether this process shows how jobs stand; where others do, their boards are theirs."""
    storage_chat: int | None = None
    """Where films are uploaded to before they are shown; None where they are uploaded into their messages."""
    upload_bytes: int = UPLOAD_BYTES
    pace: Pace = field(default_factory=Pace)
    answers: Crowd = field(default_factory=of_answers)
    """Who waits for an answer."""
    board_book: BoardBook | None = None
    shared_boards: SharedBoards | None = None
    first_posts: FirstPosts | None = None
    """Keeps processes apart where several may speak."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the bot can speak: before that nothing can be sent."""
    boards: Boards = field(init=False)
    deaf: OrderedDict[tuple[int, int], None] = field(default_factory=OrderedDict)
    """The latest messages that get no more progress: their job is over, or it did not reach them."""
    unsure: dict[JobId, int] = field(default_factory=dict)
    """Jobs whose message was not posted, and how often nobody knows whether it was: it is tried again at the end."""
    unsure_stored: dict[JobId, int] = field(default_factory=dict)
    """How often nobody knows whether a job's film arrived in the storage chat."""
    doubted: OrderedDict[JobId, None] = field(default_factory=OrderedDict)
    """Jobs of which an edit got no answer: it may still take effect."""
    bot_name: str | None = None
    """Our username."""
    _posting: dict[JobId, asyncio.Task[None]] = field(default_factory=dict)
    _pinging: dict[JobId, asyncio.Task[None]] = field(default_factory=dict)
    _shown: OrderedDict[tuple[int, int], Look] = field(default_factory=OrderedDict)
    _places: OrderedDict[JobId, tuple[Address, Place]] = field(default_factory=OrderedDict)
    """What the books said, and what we know to be so since."""
    _locks: WeakValueDictionary[JobId, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _moved: dict[int, int] = field(default_factory=dict)
    """Groups that go on as supergroups, by their old numbers: buttons of ours are still pressed there."""

    def __post_init__(self) -> None:
        self.boards = Boards(self, self.board_book, self.shared_boards)

    @classmethod
    def of(
        cls,
        bot: telegram.Bot,
        service: Service,
        *,
        now: Callable[[], datetime],
        sign: Sign,
        shared: bool = False,
        **more: Any,
    ) -> "Wire":
        """The wire of a house. `more` are `shows_jobs`, `storage_chat` and `upload_bytes`.

        `shared`: other processes may speak with the same bot, on the same database.
        """

        async def current(job_id: JobId) -> Address:
            return (await service.job(job_id)).address

        source, owner = source_of(bot), secrets.token_hex(8)
        database = service.database
        return cls(
            bot,
            now,
            sign,
            moved=service.move,
            current=current,
            migrate=service.move_community,
            recall=service.mark,
            remember=service.set_mark,
            pace=Pace(TurnBook(database, source, now=now, shared=shared)),
            board_book=BoardBook(database, source),
            shared_boards=SharedBoards(database, source, owner, now=now) if shared else None,
            first_posts=FirstPosts(service, source, owner, now=now) if shared else None,
            **more,
        )

    async def until_open(self) -> None:
        """Wait a moment for the connection: whoever waits for longer keeps others waiting. Raises `DeliveryError`."""
        try:
            async with asyncio.timeout(OPENS_WITHIN):
                await self.opened.wait()
        except TimeoutError as error:
            raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE) from error

    async def open(self) -> None:
        """The bot can speak from now on. Raises `DatabaseUnavailableError`."""
        self.bot_name = self.bot.username
        await self.pace.open()
        self._moved = {int(old): new for old, new in json.loads(await self.recall(_MOVED) or "{}").items()}
        if self.shows_jobs:
            await self.boards.open()
        self.opened.set()

    async def close(self) -> None:
        """Let what was begun end, for a little while, and stop the rest."""
        self.opened.clear()
        await self.boards.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LEAVE_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self.boards.close()
        await self.pace.close()

    # Where a job's message is

    def lock(self, job: JobId) -> asyncio.Lock:
        """One at a time shows a job."""
        lock = self._locks.get(job)
        if lock is None:
            lock = self._locks[job] = asyncio.Lock()
        return lock

    def newest(self, job: JobId | None, stored: Place) -> Place:
        """The place as it was last seen."""
        known = self._places.get(job) if job is not None else None
        return known[1] if known is not None else stored

    async def where(self, job: JobId) -> Place:
        """The place by the books, or what we know of it since. Raises `DatabaseUnavailableError`, `Refusal`."""
        address = await self.current(job)
        known = self._places.get(job)
        if known is not None and known[0] == address:
            return known[1]
        return self._know(job, address, read_place(address))

    async def move(self, job: JobId, place: Place) -> Place:
        """A job's message is there now, or more is known of it. That it cannot be written down is borne for a while."""
        address = place.address()
        try:
            await self.moved(job, address)
        except DatabaseUnavailableError as error:
            _log.warning("a message was not written down", job=job, reason=str(error))
            known = self._places.get(job)
            address = known[0] if known is not None else address
        return self._know(job, address, place)

    def _know(self, job: JobId, address: Address, place: Place) -> Place:
        _put(self._places, job, (address, place))
        return place

    async def migrated(self, old: int, new: int) -> None:
        """A group is a supergroup now: its jobs go on there, in messages of their own. Repeating it changes nothing.

        Raises `DatabaseUnavailableError`.
        """

        def readdressed(address: Address) -> Address:
            place = read_place(address)
            if place.chat != old:
                return address
            person = new if place.person == old else place.person
            return msgspec.structs.replace(elsewhere(place, new), person=person).address()

        await self.migrate(f"{NAME}:{old}", f"{NAME}:{new}", readdressed)
        if self._moved.get(old) != new:
            moved = dict([*self._moved.items(), (old, new)][-_MOVED_KEPT:])
            await self.remember(_MOVED, json.dumps(moved))
            self._moved = moved
        await self.boards.leave(old)
        for job, (_, place) in list(self._places.items()):
            if place.chat == old:
                del self._places[job]

    def number_now(self, chat: int) -> int:
        """Under which number a chat goes on; of a chat that did not move, and of a person, their own."""
        return self._moved.get(chat, chat)

    def post_once(self, job: JobId, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have a job's first message posted when its chat takes it, unless that is under way or was vain."""
        if job not in self._posting and job not in self.unsure:
            task = self._posting[job] = self.go(work(), name=f"first message of {job}")
            task.add_done_callback(lambda _: self._posting.pop(job, None))

    def stop_posting(self, job: JobId) -> None:
        """Whoever holds the job's lock posts it now."""
        if (task := self._posting.pop(job, None)) is not None:
            task.cancel()

    def ping_once(self, job: JobId, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """Have a job's ping sent when its chat takes it; what is under way already goes on in its place."""
        task = self._pinging.get(job)
        if task is None:
            task = self._pinging[job] = self.go(work(), name=f"ping {job}")
            task.add_done_callback(lambda _: self._pinging.pop(job, None))
        return task

    @asynccontextmanager
    async def posting(self, job: JobId) -> AsyncGenerator[bool]:
        """Whether no other process posts a job's message, or its ping, meanwhile. Raises `DatabaseUnavailableError`."""
        if self.first_posts is None:
            yield True
            return
        async with self.first_posts.posting(job) as mine:
            yield mine

    async def is_passed(self, status: Status) -> bool:
        """Whether another process knows better how a job stands. Raises `DatabaseUnavailableError`, `Refusal`."""
        return self.first_posts is not None and await self.first_posts.is_passed(status)

    # What is known of messages

    def no_more_progress(self, place: Place) -> None:
        """What is shown of this message from now on is final."""
        if place.message is not None:
            _put(self.deaf, (place.chat, place.message), None)

    def progress_again(self, place: Place) -> None:
        """What is shown of this message reaches its person again."""
        if place.message is not None:
            self.deaf.pop((place.chat, place.message), None)

    def doubt(self, job: JobId) -> None:
        """An edit of this job's message may still take effect."""
        _put(self.doubted, job, None)

    def is_deaf(self, place: Place) -> bool:
        """Whether progress would be vain."""
        return place.message is not None and (place.chat, place.message) in self.deaf

    def looks_like(self, place: Place, look: Look) -> bool:
        """Whether a message shows this already."""
        return place.message is not None and self._shown.get((place.chat, place.message)) == look

    def showed(self, place: Place, look: Look) -> None:
        """A message looks like this now."""
        if place.message is not None:
            _put(self._shown, (place.chat, place.message), look)

    async def flooded(self, chat: int, seconds: float) -> None:
        """Telegram wants to hear nothing from this chat for so long; that is remembered beyond a restart."""
        await self.pace.flooded(chat, seconds)

    # Plain messages

    async def post_words(self, chat: int, thread: int | None, text: Text) -> int:
        """Send a message without buttons, and return its number. Raises `FaultError`."""
        with faults_become_ours():
            sent = await self.bot.send_message(
                chat,
                text.words,
                entities=text.entities,
                message_thread_id=thread,
                link_preview_options=NO_PREVIEW,
                disable_notification=True,
            )
        return sent.message_id

    async def edit_words(self, chat: int, message: int, text: Text) -> None:
        """Change a message without buttons. Raises `FaultError`."""
        with faults_become_ours():
            await self.bot.edit_message_text(
                text.words, chat, message, entities=text.entities, link_preview_options=NO_PREVIEW
            )

    # What goes on beside

    def go(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Do something beside everything else; its failures are logged."""
        return self._own(asyncio.create_task(_logged(work, name), name=name))

    async def to_its_end(self, work: Coroutine[Any, Any, _Result], name: str) -> _Result:
        """Do what must be known of when it is done, whoever waits for it is cancelled or not."""
        return await asyncio.shield(self._own(asyncio.create_task(work, name=name)))

    def _own(self, task: asyncio.Task[_Result]) -> asyncio.Task[_Result]:
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Whoever waits for it is told as well.
            _log.info("something did not end well", task=task.get_name(), reason=f"{type(error).__name__}: {error}")


def source_of(bot: telegram.Bot) -> str:
    """The name of a bot in the database: its number, which a new token does not change."""
    return f"{NAME}:{bot.token.partition(':')[0]}"


def elsewhere(place: Place, chat: int) -> Place:
    """The same job in another chat, where nothing of it was shown yet. What Telegram has of its film stays good."""
    return msgspec.structs.replace(
        place, chat=chat, message=None, thread=None, asked_in=None, has_media=False, private=chat > 0
    )


def _put(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    """Remember the latest so many."""
    known[key] = value
    known.move_to_end(key)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)


async def _logged(work: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await work
    except DatabaseUnavailableError as error:
        _log.warning("something was left undone", task=name, reason=str(error))
