"""What a press of a button does. It is answered before any work that takes time; a stranger's changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import structlog
import telegram
from telegram.constants import ChatMemberStatus

from bots.telegram import looks, showing
from bots.telegram.answers import answer, take_away, toast
from bots.telegram.asking import Asked
from bots.telegram.asks import Asks
from bots.telegram.card import Cards
from bots.telegram.crowd import Once, of_presses
from bots.telegram.desk import Desk
from bots.telegram.entities import plain
from bots.telegram.faults import FaultError, Means, faults_become_ours
from bots.telegram.ingress import calmed, let_pass
from bots.telegram.moderating import Moderating
from bots.telegram.render import start_link
from bots.telegram.signing import ANYBODY, ForgedButtonError, OutdatedButtonError, Pressed, Verb
from core.db import DatabaseUnavailableError
from core.errors import ErrorKind, Refusal
from core.model import Failure, Job, JobId
from core.texts import failure_sentence, say

LOOK_SECONDS: Final = 1.0
"""So long a press may be thought about before it is answered; what takes longer is said in the chat."""
TWICE_SECONDS: Final = 5.0
"""The same button pressed by the same person within this was pressed once."""

_ONCE: Final = frozenset(
    {Verb.AGAIN, Verb.RETRY, Verb.REMIX, Verb.EDIT, Verb.REPORT, Verb.SHOW, Verb.CARD_WORDS, Verb.MODERATE},
)
"""What would be done once more if it were pressed twice."""
_TALK: Final = frozenset({Verb.REMIX, Verb.EDIT, Verb.REPORT, Verb.SHOW, Verb.CARD_WORDS})
"""What only comes to something in the chat, for which its budget has to have room."""
_ON_CARD: Final = frozenset(
    {Verb.CARD_SHAPE, Verb.CARD_LENGTH, Verb.CARD_MODEL, Verb.CARD_MAKE, Verb.CARD_WORDS, Verb.CARD_DROP},
)
"""What is done in the order in which it was pressed: the last says what has been ticked."""
_MODERATED: Final = frozenset({Verb.DELETE, Verb.PRIVATE})
"""What those may do too who look after the chat."""

_NOT_IN_IT: Final = ("user not found", "participant_id_invalid")
"""What Telegram says of somebody who was never in a chat, in small letters: the chat itself it does show."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a press: words for its person, and what is still to be done in the chat."""

    words: str = ""
    then: Callable[[], Awaitable[None]] | None = None
    away: bool = False
    """Whether the database could not be reached."""
    url: str | None = None
    """Where it goes on, in the private chat."""


