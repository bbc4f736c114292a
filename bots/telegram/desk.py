"""What people ask for on Telegram, from what they did to the core, and why something was turned away."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import structlog
import telegram

from bots.telegram.admins import ROLE, Admins
from bots.telegram.asking import Asked
from bots.telegram.crowd import Crowd, of_talk
from bots.telegram.faults import FaultError
from bots.telegram.naming import called
from bots.telegram.place import NAME, Place
from bots.telegram.render import harmless
from bots.telegram.signing import Signer
from bots.telegram.wire import Wire
from core.catalogue import Catalogue
from core.errors import Refusal, RefusalReason
from core.model import Habits, Job, JobId, Picture, Visibility, Wishes
from core.offers import takes_pictures
from core.ordering import OptionError, Order, fill_in
from core.service import Service
from core.texts import moment, refusal_sentence, say

_MET_MOST: Final = 10_000

_log = structlog.get_logger(__name__)

KEY_MARK: Final = "telegram.key"
"""Under which the key is kept that buttons are sealed with."""


@dataclass(slots=True)
class Desk:
    """What commands, cards and presses share."""

    service: Service
    catalogue: Catalogue
    wire: Wire
    zone: ZoneInfo
    signer: Signer
    """What seals the buttons of this house."""
    admins: Admins = field(init=False)
    _met: OrderedDict[str, tuple[str, str | None]] = field(default_factory=OrderedDict)
    """Who was met lately, and what they were called."""
    talk: Crowd = field(default_factory=of_talk)
    """Who waits for what only comes to an answer."""
    shown: OrderedDict[tuple[int, int], Habits] = field(default_factory=OrderedDict)
    """What the latest messages of /settings show."""
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def __post_init__(self) -> None:
        self.admins = Admins(self.wire)

    async def open(self) -> None:
        """Read the key of the buttons, which is drawn at the first start. Raises `DatabaseUnavailableError`."""
        self.signer.use(await self.service.secret(KEY_MARK))

    def alone(self, what: str) -> asyncio.Lock:
        """A lock on something, for as long as anybody holds or wants it."""
        lock = self._locks.get(what)
        if lock is None:
            lock = self._locks[what] = asyncio.Lock()
        return lock

    async def make(
        self,
        asked: Asked,
        order: Order,
        *,
        place: Place | None = None,
        asked_by: str | None = None,
        visibility: Visibility = Visibility.EVERYONE,
        parent: JobId | None = None,
    ) -> Job:
        """Take a request; without a `place` its message is still to be posted. Raises `Refusal`."""
        habits = await self.service.habits(asked.requester.person)
        request = fill_in(order, habits, self.catalogue)
        return await self.service.submit(
            request,
            asked.requester,
            (place or asked.place()).address(),
            wishes=Wishes(visibility, habits.quiet, parent),
            asked_by=asked_by or asked.asked_by,
            roles=await self.roles(asked),
            where=[] if asked.private else [asked.topic],
        )

    async def roles(self, asked: Asked) -> Collection[str]:
        """What somebody is where they ask, if that matters there; where Telegram does not say, they are nothing."""
        if asked.private or not await self.service.moderation.knows_roles(asked.requester.community):
            return []
        try:
            return [ROLE] if await self.admins.is_one(asked) else []
        except FaultError as fault:
            _log.info("nobody says what somebody is", chat=asked.chat, reason=str(fault))
            return []

    async def meet(self, voice: telegram.User | telegram.Chat) -> None:
        """Remember what somebody is called: moderators name people by their handles, which Telegram explains to nobody.

        Raises `DatabaseUnavailableError`.
        """
        person = f"{NAME}:{voice.id}"
        name = voice.full_name if isinstance(voice, telegram.User) else voice.title
        called = (name or person, voice.username)
        if self._met.get(person) != called:
            await self.service.moderation.meet(person, *called)
            self._met[person] = called
            if len(self._met) > _MET_MOST:
                self._met.popitem(last=False)

    async def again(self, asked: Asked, job_id: JobId, said: Order | None = None) -> Job:
        """The same once more, but for what is `said`, as a new job of whoever asks now. Raises `Refusal`.

        What is not said, words and picture too, stays as it was.
        """
        before = await self.visible(asked, job_id)
        request, said = before.request, said or Order("")
        order = Order(
            said.prompt or request.prompt,
            request.seconds if said.seconds is None else said.seconds,
            said.shape or request.shape,
            said.model or self._able(request.model, said.picture),
            said.style or request.style,
            said.picture or request.image,
        )
        return await self.make(asked, order, visibility=before.wishes.visibility, parent=before.id)

    def _able(self, model: str, picture: Picture | None) -> str:
        """The same model where it does with that picture, else one that takes pictures, as far as there is one."""
        entry = self.catalogue.models.get(model)
        does = picture is None or (entry is not None and entry.takes_image)
        return model if does else takes_pictures(self.catalogue) or model

    async def visible(self, asked: Asked, job_id: JobId) -> Job:
        """The job, where this person may know what it shows. Raises `Refusal(NOT_FOUND)`."""
        job = await self.service.job(job_id)
        foreign = job.requester.person != asked.requester.person
        if foreign and (job.removed_at is not None or job.wishes.visibility is Visibility.PRIVATE):
            raise Refusal(RefusalReason.NOT_FOUND)
        return job

    def refused(self, refusal: Refusal | OptionError, asked: Asked | None = None) -> str:
        """Why nothing was begun, with the time when there is more."""
        if isinstance(refusal, OptionError):
            return say("option-wrong", option=refusal.option[:40], kind=refusal.kind)
        told = dict(refusal.details)
        resets, channels = told.get("resets_at"), told.get("channels")
        at = datetime.fromisoformat(resets) if isinstance(resets, str) else None
        if isinstance(channels, str) and asked is not None:
            told["channels"] = ", ".join(called(channel, asked) for channel in channels.split())
        if isinstance(reason := told.get("reason"), str):
            told["reason"] = harmless(reason)
        return refusal_sentence(Refusal(refusal.reason, told), resets=self.moment(at))

    def moment(self, at: datetime | None) -> str | None:
        """A time to come, by the clock that it was told by."""
        return moment(at, self.wire.now(), at.tzinfo or self.zone) if at is not None else None

    def label_of(self, job: Job) -> str:
        """How a job's model is called."""
        model = self.catalogue.models.get(job.request.model)
        return model.label if model else job.request.model
