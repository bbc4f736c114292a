"""The connection to Discord: intents, shards, buttons, and the commands, told only when they have changed."""

import asyncio
import fcntl
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import discord
import structlog
from discord import app_commands
from typing_extensions import override

from bots.discord.answers import NOBODY, Asked, tell
from bots.discord.buttons import JobButton, Press
from bots.discord.commands import build_tree
from bots.discord.deadline import watch
from bots.discord.desk import Desk
from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.forms import answer_form
from bots.discord.languages import CatalogueTranslator, speak_to
from bots.discord.presses import Presses
from bots.discord.syncing import COMMANDS_MARK, differences, fingerprint, known, offered
from bots.discord.wire import Wire
from core.db import DatabaseUnavailableError
from core.errors import ErrorKind
from core.model import Failure, JobId
from core.service import Service
from core.texts import failure_sentence, say

IDENTIFY_SECONDS: Final = 5.5
"""Between two identifications under one key: five, and the way there (Gateway: sharding, max_concurrency)."""
LONGEST_WAIT: Final = 30.0
"""Seconds that discord.py may wait for a bucket by itself, its least; beyond that the board decides."""
SETTLE_SECONDS: Final = 5.0
"""So long answers that are under way may take before the connection is closed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shards:
    """Which part of Discord this process hears: all of it, some of so many shards, or `NOTHING`."""

    ids: Sequence[int] | None = None
    count: int | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """`0-1/4` as the settings have it; nothing is all of them."""
        span, _, count = text.partition("/")
        first, _, last = span.partition("-")
        return cls(range(int(first), int(last or first) + 1), int(count)) if text else cls()

    @property
    def first(self) -> bool:
        """Whether this is the process that tells Discord the commands."""
        return self.ids is None or 0 in self.ids

    @property
    def name(self) -> str:
        """Which part that is, as processes agree on who has it."""
        return "all" if self.ids is None else f"{'-'.join(str(id_) for id_ in self.ids)}/{self.count}"

    @property
    def none(self) -> bool:
        """Whether this process only writes what others have heard of."""
        return self.ids is not None and not self.ids


NOTHING: Final = Shards((), 1)
"""For a process that only works: it edits and delivers without a connection to the gateway."""


class MatineeClient(discord.AutoShardedClient):
    """Hears commands, buttons and forms. What it needs of Discord is no privileged intent."""

    def __init__(self, desk: Desk, service: Service, gate: Path, shards: Shards) -> None:
        served: dict[str, Any] = (
            {"shard_ids": list(shards.ids), "shard_count": shards.count} if shards.ids is not None else {}
        )
        super().__init__(
            intents=discord.Intents(guilds=True),
            **served,
            max_messages=None,
            max_ratelimit_timeout=LONGEST_WAIT,
            allowed_mentions=NOBODY,
            http_trace=watch(desk.now),
            chunk_guilds_at_startup=False,
        )
        self._desk = desk
        self._service = service
        self._gate = gate
        self._shards = shards
        self._presses: Presses | None = None
        self._wire: Wire | None = None
        self._answering: set[asyncio.Task[Any]] = set()
        self.tree: app_commands.CommandTree[Any] | None = None

    def wire_up(self, wire: Wire) -> None:
        """Put together what answers; before anything connects."""
        self._wire = wire
        self._presses = Presses(self._desk, wire)
        tree = build_tree(self, self._desk, self._presses)
        tree.error(self.stumbled)
        tree.begin = self.begin
        self.tree = tree

    def begin(self, interaction: Asked) -> None:
        """Somebody is about to be answered, in their language, by the task that calls this."""
        speak_to(interaction)
        task = asyncio.current_task()
        if task is not None:
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def settle(self) -> None:
        """Let whoever is being answered be answered, for a little while: to close is to fall silent at once."""
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=SETTLE_SECONDS)

    @override
    async def setup_hook(self) -> None:
        self.add_dynamic_items(JobButton)
        if self._wire is not None:
            self._wire.opened.set()

    async def tell_what_there_is(self) -> None:
        """Tell Discord the commands, where this is the process that does."""
        if self._shards.first and self.tree is not None:
            await self.tell_commands(self.tree, CatalogueTranslator())

    async def tell_commands(self, tree: app_commands.CommandTree[Any], translator: app_commands.Translator) -> bool:
        """Tell Discord the commands in all languages, where it was told others last or knows others; whether so."""
        ours = await offered(tree, translator)
        print_ = fingerprint(self.application_id, ours)
        try:
            same = await self._service.mark(COMMANDS_MARK) == print_
            if same and not any(differences(await known(self), ours)):
                return False
            with faults_become_ours():
                await tree.sync()
            await self._service.set_mark(COMMANDS_MARK, print_)
        except (FaultError, DatabaseUnavailableError) as error:
            # Those that Discord knows go on working; the next start tells it again.
            _log.warning("the commands were not told to Discord", reason=str(error))
            return False
        _log.info("the commands were told to Discord", commands=len(ours))
        return True

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """One identification in five seconds, whichever process it comes from."""
        async with _alone(self._gate) as gate:
            before = os.pread(gate, 64, 0).decode().strip()
            if before:
                since = (self._desk.now() - datetime.fromisoformat(before)).total_seconds()
                await asyncio.sleep(min(max(0.0, IDENTIFY_SECONDS - since), IDENTIFY_SECONDS))
            os.pwrite(gate, self._desk.now().isoformat().ljust(64).encode(), 0)

    async def on_ready(self) -> None:
        """All servers are known: what a host wants to read after a start."""
        _log.info("Discord is connected", bot=str(self.user), servers=len(self.guilds))

    async def pressed(self, interaction: Asked, press: Press, job: JobId) -> None:
        """Somebody pressed a button of ours, however old."""
        if self._presses is None:
            return
        self.begin(interaction)
        try:
            await self._presses.answer(interaction, press, job)
        except (FaultError, DatabaseUnavailableError) as error:
            await self.stumbled(interaction, error)

    async def on_interaction(self, interaction: Asked) -> None:
        """Somebody did something; what discord.py does not bring to its place is a form that was sent off."""
        if interaction.type is discord.InteractionType.modal_submit:
            self.begin(interaction)
            await answer_form(interaction, self._desk)

    @override
    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """A form that could not be answered is told to its person, as a command and a button are."""
        error = sys.exception()
        if args and isinstance(args[0], discord.Interaction) and isinstance(error, Exception):
            await self.stumbled(args[0], error)
        else:
            await super().on_error(event_method, *args, **kwargs)

    async def stumbled(self, interaction: Asked, error: Exception) -> None:
        """An answer that could not be given: into the log, and a sentence to the person if there is still a way."""
        error = getattr(error, "original", error)
        if isinstance(error, FaultError | DatabaseUnavailableError):
            _log.warning("an interaction was not answered", interaction=interaction.id, reason=str(error))
        else:
            _log.error("an interaction met a bug of ours", interaction=interaction.id, exc_info=error)
        away = isinstance(error, DatabaseUnavailableError)
        internal = failure_sentence(Failure(ErrorKind.INTERNAL), model=None, refunded=0)
        try:
            await tell(interaction, say("database-away") if away else internal)
        except FaultError as fault:
            _log.info("nor could that be said", interaction=interaction.id, reason=str(fault))


@asynccontextmanager
async def _alone(path: Path) -> AsyncGenerator[int]:
    """Hold a lock that all processes of this host know."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.1)
        yield descriptor
    finally:
        os.close(descriptor)
