"""What can be typed: a command at the head of a message or of a caption, and what each of them does."""

import difflib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog
import telegram
from telegram import InlineKeyboardMarkup

from bots.telegram import looks, showing
from bots.telegram.answers import answer
from bots.telegram.asking import Asked
from bots.telegram.asks import Asks
from bots.telegram.card import Cards
from bots.telegram.crowd import Once
from bots.telegram.desk import Desk
from bots.telegram.entities import plain
from bots.telegram.ingress import let_pass
from bots.telegram.languages import COMMANDS, command_named, name_of
from bots.telegram.moderating import Moderating
from bots.telegram.naming import voice_of
from bots.telegram.pictures import fetch, shown_in
from bots.telegram.signing import Verb
from core.drafts import Draft
from core.errors import Refusal, RefusalReason
from core.model import Job, JobId, Picture
from core.offers import takes_pictures
from core.ordering import OptionError, Order, read_order
from core.texts import say

_COMMAND: Final = re.compile(r"/([\w-]{1,32})(?:@([A-Za-z0-9_]{3,32}))?(?:\s+|$)")
"""In some languages a command bears a name that Telegram does not offer, but that people can type."""
_PAYLOAD: Final = re.compile(r"(show|remix|report)-([0-9A-Z]{8})")
"""What a deep link can say: 64 letters of `A-Za-z0-9_-` at most."""
_MANY: Final = 100
"""More unfinished videos than anyone has."""
_BUTTONS: Final = 6
_LOOKS: Final = frozenset({"jobs", "quota", "queue", "models", "settings", "help"})
"""What changes nothing: nobody waits for it, and asked for again at once it is answered once."""
_LOOK_SECONDS: Final = 10.0


