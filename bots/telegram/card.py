"""The card: one message in which a request is put together, and which then becomes the status of its job."""

import asyncio
import base64
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bots.telegram.answers import Rows, answer, rewrite, take_away
from bots.telegram.asking import NOWHERE, Asked
from bots.telegram.choice import Body, Choice, on_offer, read_body, settle, ticked, written
from bots.telegram.desk import Desk
from bots.telegram.entities import Piece, bold, cut, paragraphs, plain, quoted
from bots.telegram.ingress import let_pass
from bots.telegram.limits import PROMPT_UNITS
from bots.telegram.pace import GatedError
from bots.telegram.place import NAME, Place, read_place
from bots.telegram.render import harmless
from bots.telegram.signing import Signer, Verb, short
from core import rulebook
from core.catalogue import ModelEntry
from core.drafts import Draft
from core.model import JobId, clean_prompt
from core.ordering import Order
from core.texts import say, span

_WIDE: Final = 3
_REMEMBERED: Final = 1000

_log = structlog.get_logger(__name__)


class Cards:
    """Opens cards and sees to their presses. What stands in one is in the database, so that it outlives a restart."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shown: OrderedDict[str, tuple[str, bool]] = OrderedDict()

    async def is_open(self, album: str) -> bool:
        """Whether a picture of an album has opened a card, or none of them needs one."""
        return await self._desk.service.draft(_id_of(album)) is not None

    async def need_none(self, album: str, asked: Asked) -> None:
        """No picture of this album opens a card: the caption of one had something made, or said why it was not."""
        await self._desk.service.keep_draft(
            Draft(
                id=_id_of(album),
                person=asked.requester.person,
                address=asked.place().address(),
                body=written(Body(made=asked.asked_by)),
                created_at=self._desk.wire.now(),
            )
        )

    async def add(self, album: str, order: Order) -> None:
        """What was said below a later picture of an album goes onto its card."""
        await self.reword(_id_of(album), order)
        let_pass()
        await self.redraw(_id_of(album))

    async def open(self, asked: Asked, order: Order, *, album: str | None = None) -> None:
        """Show a card with what was said already; the pictures of one `album` share theirs. Raises `Refusal`."""
        on_offer(self._desk.catalogue, order.picture)
        habits = await self._desk.service.habits(asked.requester.person)
        body = Body(
            clean_prompt(order.prompt),
            order.seconds,
            order.shape,
            order.model,
            order.style,
            usual_shape=habits.shape,
            usual_model=habits.model,
        )
        draft = await self._desk.service.keep_draft(
            Draft(
                id=_id_of(album or str(asked.update)),
                person=asked.requester.person,
                address=asked.place().address(),
                body=written(body),
                created_at=self._desk.wire.now(),
                picture=order.picture,
            )
        )
        async with self._desk.alone(draft.id):
            if read_place(draft.address).message is None:
                await self._post(draft, asked)

    async def _post(self, draft: Draft, asked: Asked) -> None:
        pieces, rows = await self._look(draft)
        message = await answer(self._desk.wire, asked, pieces, markup=InlineKeyboardMarkup(rows))
        if message is not None:
            await self._is_in(draft, asked.place(message))
            self._remember(draft)

    async def _is_in(self, draft: Draft, place: Place) -> None:
        await self._desk.service.change_draft(draft.id, lambda known: replace(known, address=place.address()))

    async def choose(self, draft_id: str, verb: Verb, value: str) -> str:
        """Tick something; the toast's words where that is not possible any more."""

        def chosen(draft: Draft) -> Draft:
            return replace(draft, body=written(ticked(read_body(draft.body), verb, value, self._desk.catalogue)))

        draft = await self._desk.service.change_draft(draft_id, chosen)
        if draft is None:
            return say("card-gone")
        return say("card-taken") if read_body(draft.body).made else ""

    async def reword(self, draft_id: str, order: Order) -> bool:
        """Other words, other options, another picture; whether there is such a card that is not made yet.

        Raises `Refusal` where no model takes the picture.
        """
        on_offer(self._desk.catalogue, order.picture)

        def reworded(draft: Draft) -> Draft:
            body = read_body(draft.body)
            if body.made is not None:
                return draft
            said = {name: getattr(order, name) for name in ("seconds", "shape", "model", "style")}
            options = {name: value for name, value in said.items() if value is not None}
            return replace(
                draft,
                body=written(
                    msgspec.structs.replace(body, prompt=clean_prompt(order.prompt) or body.prompt, **options)
                ),
                picture=order.picture or draft.picture,
            )

        async with self._unmade(draft_id):
            draft = await self._desk.service.change_draft(draft_id, reworded)
        return draft is not None and read_body(draft.body).made is None

    def _unmade(self, draft_id: str) -> asyncio.Lock:
        """What is said of a card meanwhile is said before it is made, or after; it waits for no message to be drawn."""
        return self._desk.alone(f"words of {draft_id}")

    async def redraw(self, draft_id: str, *, pressed: Asked | None = None) -> None:
        """Show a card as it stands now; of several that wait for that, the first shows what all of them changed.

        One that has no message, as in a group that moved, is shown in a new one, unless it is that which was `pressed`.
        """
        async with self._desk.alone(draft_id):
            draft = await self._desk.service.draft(draft_id)
            place = self._to_draw(draft)
            if draft is None or place is None:
                return
            if place.message is None:
                if pressed is None or pressed.message == NOWHERE:
                    await self._post(draft, _asked_for(place))
                    return
                await self._is_in(draft, msgspec.structs.replace(place, message=pressed.message))
            chat = place.chat
            try:
                await self._desk.wire.pace.answer(chat)
            except GatedError as gated:
                _log.info("a card was not drawn", chat=chat, reason=str(gated))
                return
            draft = await self._desk.service.draft(draft_id)
            place = self._to_draw(draft)
            if draft is not None and place is not None and place.message is not None:
                pieces, rows = await self._look(draft)
                self._shown.pop(draft_id, None)
                if await rewrite(self._desk.wire, place.chat, place.message, pieces, rows, has_turn=True):
                    self._remember(draft)
            else:
                self._desk.wire.pace.give_back(chat)

    def _to_draw(self, draft: Draft | None) -> Place | None:
        """Where a card is, or is to be, that shows something else than it should."""
        if draft is None or read_body(draft.body).made is not None:
            return None
        place = read_place(draft.address)
        return None if place.message is not None and self._shown.get(draft.id) == _face(draft) else place

    def _remember(self, draft: Draft) -> None:
        self._shown[draft.id] = _face(draft)
        while len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    async def make(self, asked: Asked, draft_id: str, shown: str) -> str | None:
        """Make it: the card becomes the status of the job. The toast's words; None where words are missing.

        Nothing is made at another price than the `shown` one. Raises `Refusal`.
        """
        async with self._desk.alone(draft_id), self._unmade(draft_id):
            draft = await self._desk.service.draft(draft_id)
            if draft is None:
                return say("card-gone")
            body = read_body(draft.body)
            if body.made is not None:
                return say("card-taken")
            if not body.prompt:
                return None
            chosen = settle(body, on_offer(self._desk.catalogue, draft.picture))
            if shown != str(chosen.price):
                self._shown.pop(draft_id, None)
                return say("card-price-changed", credits=chosen.price)
            order = Order(
                body.prompt, chosen.seconds, chosen.shape, chosen.model.name, chosen.style, picture=draft.picture
            )
            place = msgspec.structs.replace(read_place(draft.address), language=asked.language)
            if asked.message != NOWHERE:
                place = msgspec.structs.replace(place, chat=asked.chat, message=asked.message)
            job = await self._desk.make(asked, order, place=place, asked_by=f"{NAME}:card:{draft_id}")
            await self._desk.service.change_draft(draft_id, lambda known: _made(known, job.id))
            return say("card-taken")

    async def words_of(self, draft_id: str) -> str | None:
        """The words of a card that can still be changed; None where there is none."""
        draft = await self._desk.service.draft(draft_id)
        body = read_body(draft.body) if draft is not None else None
        return body.prompt if body is not None and body.made is None else None

    async def drop(self, draft_id: str) -> str:
        """Forget a card and take its message away; the toast's words."""
        async with self._desk.alone(draft_id):
            draft = await self._desk.service.draft(draft_id)
            if draft is not None and read_body(draft.body).made is not None:
                return say("card-taken")
            await self._desk.service.drop_draft(draft_id)
        return say("card-dropped")

    async def put_away(self, asked: Asked, draft_id: str) -> None:
        """Take the message of a forgotten card away."""
        if await self._desk.service.draft(draft_id) is not None:
            return
        if not await take_away(self._desk.wire, asked.chat, asked.message):
            await rewrite(self._desk.wire, asked.chat, asked.message, [plain(say("card-dropped"))], [])

    async def _look(self, draft: Draft) -> tuple[list[Piece], Rows]:
        desk, body = self._desk, read_body(draft.body)
        place = read_place(draft.address)
        models = on_offer(desk.catalogue, draft.picture)
        chosen = settle(body, models)
        asked = _asked_for(place)
        left = await desk.service.quota(asked.requester, await desk.roles(asked))
        usually = {model.name: await desk.service.usually(model.name, _near(model, chosen)) for model in models}
        pieces = paragraphs(
            [
                [plain("🎬 "), bold(say("card-title"))],
                [quoted(harmless(cut(body.prompt, PROMPT_UNITS)))] if body.prompt else [plain(say("card-no-words"))],
                [plain(say("card-picture"))] if draft.picture is not None else [],
                [
                    plain(
                        say(
                            "facts",
                            shape=chosen.shape,
                            seconds=chosen.seconds,
                            model=chosen.model.label,
                            style=chosen.style,
                        )
                    )
                ],
                [plain(rulebook.price(chosen.price, left))],
            ]
        )
        return pieces, _rows(desk.signer, draft.id, place.person, chosen, models, usually)


