"""What people ask for on Discord, from the interaction to the core: acknowledged first, then thought about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import discord
import structlog

from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.place import NAME, Place
from core.catalogue import Catalogue
from core.errors import Refusal, RefusalReason
from core.model import GenerationRequest, Job, JobId, Requester, Shape, Visibility, Wishes
from core.pictures import BYTES_LIMIT, take_in
from core.service import Service
from core.texts import moment, refusal_sentence

NOBODY: Final = discord.AllowedMentions.none()
Asked = discord.Interaction[Any]

_log = structlog.get_logger(__name__)


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
            self._request(wanted, None, None)
        except Refusal as refusal:
            await self.tell(asked, self.refused(refusal))
            return
        private = wanted.visibility is Visibility.PRIVATE
        answer = await asked.response.defer(thinking=True, ephemeral=private)
        if answer is None or answer.message_id is None:
            _log.warning("an interaction was answered without a message", interaction=asked.id)
            return
        try:
            await self._take(asked, wanted, place_of(asked, answer.message_id, ephemeral=private))
        except Refusal as refusal:
            await self._take_back(asked, self.refused(refusal), private=private)

    async def _take(self, asked: Asked, wanted: Wanted, place: Place) -> Job:
        person = requester_of(asked)
        habits = await self.service.habits(person.person)
        picture = await self._picture(wanted.image) if wanted.image is not None else None
        request = self._request(wanted, habits.shape, habits.model)
        if picture is not None:
            request = GenerationRequest(
                request.prompt, request.model, request.seconds, request.shape, picture, request.style
            )
        wishes = Wishes(wanted.visibility, habits.quiet, wanted.parent)
        return await self.service.submit(request, person, place.address(), wishes=wishes, asked_by=f"{NAME}:{asked.id}")

    def _request(self, wanted: Wanted, shape: Shape | None, model_name: str | None) -> GenerationRequest:
        """The whole request, with what the person usually wants and then what the model gives. Raises `Refusal`."""
        usual = model_name if model_name in self.catalogue.offered() else None
        model = self.catalogue.model(wanted.model or usual or self.catalogue.default.name)
        usual_shape = shape if shape in model.shapes else model.default_shape
        request = GenerationRequest(
            wanted.prompt,
            model.name,
            wanted.seconds or model.default_seconds,
            wanted.shape or usual_shape,
            style=wanted.style,
        )
        if wanted.image is not None and not model.takes_image:
            raise Refusal(RefusalReason.IMAGE_NOT_TAKEN, {"model": model.label})
        self.catalogue.price(request)
        return request

    async def _picture(self, attachment: discord.Attachment) -> Any:
        if attachment.size > BYTES_LIMIT:
            raise Refusal(RefusalReason.PICTURE_UNREADABLE)
        try:
            with faults_become_ours():
                data = await attachment.read()
        except FaultError as fault:
            raise Refusal(RefusalReason.PICTURE_UNREADABLE) from fault
        return await take_in(data)

    async def again(self, asked: Asked, job_id: JobId) -> None:
        """The same once more, as a new job with a message of its own."""
        answer = await asked.response.defer(thinking=True)
        try:
            before = await self.service.job(job_id)
            if answer is not None and answer.message_id is not None:
                place = place_of(asked, answer.message_id, ephemeral=False)
                wishes = Wishes(before.wishes.visibility, before.wishes.quiet, before.id)
                await self.service.submit(
                    before.request, requester_of(asked), place.address(), wishes=wishes, asked_by=f"{NAME}:{asked.id}"
                )
        except Refusal as refusal:
            await self._take_back(asked, self.refused(refusal), private=False)

    # Answers

    def refused(self, refusal: Refusal) -> str:
        """Why nothing was begun, with the time when there is more."""
        resets = refusal.details.get("resets_at")
        at = datetime.fromisoformat(resets) if isinstance(resets, str) else None
        return refusal_sentence(refusal, resets=self.moment(at))

    def moment(self, at: datetime | None) -> str | None:
        """A time to come, in the host's zone."""
        return moment(at, self.now(), self.zone) if at is not None else None

    async def tell(self, asked: Asked, text: str) -> None:
        """Answer so that only this person sees it, whether or not there was an answer before."""
        with faults_become_ours():
            if asked.response.is_done():
                await asked.followup.send(text, ephemeral=True, allowed_mentions=NOBODY)
            else:
                await asked.response.send_message(text, ephemeral=True, allowed_mentions=NOBODY)

    async def _take_back(self, asked: Asked, text: str, *, private: bool) -> None:
        """Say no where everybody already sees that the bot is thinking: take that away, and say it privately."""
        with faults_become_ours():
            if private:
                await asked.edit_original_response(content=text, allowed_mentions=NOBODY)
                return
            await asked.delete_original_response()
            await asked.followup.send(text, ephemeral=True, allowed_mentions=NOBODY)


def requester_of(asked: Asked) -> Requester:
    """Who asks, and in which community; alone with the bot, a person is a community of their own."""
    person = f"{NAME}:{asked.user.id}"
    return Requester(person, f"{NAME}:{asked.guild_id}" if asked.guild_id is not None else person)


def place_of(asked: Asked, message: int, *, ephemeral: bool) -> Place:
    """Where an answer to this interaction goes, and all that opens it."""
    return Place(
        application=asked.application_id,
        token=asked.token,
        token_from=asked.created_at,
        channel=asked.channel_id or 0,
        message=message,
        person=asked.user.id,
        guild=asked.guild_id,
        bot_is_here=asked.is_guild_integration() if asked.guild_id is not None else asked.context.dm_channel is True,
        ephemeral=ephemeral,
        upload_bytes=asked.filesize_limit,
    )


def is_moderator(asked: Asked) -> bool:
    """Whether Discord says that this person may take away what others wrote here."""
    return asked.guild_id is not None and asked.permissions.manage_messages