class Presses:
    """Answers buttons: genuine, by the right person, and pressed twice is pressed once."""

    def __init__(self, desk: Desk, cards: Cards, asks: Asks, moderating: Moderating) -> None:
        self._desk = desk
        self._moderating = moderating
        self._cards = cards
        self._asks = asks
        self._once = Once(TWICE_SECONDS)
        self._under_way = of_presses()
        self._let_in: set[int] = set()  # updates that come again, since the database was away

    async def answer(self, update: telegram.Update, query: telegram.CallbackQuery) -> None:
        """Do what a button says. Raises `DatabaseUnavailableError` where that was not said to its person."""
        asked = Asked.by_press(update, query)
        wire, data = self._desk.wire, query.data or ""
        asked = asked and asked.moved_to(wire.number_now(asked.chat))
        try:
            pressed = self._desk.signer.read(data)
            pressed = replace(pressed, person=wire.number_now(pressed.person))
        except OutdatedButtonError:
            if calmed.get() and asked is not None:
                await self._say_late(asked, say("button-outdated-pressed"))
            else:
                await toast(wire, query, say("button-outdated-pressed"))
            return
        except ForgedButtonError:
            _log.warning("a forged button was pressed", person=query.from_user.id)
            await toast(wire, query, say("button-forged"))
            return
        if asked is None:
            await toast(wire, query, say("button-outdated-pressed"))
            return
        if not _may_be_theirs(asked, pressed):
            await toast(wire, query, _not_theirs(pressed))
            return
        if not self._has_room(asked, pressed.verb):
            await toast(wire, query, say("crowded"))
            return
        if pressed.verb in _ONCE and self._once.is_again(asked.chat, asked.person, data, asked.update):
            await toast(wire, query)
            return
        talk = self._desk.talk.joined(asked.chat, asked.person) if pressed.verb in _TALK else nullcontext()
        with self._under_way.joined(asked.chat, asked.person), talk:
            await self._do_and_say(asked, pressed, query)

    def _has_room(self, asked: Asked, verb: Verb) -> bool:
        """Whether this is begun at all: what somebody presses in vain costs nobody else anything."""
        if asked.update in self._let_in:
            self._let_in.discard(asked.update)
            return True
        if verb in _TALK and not self._desk.talk.has_room(asked.chat, asked.person):
            return False
        return self._under_way.has_room(asked.chat, asked.person)

    async def _do_and_say(self, asked: Asked, pressed: Pressed, query: telegram.CallbackQuery) -> None:
        work = asyncio.create_task(self._outcome(asked, pressed), name=f"telegram: press {asked.update}")
        try:
            await self._see_through(asked, query, work)
        except DatabaseUnavailableError:
            self._let_in.add(asked.update)
            raise
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})

    async def _see_through(self, asked: Asked, query: telegram.CallbackQuery, work: asyncio.Task[Outcome]) -> None:
        """Answer the press as soon as that can be; from then on it holds up no other."""
        wire = self._desk.wire
        await asyncio.wait({work}, timeout=LOOK_SECONDS)
        late = calmed.get() or not work.done()
        if late:
            if not calmed.get():
                await toast(wire, query)
            let_pass()
        elif work.exception() is not None:
            await toast(wire, query, failure_sentence(Failure(ErrorKind.INTERNAL), model=None, refunded=0))
        outcome = await work
        if outcome.away and late:
            raise DatabaseUnavailableError("a press waits for the database")
        if not late:
            await toast(wire, query, outcome.words, url=outcome.url)
            let_pass()
        elif outcome.words:
            await self._say_late(asked, outcome.words)
        if outcome.then is not None:
            try:
                await outcome.then()
            except Refusal as refusal:
                await answer(wire, asked, [plain(self._desk.refused(refusal, asked))])

    async def _say_late(self, asked: Asked, words: str) -> None:
        """Say in the chat what came too late for a toast; but nobody makes us post in a channel by pressing."""
        if not asked.channel:
            await answer(self._desk.wire, asked, [plain(words)])

    async def _outcome(self, asked: Asked, pressed: Pressed) -> Outcome:
        if pressed.verb not in _ON_CARD:
            return await self._allowed(asked, pressed)
        async with self._desk.alone(f"presses of {pressed.subject}"):
            return await self._allowed(asked, pressed)

    async def _allowed(self, asked: Asked, pressed: Pressed) -> Outcome:
        try:
            moderator = False
            if pressed.person not in {ANYBODY, asked.person}:
                if pressed.verb in _MODERATED and await self._moderates(asked):
                    moderator = True
                elif pressed.person > 0:
                    return Outcome(_not_theirs(pressed))
                elif why_not := await self._why_not_for(pressed, asked):
                    return Outcome(why_not)
                else:
                    asked = asked.on_behalf_of(pressed.person)
            return await self._do(asked, pressed, moderator=moderator)
        except Refusal as refusal:
            return Outcome(self._desk.refused(refusal, asked))
        except DatabaseUnavailableError:
            return Outcome(say("database-away"), away=True)
        except FaultError as fault:
            _log.info("nobody says who somebody is", reason=str(fault))
            return Outcome(say("try-again-soon"))

    async def _do(self, asked: Asked, pressed: Pressed, *, moderator: bool) -> Outcome:
        job_id = JobId(pressed.subject)
        match pressed.verb:
            case Verb.CANCEL:
                job = await self._desk.service.cancel(job_id, by=asked.requester)
                return Outcome(say("cancelling", job=job.id))
            case Verb.AGAIN | Verb.RETRY:
                await self._desk.again(asked, job_id)
                return Outcome(say("card-taken"))
            case Verb.REMIX | Verb.REPORT if asked.channel:
                await self._desk.visible(asked, job_id)
                wish = "remix" if pressed.verb is Verb.REMIX else "report"
                return Outcome(url=start_link(self._desk.wire.bot.username, job_id, wish))
            case Verb.REMIX | Verb.EDIT:
                job = await self._desk.visible(asked, job_id)
                return Outcome(then=partial(self._asks.ask, asked, job=job.id, words=job.request.prompt))
            case Verb.REPORT:
                await self._desk.visible(asked, job_id)
                return Outcome(then=partial(self._asks.ask_why, asked, job_id))
            case Verb.REASON:
                first = await self._desk.service.report(job_id, pressed.value, by=asked.requester)
                said = say("reported") if first else say("reported-before")
                return Outcome(said, then=partial(self._put_away, asked))
            case Verb.DELETE:
                job = await self._desk.service.remove(job_id, by=asked.requester, moderator=moderator)
                return Outcome(say("deleted"), then=partial(self._hide, asked, job, "taken-away"))
            case Verb.PRIVATE if pressed.person < ANYBODY:
                # The film of a chat has no private chat to go on in: it would be lost.
                return Outcome(say("private-nowhere"))
            case Verb.PRIVATE:
                job = await self._desk.service.make_private(job_id, by=asked.requester, moderator=moderator)
                return Outcome(say("made-private"), then=partial(self._make_private, asked, job, moderator=moderator))
            case Verb.SHOW:
                job = await showing.find(self._desk, asked, job_id)
                return Outcome(then=partial(showing.bring, self._desk, asked, job))
            case Verb.PREFER:
                await looks.prefer(asked, self._desk, pressed.value)
                return Outcome(then=partial(looks.settings_again, asked, self._desk))
            case Verb.MODERATE:
                await self._desk.admins.check(asked)
                return Outcome(then=partial(self._moderating.press, asked, pressed.value))
            case _:
                return await self._on_card(asked, pressed)

    async def _on_card(self, asked: Asked, pressed: Pressed) -> Outcome:
        draft_id = pressed.subject
        match pressed.verb:
            case Verb.CARD_MAKE:
                words = await self._cards.make(asked, draft_id)
                if words is None:
                    return Outcome(say("card-no-words"), then=partial(self._asks.ask, asked, card=draft_id))
                return Outcome(words)
            case Verb.CARD_WORDS:
                words = await self._cards.words_of(draft_id)
                if words is None:
                    return Outcome(say("card-gone"))
                return Outcome(then=partial(self._asks.ask, asked, card=draft_id, words=words))
            case Verb.CARD_DROP:
                words = await self._cards.drop(draft_id)
                return Outcome(words, then=partial(self._cards.put_away, asked, draft_id))
            case _:
                words = await self._cards.choose(draft_id, pressed.verb, pressed.value)
                return Outcome(words, then=partial(self._cards.redraw, draft_id, pressed=asked))

    async def _put_away(self, asked: Asked) -> None:
        await take_away(self._desk.wire, asked.chat, asked.message)

    async def _hide(self, asked: Asked, job: Job, sentence: str) -> None:
        if not await showing.take_from_view(self._desk, asked, job, sentence):
            await answer(self._desk.wire, asked, [plain(say("still-in-view"))])

    async def _make_private(self, asked: Asked, job: Job, *, moderator: bool) -> None:
        """Its person finds it in the private chat with the bot."""
        await self._hide(asked, job, "made-private")
        if not asked.private:
            markup = showing.link_to(self._desk, job.id)
            words = say("film-made-private") if moderator else say("film-is-private")
            await answer(self._desk.wire, asked, [plain(words)], markup=markup)

    async def _why_not_for(self, pressed: Pressed, asked: Asked) -> str:
        """Why this person may not act in the name of a chat; empty where they may, as one of its administrators.

        Telegram tells nobody who stands behind a channel, and names the administrators of one only to its members. Of a
        channel that we are not in, whoever presses may be anybody: those alone may who look after this chat. Its owner
        can still write as the channel. Raises `FaultError` where Telegram could not be asked.
        """
        why = _not_theirs(pressed)
        for chat in dict.fromkeys([pressed.person, asked.chat]):
            try:
                if await self._is_administrator(chat, asked.person):
                    return ""
            except FaultError as fault:
                if fault.means is not Means.CLOSED:
                    raise
                if chat != asked.chat and not any(words in str(fault).lower() for words in _NOT_IN_IT):
                    why = say("button-of-a-channel")
        return why

    async def _is_administrator(self, chat: int, user: int) -> bool:
        with faults_become_ours():
            member = await self._desk.wire.bot.get_chat_member(chat, user)
        return member.status in {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}

    async def _moderates(self, asked: Asked) -> bool:
        """Whether Telegram lets this person take away what others wrote here."""
        if asked.private:
            return False
        member = await self._member(asked.chat, asked.person)
        if isinstance(member, telegram.ChatMemberAdministrator):
            return member.can_delete_messages
        return isinstance(member, telegram.ChatMemberOwner)

    async def _member(self, chat: int, user: int) -> telegram.ChatMember | None:
        try:
            with faults_become_ours():
                return await self._desk.wire.bot.get_chat_member(chat, user)
        except FaultError as fault:
            _log.info("nobody says who somebody is", chat=chat, reason=str(fault))
            return None


def _may_be_theirs(asked: Asked, pressed: Pressed) -> bool:
    """As far as can be told without asking anybody."""
    return pressed.person in {ANYBODY, asked.person} or pressed.person < 0 or pressed.verb in _MODERATED


def _not_theirs(pressed: Pressed) -> str:
    match pressed.verb:
        case Verb.PREFER | Verb.REASON:
            return say("button-not-yours")
        case verb if verb in _ON_CARD:
            return say("card-not-yours")
        case _:
            return say("refusal-not-yours")