def _rows(
    signer: Signer,
    draft_id: str,
    person: int,
    chosen: Choice,
    models: Sequence[ModelEntry],
    usually: dict[str, tuple[int, int] | None],
) -> Rows:
    def button(words: str, verb: Verb, value: str = "", *, on: bool = False) -> InlineKeyboardButton:
        data = signer.seal(verb, draft_id, person, value)
        return InlineKeyboardButton(f"✅ {words}" if on else words, callback_data=data)

    shapes = [
        button(say("shape-short", shape=shape), Verb.CARD_SHAPE, shape.value, on=shape is chosen.shape)
        for shape in chosen.model.shapes
    ]
    lengths = [
        button(
            say("offer-length", seconds=seconds, credits=price),
            Verb.CARD_LENGTH,
            str(seconds),
            on=seconds == chosen.seconds,
        )
        for seconds, price in chosen.model.lengths.items()
    ]
    named = [
        button(
            " · ".join([model.label, *([span(*took)] if (took := usually[model.name]) else [])]),
            Verb.CARD_MODEL,
            short(model.name),
            on=model is chosen.model,
        )
        for model in models
    ]
    return [
        *(row for group in (shapes, lengths, named) if len(group) > 1 for row in _in_rows(group)),
        [button(say("card-make", credits=chosen.price), Verb.CARD_MAKE, str(chosen.price))],
        [button(say("card-edit"), Verb.CARD_WORDS), button(say("card-cancel"), Verb.CARD_DROP)],
    ]


def _in_rows(buttons: Sequence[InlineKeyboardButton]) -> Rows:
    return [buttons[at : at + _WIDE] for at in range(0, len(buttons), _WIDE)]


def _made(draft: Draft, job_id: JobId) -> Draft:
    body = msgspec.structs.replace(read_body(draft.body), made=job_id)
    return replace(draft, body=written(body), picture=None)


def _face(draft: Draft) -> tuple[str, bool]:
    """All by which two states of a card look different."""
    return draft.body, draft.picture is not None


def _asked_for(place: Place) -> Asked:
    """As if it were asked for anew, where it belongs now."""
    return Asked(
        update=0,
        chat=place.chat,
        person=place.person,
        message=place.asked_in or NOWHERE,
        thread=place.thread,
        private=place.private,
        language=place.language,
    )


def _near(model: ModelEntry, chosen: Choice) -> int:
    return chosen.seconds if chosen.seconds in model.lengths else model.default_seconds


def _id_of(source: str) -> str:
    """The card of one update or album: told twice, it is the same."""
    return base64.b32encode(hashlib.sha256(f"card:{source}".encode()).digest()).decode("ascii")[:13]
