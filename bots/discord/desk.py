"""What people ask for on Discord, from the interaction to the core: acknowledged first, then thought about."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import discord

from bots.discord.answers import Asked, channels_of, requester_of, roles_of, take_back, tell, think
from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.place import NAME, Place
from bots.discord.quoting import quoted
from core.catalogue import Catalogue
from core.db import DatabaseUnavailableError
from core.errors import Refusal, RefusalReason
from core.model import GenerationRequest, Habits, Job, JobId, Picture, Shape, Visibility, Wishes
from core.ordering import Order, fill_in
from core.pictures import BYTES_LIMIT, take_in
from core.service import Service
from core.texts import moment, refusal_sentence, say

_WORD_MOST: Final = 200
"""Characters of what somebody typed, or of a list of what there is, in a refusal."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody said; None where they left it to us."""

    prompt: str
    seconds: int | None = None
    shape: Shape | None = None
    model: str | None = None
    style: str | None = None
    visibility: Visibility = Visibility.EVERYONE
    image: discord.Attachment | None = None
    picture: Picture | None = None
    """The picture, where it is ours already."""
    parent: JobId | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where interactions become requests. It answers privately whatever is nobody else's business."""

    service: Service
    catalogue: Catalogue
    zone: ZoneInfo
    now: Callable[[], datetime]

    async def make(self, asked: Asked, wanted: Wanted) -> None:
        """Take a request. What can be seen to be wrong at once is said at once; everything else after the answer."""
        try:
            self._look_over(wanted)
        except Refusal as refusal:
            await tell(asked, self.refused(refusal))
            return
        place = await think(asked, private=wanted.visibility is Visibility.PRIVATE)
        try:
            if wanted.image is not None:
                # Its address is good for a short while only.
                wanted = replace(wanted, picture=await _fetch(wanted.image))
            await self.take(asked, wanted, place)
        except (Refusal, DatabaseUnavailableError) as error:
            await take_back(asked, self.refused(error), place)

    async def again(
        self, asked: Asked, job_id: JobId, *, private: bool, words: str | None = None, once: bool = False
    ) -> bool:
        """The same once more, or with other words, as a new job with a message of its own, for whoever asks now.

        `once`: what was asked for before is not asked for again. Returns whether a job came of it.
        """
        place = await think(asked, private=private)
        try:
            before = visible(await self.service.job(job_id), asked)
            request = before.request
            if before.wishes.visibility is Visibility.PRIVATE and not place.ephemeral:
                await take_back(asked, say("private-meanwhile"), place)  # everybody would read along here
                return False
            visibility = Visibility.PRIVATE if private else before.wishes.visibility
            wanted = Wanted(
                words or request.prompt,
                request.seconds,
                request.shape,
                request.model,
                request.style,
                visibility,
                picture=request.image,
                parent=before.id,
            )
            key = f"{NAME}:again:{job_id}:{asked.user.id}" if once else None
            job = await self.take(asked, wanted, place, asked_by=key)
        except (Refusal, DatabaseUnavailableError) as error:
            await take_back(asked, self.refused(error), place)
            return False
        if job.address != place.address():
            await take_back(asked, say("tried-again-before", job=job.id), place)
        return True

    async def take(self, asked: Asked, wanted: Wanted, place: Place, *, asked_by: str | None = None) -> Job:
        """Take a request whose answer stands already. Raises `Refusal`, `DatabaseUnavailableError`."""
        person = requester_of(asked)
        habits = await self.service.habits(person.person)
        request = self._request(wanted, habits)
        wishes = Wishes(wanted.visibility, habits.quiet, wanted.parent)
        key = asked_by or f"{NAME}:{asked.id}"
        return await self.service.submit(
            request,
            person,
            place.address(),
            wishes=wishes,
            asked_by=key,
            roles=roles_of(asked),
            where=channels_of(asked),
        )

    def _look_over(self, wanted: Wanted) -> None:
        """What is wrong whatever somebody's settings say: those must be read first. Raises `Refusal`."""
        if wanted.model is not None:
            self._request(wanted, Habits())
        GenerationRequest(wanted.prompt, self.catalogue.default.name, wanted.seconds or 1)
        if wanted.image is not None and wanted.image.size > BYTES_LIMIT:
            raise Refusal(RefusalReason.PICTURE_UNREADABLE)

    def _request(self, wanted: Wanted, habits: Habits) -> GenerationRequest:
        """The whole request. Raises `Refusal`."""
        order = Order(
            wanted.prompt,
            wanted.seconds,
            wanted.shape,
            wanted.model,
            wanted.style,
            wanted.picture,
            picture_follows=wanted.image is not None,
        )
        return fill_in(order, habits, self.catalogue)

    def refused(self, refusal: Refusal | DatabaseUnavailableError) -> str:
        """Why nothing was begun, with the time when there is more."""
        if isinstance(refusal, DatabaseUnavailableError):
            return say("database-away")
        resets = refusal.details.get("resets_at")
        at = datetime.fromisoformat(resets) if isinstance(resets, str) else None
        shown = {name: _shown(name, value) for name, value in refusal.details.items()}
        return refusal_sentence(Refusal(refusal.reason, shown), resets=self.moment(at))

    def moment(self, at: datetime | None) -> str | None:
        """A time to come, by the clock that it was told by."""
        return moment(at, self.now(), at.tzinfo or self.zone) if at is not None else None

    def label_of(self, job: Job) -> str:
        """How a job's model is called."""
        model = self.catalogue.models.get(job.request.model)
        return model.label if model else job.request.model


def called(subject: str) -> str:
    """How Discord shows a person, a role or a channel to whoever reads it."""
    _, _, name = subject.partition(":")
    kind, _, id_ = name.rpartition(":")
    return {"role": f"<@&{id_}>", "channel": f"<#{id_}>"}.get(kind, f"<@{id_}>")


_OURS: Final = frozenset({"rule", "window", "source", "platform"})
"""Details that choose among the forms of a sentence, and are nobody's words."""


def _shown(name: str, value: str | int) -> str | int:
    if name == "channels":
        return ", ".join(called(channel) for channel in str(value).split())
    return value if isinstance(value, int) or name in _OURS else quoted(value, most=_WORD_MOST)


def visible(job: Job, asked: Asked) -> Job:
    """The job, where this person may know what it shows. Raises `Refusal(NOT_FOUND)`."""
    others = job.wishes.visibility is Visibility.PRIVATE and job.requester.person != requester_of(asked).person
    if job.removed_at is not None or others:
        raise Refusal(RefusalReason.NOT_FOUND)
    return job


async def _fetch(attachment: discord.Attachment) -> Picture:
    try:
        with faults_become_ours():
            data = await attachment.read()
    except FaultError as fault:
        raise Refusal(RefusalReason.PICTURE_NOT_FETCHED) from fault
    return await take_in(data)
