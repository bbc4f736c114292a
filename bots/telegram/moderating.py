"""/videomod in groups: for their administrators, as is made sure of at every word; typed, replied or pressed."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Final

import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import MessageEntityType

from bots.telegram.admins import ROLE
from bots.telegram.answers import answer
from bots.telegram.asking import Asked
from bots.telegram.desk import Desk
from bots.telegram.entities import plain
from bots.telegram.faults import FaultError
from bots.telegram.naming import called, voice_of
from bots.telegram.place import NAME
from bots.telegram.render import harmless
from bots.telegram.signing import Verb
from core import rulebook
from core.errors import Refusal, RefusalReason
from core.limits import Action
from core.model import JobId
from core.moderation import read_duration
from core.quota import Limit, Source
from core.texts import languages, say, speaking

WORDS: Final = (
    *("limits", "roles", "pool", "grant", "reset", "block"),
    *("unblock", "pause", "resume", "cancel", "status", "log"),
)
"""What can stand behind /videomod, by its English names."""
BUTTONS: Final = (("limits", "roles", "pool"), ("status", "log"), ("pause", "resume"))
"""What can be pressed, too: whatever needs no more words."""

_HOW: Final = {
    "limits": "limits day 8 · limits @name week 20 · limits admins day off · limits topic here · "
    "limits zone Europe/Berlin",
    "roles": "roles admins day 8",
    "pool": "pool week 200 · pool share 20 · pool waiting off",
    "grant": "grant @name 5",
    "reset": "reset @name",
    "block": "block @name 7d …",
    "unblock": "unblock @name",
    "cancel": "cancel 7F3K9QXA",
}
_OFF: Final = frozenset({"off", "aus", "-"})
_MENTIONED: Final = re.compile(r"@(\w{4,32})", re.ASCII)
_USER: Final = re.compile(r"\0(\d+)")
"""How somebody without a handle whom a client lets be named stands among the words."""
_JOB: Final = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{8}\b")

_Came = Action | Callable[[rulebook.Speech], Sequence[str]] | None


class Moderating:
    """Does what administrators of a group ask for."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._moderation = desk.service.moderation
        self._verbs: dict[str, Callable[[Asked, telegram.Message, list[str]], Awaitable[_Came]]] = {
            "limits": self._limits,
            "roles": self._roles,
            "pool": self._pool,
            "grant": self._grant,
            "reset": self._reset,
            "block": self._block,
            "unblock": self._unblock,
            "pause": self._pause,
            "cancel": self._cancel,
        }

    async def obey(self, asked: Asked, message: telegram.Message, rest: str) -> None:
        """Do what is typed behind /videomod; alone, it shows what there is. Raises `Refusal`."""
        await self._desk.admins.check(asked)
        words = _words(message, rest)
        if not words:
            await self._tell(asked, say("videomod-menu"), markup=self._menu())
            return
        name = _named().get(words[0].casefold())
        if name is None:
            raise Refusal(RefusalReason.NOT_UNDERSTOOD)
        verb = self._verbs.get(name)
        await self._show(
            asked, await self._simply(asked, name) if verb is None else await verb(asked, message, words[1:])
        )

    async def press(self, asked: Asked, name: str) -> None:
        """Do what a button of the menu says. Raises `Refusal`."""
        await self._desk.admins.check(asked)
        await self._show(asked, await self._simply(asked, name))

    async def _simply(self, asked: Asked, name: str) -> _Came:
        """What needs no more words."""
        by = asked.requester
        match name:
            case "status":
                seen = await self._moderation.status(by)
                return lambda speech: rulebook.state(seen, speech, self._desk.wire.now())
            case "log":
                last = await self._moderation.log(by)
                return lambda speech: rulebook.log(last, speech)
            case "pause":
                return await self._moderation.pause(by, "")
            case "resume":
                return await self._moderation.resume(by)
            case "roles":
                rules = await self._moderation.overview(by)
                return lambda speech: rulebook.roles(rules, speech)
            case _:
                everything = await self._moderation.overview(by)
                return lambda speech: rulebook.overview(everything, speech)

    async def _limits(self, asked: Asked, message: telegram.Message, words: list[str]) -> _Came:
        by = asked.requester
        match [word.casefold() for word in words]:
            case []:
                return await self._simply(asked, "limits")
            case ["topic", "here"]:
                return await self._moderation.allow_channel(by, asked.topic)
            case ["topic", "not", "here"]:
                return await self._moderation.close_channel(by, asked.topic)
            case ["topic", "everywhere"]:
                return await self._moderation.open_channels(by)
            case ["zone", zone]:
                return await self._moderation.set_zone(by, None if zone in _OFF else zone)
            case ["admins", *_]:
                return await self._roles(asked, message, words)
        person, words = await self._whom(asked, message, words, needed=False)
        of = (Source.PERSON, person) if person else (Source.COMMUNITY, "")
        return await self._set(asked, "limits", words, rulebook.OF_PEOPLE, of)

    async def _roles(self, asked: Asked, _: telegram.Message, words: list[str]) -> _Came:
        if not words:
            return await self._simply(asked, "roles")
        if words[0].casefold() != "admins":
            raise _not_understood("roles")
        return await self._set(asked, "roles", words[1:], rulebook.OF_PEOPLE, (Source.ROLE, ROLE))

    async def _pool(self, asked: Asked, _: telegram.Message, words: list[str]) -> _Came:
        if not words:
            return await self._simply(asked, "pool")
        words = [f"pool_{words[0]}", *words[1:]]
        return await self._set(asked, "pool", words, rulebook.OF_POOL, (Source.COMMUNITY, ""))

    async def _set(
        self, asked: Asked, name: str, words: list[str], which: Sequence[Limit], of: tuple[Source, str]
    ) -> _Came:
        known = {limit.value: limit for limit in which}
        if len(words) != 2 or words[0].casefold() not in known:
            raise _not_understood(name)
        limit, (source, subject) = known[words[0].casefold()], of
        if words[1].casefold() in _OFF:
            return await self._moderation.clear_limit(asked.requester, limit, source=source, subject=subject)
        value = _number(name, words[1])
        return await self._moderation.set_limit(asked.requester, limit, value, source=source, subject=subject)

    async def _grant(self, asked: Asked, message: telegram.Message, words: list[str]) -> _Came:
        person, words = await self._whom(asked, message, words)
        if len(words) != 1:
            raise _not_understood("grant")
        return await self._moderation.grant(asked.requester, person, _number("grant", words[0]))

    async def _reset(self, asked: Asked, message: telegram.Message, words: list[str]) -> _Came:
        person, words = await self._whom(asked, message, words)
        if words:
            raise _not_understood("reset")
        return await self._moderation.reset(asked.requester, person)

    async def _block(self, asked: Asked, message: telegram.Message, words: list[str]) -> _Came:
        person, words = await self._whom(asked, message, words)
        lasting = None
        if words and words[0][:1].isdigit():
            lasting, words = read_duration(words[0]), words[1:]
        return await self._moderation.block(asked.requester, person, lasting, " ".join(words))

    async def _unblock(self, asked: Asked, message: telegram.Message, words: list[str]) -> _Came:
        person, words = await self._whom(asked, message, words)
        if words:
            raise _not_understood("unblock")
        return await self._moderation.unblock(asked.requester, person)

    async def _pause(self, asked: Asked, _: telegram.Message, words: list[str]) -> _Came:
        return await self._moderation.pause(asked.requester, " ".join(words))

    async def _cancel(self, asked: Asked, message: telegram.Message, words: list[str]) -> _Came:
        """By its id, or by a reply to the message of a job, which bears it."""
        above = message.reply_to_message
        found = _JOB.findall(above.text or above.caption or "") if above is not None and not words else []
        ids = [word.upper()[:64] for word in words] or found[-1:]
        if len(ids) != 1:
            raise _not_understood("cancel")
        return await self._moderation.cancel(asked.requester, JobId(ids[0]))

    async def _whom(
        self, asked: Asked, message: telegram.Message, words: list[str], *, needed: bool = True
    ) -> tuple[str, list[str]]:
        """Whom the first word names, or who wrote what is replied to; and the other words. Raises `Refusal`."""
        first = words[0] if words else ""
        if (user := _USER.fullmatch(first)) is not None:
            return f"{NAME}:{user[1]}", words[1:]
        if (handle := _MENTIONED.fullmatch(first)) is not None:
            known = await self._named(asked, handle[1])
            if known is None:
                raise Refusal(RefusalReason.PERSON_UNKNOWN, {"name": harmless(first)})
            return known, words[1:]
        above = message.reply_to_message
        voice = voice_of(above) if above is not None else None
        if voice is not None:
            await self._desk.meet(voice)
            return f"{NAME}:{voice.id}", words
        if needed:
            raise Refusal(RefusalReason.PERSON_UNKNOWN)
        return "", words

    async def _named(self, asked: Asked, handle: str) -> str | None:
        known = await self._moderation.named(handle)
        if known is not None:
            return known
        try:
            administrator = await self._desk.admins.named(asked.chat, handle)
        except FaultError:
            return None
        return f"{NAME}:{administrator}" if administrator is not None else None

    async def _show(self, asked: Asked, came: _Came) -> None:
        zone = (await self._moderation.overview(asked.requester)).zone

        def write(speech: rulebook.Speech) -> Sequence[str]:
            if came is None or isinstance(came, Action):
                return [rulebook.done(came, speech, zone)]
            return came(speech)

        await self._tell(asked, "\n".join(await _spoken(self._desk, asked, write)))

    async def _tell(self, asked: Asked, said: str, *, markup: InlineKeyboardMarkup | None = None) -> None:
        await answer(self._desk.wire, asked, [plain(said)], markup=markup)

    def _menu(self) -> InlineKeyboardMarkup:
        seal = self._desk.signer.seal
        return InlineKeyboardMarkup(
            [
                [
                    InlineKeyboardButton(say(f"videomod-name-{name}"), callback_data=seal(Verb.MODERATE, "", 0, name))
                    for name in row
                ]
                for row in BUTTONS
            ]
        )