_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as it was typed."""

    name: str
    bot: str | None
    """To which bot it was addressed; None where to no one."""
    rest: str


def read_command(text: str) -> Typed | None:
    """The command at the head of a text; None where there is none."""
    found = _COMMAND.match(text)
    return Typed(found[1].lower(), found[2], text[found.end() :].strip()) if found is not None else None


class Commands:
    """Does what a command says; what it refuses is raised as `Refusal` or `OptionError`."""

    def __init__(self, desk: Desk, cards: Cards, asks: Asks, moderating: Moderating) -> None:
        self._desk = desk
        self._cards = cards
        self._asks = asks
        self._looked = Once(_LOOK_SECONDS)
        self._verbs: dict[str, Callable[[Asked, telegram.Message, str], Awaitable[None]]] = {
            "start": self._start,
            "video": self._video,
            "animate": self._animate,
            "jobs": self._jobs,
            "quota": self._quota,
            "queue": self._queue,
            "models": self._models,
            "settings": self._settings,
            "cancel": self._cancel,
            "help": self._help,
            "videomod": moderating.obey,
        }

    async def obey(self, asked: Asked, message: telegram.Message, typed: Typed) -> None:
        """Do it. A command that we do not know is no business of ours, unless it was meant for us."""
        name = command_named(typed.name)
        verb = self._verbs.get(name)
        if verb is not None and (voice := voice_of(message)) is not None:
            await self._desk.meet(voice)
        if verb is not None and name in _LOOKS:
            let_pass()
            talk = self._desk.talk
            again = self._looked.is_again(asked.chat, asked.person, f"{name} in {asked.thread}", asked.update)
            if again or not talk.has_room(asked.chat, asked.person):
                _log.info("a look was not answered", chat=asked.chat, again=again)
                return
            with talk.joined(asked.chat, asked.person):
                await verb(asked, message, typed.rest)
        elif verb is not None:
            self._looked.forget(asked.chat, asked.person)
            await verb(asked, message, typed.rest)
        elif asked.private or typed.bot is not None:
            near = difflib.get_close_matches(typed.name, [*map(name_of, COMMANDS), *self._verbs], n=1)
            said = say("unknown-command", command=f"/{typed.name}", near=f"/{near[0]}" if near else None)
            await self._tell(asked, said)

    async def begin(self, asked: Asked, message: telegram.Message) -> None:
        """What somebody says to the bot alone, without a command: a card with that in it.

        Telegram tells of an album picture by picture: its first one opens the card of all. Raises `Refusal`."""
        order, album = read_order(message.text or message.caption or ""), _album_of(asked, message)
        if album is None or not await self._cards.is_open(album):
            await self._cards.open(asked, await self._with_picture(order, message), album=album)
        elif message.caption:
            await self._cards.add(album, order)

    async def _video(self, asked: Asked, message: telegram.Message, rest: str) -> None:
        await self._order(asked, message, rest, message)

    async def _animate(self, asked: Asked, message: telegram.Message, rest: str) -> None:
        source = next((one for one in _pictured(message) if shown_in(one) is not None), None)
        if source is None:
            await self._tell(asked, say("animate-how"))
            return
        await self._order(asked, message, rest, source)

    async def _order(
        self, asked: Asked, message: telegram.Message, rest: str, source: telegram.Message | telegram.ExternalReplyInfo
    ) -> None:
        """Make what there are words for, and open a card otherwise; the rest of an album says nothing more."""
        album = _album_of(asked, message)
        try:
            order = await self._with_picture(read_order(rest), source)
            if not order.prompt:
                return await self._cards.open(asked, order, album=album)
            await self._desk.make(asked, order)
        except (Refusal, OptionError):
            if album is not None:
                await self._cards.need_none(album, asked)
            raise
        if album is not None:
            await self._cards.need_none(album, asked)
        return None

    async def _with_picture(self, order: Order, source: telegram.Message | telegram.ExternalReplyInfo) -> Order:
        """The order, with the picture that is there, for a model that takes one where none was named."""
        shown = shown_in(source)
        if shown is None:
            return order
        model = order.model or takes_pictures(self._desk.catalogue)
        if model is None:
            label = self._desk.catalogue.default.label
            raise Refusal(RefusalReason.IMAGE_NOT_TAKEN, {"model": label})
        picture: Picture = await fetch(self._desk.wire.bot, shown)
        return replace(order, model=model, picture=picture)

    async def _start(self, asked: Asked, _: telegram.Message, rest: str) -> None:
        wish = _PAYLOAD.fullmatch(rest)
        if wish is None:
            bot = self._desk.wire.bot.username
            await self._tell(
                asked, say("telegram-welcome") if asked.private else say("telegram-welcome-group", bot=bot)
            )
            return
        job_id = JobId(wish[2])
        if wish[1] == "show":
            await showing.bring(self._desk, asked, await showing.find(self._desk, asked, job_id))
            return
        job = await self._desk.visible(asked, job_id)
        if wish[1] == "report":
            await self._asks.ask_why(asked, job.id)
        else:
            await self._asks.ask(asked, job=job.id, words=job.request.prompt)

    async def _jobs(self, asked: Asked, _: telegram.Message, __: str) -> None:
        await looks.jobs(asked, self._desk)

    async def _quota(self, asked: Asked, _: telegram.Message, __: str) -> None:
        await looks.quota(asked, self._desk)

    async def _queue(self, asked: Asked, _: telegram.Message, __: str) -> None:
        await looks.queue(asked, self._desk)

    async def _models(self, asked: Asked, _: telegram.Message, __: str) -> None:
        await looks.models(asked, self._desk)

    async def _settings(self, asked: Asked, _: telegram.Message, __: str) -> None:
        await looks.settings(asked, self._desk)

    async def _cancel(self, asked: Asked, _: telegram.Message, rest: str) -> None:
        if rest:
            await self._stop(asked, JobId(rest.upper()[:64]))
            return
        jobs = await self._desk.service.jobs(asked.requester, limit=_MANY)
        under_way = await self._meant(asked, [job for job in jobs if not job.state.terminal])
        if len(under_way) == 1:
            await self._stop(asked, under_way[0].id)
        elif under_way:
            await self._which(asked, under_way)
        else:
            await self._tell(asked, say("nothing-to-cancel"))

    async def _meant(self, asked: Asked, jobs: list[Job]) -> list[Job]:
        """Those that were under way when this was first heard: told again, it cancels nothing that was begun since."""
        draft = await self._desk.service.keep_draft(
            Draft(
                id=f"cancel:{asked.asked_by}",
                person=asked.requester.person,
                address=asked.place().address(),
                body=" ".join(job.id for job in jobs),
                created_at=self._desk.wire.now(),
            )
        )
        return [job for job in jobs if job.id in draft.body.split()]

    async def _stop(self, asked: Asked, job_id: JobId) -> None:
        job = await self._desk.service.cancel(job_id, by=asked.requester)
        await self._tell(asked, say("cancelling", job=job.id))

    async def _which(self, asked: Asked, jobs: list[Job]) -> None:
        said = say("which-to-cancel", jobs=", ".join(job.id for job in jobs))
        rows = looks.buttons_for(self._desk, asked, Verb.CANCEL, "✖️", say("button-cancel"), jobs[:_BUTTONS])
        await answer(self._desk.wire, asked, [plain(said)], markup=InlineKeyboardMarkup(rows))

    async def _help(self, asked: Asked, _: telegram.Message, __: str) -> None:
        await self._tell(asked, say("telegram-help", model=self._desk.catalogue.default.name))

    async def _tell(self, asked: Asked, said: str) -> None:
        await answer(self._desk.wire, asked, [plain(said)])


def _album_of(asked: Asked, message: telegram.Message) -> str | None:
    """What holds the pictures of an album together, which Telegram tells of one by one."""
    group = message.media_group_id
    return f"album:{asked.chat}:{group}" if group is not None else None


def _pictured(message: telegram.Message) -> list[telegram.Message | telegram.ExternalReplyInfo]:
    """Where the picture of an /animate may be: in the message itself, or in what it answers."""
    answered = (message, message.reply_to_message, message.external_reply)
    return [one for one in answered if one is not None]
