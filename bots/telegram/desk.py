"""What people ask for on Telegram, from what they did to the core, and why something was turned away."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from bots.telegram.asking import Asked
from bots.telegram.crowd import Crowd, of_talk
from bots.telegram.place import Place
from bots.telegram.signing import Signer
from bots.telegram.wire import Wire
from core.catalogue import Catalogue
from core.errors import Refusal, RefusalReason
from core.model import Habits, Job, JobId, Visibility, Wishes
from core.ordering import OptionError, Order, fill_in
from core.service import Service
from core.texts import moment, refusal_sentence, say

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
    talk: Crowd = field(default_factory=of_talk)
    """Who waits for what only comes to an answer."""
    shown: OrderedDict[tuple[int, int], Habits] = field(default_factory=OrderedDict)
    """What the latest messages of /settings show."""
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

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
        )

    async def again(self, asked: Asked, job_id: JobId, said: Order | None = None) -> Job:
        """The same once more, but for what is `said`, as a new job of whoever asks now. Raises `Refusal`."""
        before = await self.visible(asked, job_id)
        request = before.request
        order = Order(
            request.prompt if said is None else said.prompt,
            request.seconds if said is None or said.seconds is None else said.seconds,
            (said and said.shape) or request.shape,
            (said and said.model) or request.model,
            (said and said.style) or request.style,
            request.image,
        )
        return await self.make(asked, order, visibility=before.wishes.visibility, parent=before.id)

    async def visible(self, asked: Asked, job_id: JobId) -> Job:
        """The job, where this person may know what it shows. Raises `Refusal(NOT_FOUND)`."""
        job = await self.service.job(job_id)
        foreign = job.requester.person != asked.requester.person
        if foreign and (job.removed_at is not None or job.wishes.visibility is Visibility.PRIVATE):
            raise Refusal(RefusalReason.NOT_FOUND)
        return job

    def refused(self, refusal: Refusal | OptionError) -> str:
        """Why nothing was begun, with the time when there is more."""
        if isinstance(refusal, OptionError):
            return say("option-wrong", option=refusal.option[:40], kind=refusal.kind)
        resets = refusal.details.get("resets_at")
        at = datetime.fromisoformat(resets) if isinstance(resets, str) else None
        return refusal_sentence(refusal, resets=self.moment(at))

    def moment(self, at: datetime | None) -> str | None:
        """A time to come, in the host's zone."""
        return moment(at, self.wire.now(), self.zone) if at is not None else None

    def label_of(self, job: Job) -> str:
        """How a job's model is called."""
        model = self.catalogue.models.get(job.request.model)
        return model.label if model else job.request.model