async def _spoken(desk: Desk, asked: Asked, write: Callable[[rulebook.Speech], Sequence[str]]) -> Sequence[str]:
    """The lines that `write` writes, with everybody in them by the name under which they were met."""
    subjects: set[str] = set()

    def hear(subject: str) -> str:
        subjects.add(subject)
        return ""

    write(rulebook.Speech(hear, harmless))
    names = await desk.service.moderation.names(subjects)
    return write(rulebook.Speech(lambda subject: called(subject, asked, names.get(subject)), harmless))


def _words(message: telegram.Message, rest: str) -> list[str]:
    """The words behind /videomod; somebody whom a client named without a handle is one of them.

    Where a name stands is counted in UTF-16 units (Bot API, MessageEntity); what it says may stand elsewhere too.
    """
    said = message.text if message.text is not None else message.caption or ""
    units = said.rstrip().encode("utf-16-le")
    begins = len(units) - len(rest.encode("utf-16-le"))
    entities = message.entities if message.text is not None else message.caption_entities
    pieces, at = [], begins
    for entity in sorted(entities, key=lambda one: one.offset):
        if entity.type == MessageEntityType.TEXT_MENTION and entity.user is not None and 2 * entity.offset >= at:
            pieces += [units[at : 2 * entity.offset].decode("utf-16-le"), f"\0{entity.user.id}"]
            at = 2 * (entity.offset + entity.length)
    return " ".join([*pieces, units[at:].decode("utf-16-le")]).split()


def _number(name: str, word: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", word):
        raise _not_understood(name)
    return int(word)


def _not_understood(name: str) -> Refusal:
    return Refusal(RefusalReason.NOT_UNDERSTOOD, {"how": harmless(f"/videomod {_HOW[name]}")})


@lru_cache
def _named() -> dict[str, str]:
    """Every word by what it is called in any language."""
    names: dict[str, str] = {}
    for language in sorted(languages()):
        with speaking(language):
            names.update((say(f"videomod-name-{word}"), word) for word in WORDS)
    return names | {word: word for word in WORDS}
