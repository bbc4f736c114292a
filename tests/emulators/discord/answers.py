"""The answers to interactions: callbacks, `@original`, follow-ups, all by the interaction's token."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.emulators.discord.calls import Call, Right
from tests.emulators.discord.composing import Desk
from tests.emulators.discord.controls import modal_mistakes, text_mistakes
from tests.emulators.discord.errors import Mistake, bad_form, nested, refusal
from tests.emulators.discord.interactions import MOST_FOLLOWUPS, Interaction, Kind
from tests.emulators.discord.messages import Flag, Look, Message, Version
from tests.emulators.discord.modals import read_modal
from tests.emulators.discord.post import Post
from tests.emulators.discord.world import World
from tests.virtual_time import now

Route = tuple[str, str, Right, Callable[[Call], Any]]

_ALLOWED = {
    Kind.COMMAND: {4, 5, 9},
    Kind.COMPONENT: {4, 5, 6, 7, 9},
    Kind.AUTOCOMPLETE: {8},
    Kind.MODAL: {4, 5, 6, 7},
}
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


class Answers:
    """Knows every interaction by its id and its token."""

    def __init__(self, world: World, post: Post) -> None:
        self._world = world
        self._post = post
        self._by_id: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}

    @property
    def routes(self) -> list[Route]:
        right = Right.INTERACTION
        return [
            ("POST", "/interactions/{interaction_id}/{interaction_token}/callback", right, self._callback),
            ("POST", _WEBHOOK, right, self._follow_up),
            ("GET", f"{_WEBHOOK}/messages/@original", right, self._get),
            ("PATCH", f"{_WEBHOOK}/messages/@original", right, self._edit),
            ("DELETE", f"{_WEBHOOK}/messages/@original", right, self._delete),
            ("GET", f"{_WEBHOOK}/messages/{{message_id}}", right, self._get),
            ("PATCH", f"{_WEBHOOK}/messages/{{message_id}}", right, self._edit),
            ("DELETE", f"{_WEBHOOK}/messages/{{message_id}}", right, self._delete),
        ]

    @property
    def known(self) -> list[Interaction]:
        return list(self._by_id.values())

    def add(self, interaction: Interaction) -> None:
        self._by_id[interaction.id] = interaction
        self._by_token[interaction.token] = interaction

    # Callbacks

    def _callback(self, call: Call) -> Any:
        interaction = self._by_id.get(call.number("interaction_id"))
        at = asyncio.get_running_loop().time()
        if interaction is None or interaction.token != call.params["interaction_token"]:
            raise refusal(10062)
        if interaction.acknowledged:
            raise refusal(40060)
        if not interaction.waits(at):
            raise refusal(10062)
        kind = call.body.get("type")
        if kind not in _allowed(interaction):
            sentence = f"Interaction callback type {kind} does not answer an interaction of type {interaction.kind}."
            raise bad_form((("type",), "INTERACTION_RESPONSE_TYPE_INVALID", sentence))
        data = call.body.get("data") or {}
        self._respond(interaction, kind, data, call)
        interaction.acknowledge(at, kind)
        if call.query.get("with_response", "").lower() not in {"1", "true"}:
            return None
        return self._told(interaction, kind)

    def _respond(self, interaction: Interaction, kind: int, data: dict[str, Any], call: Call) -> None:
        """The effect of a callback; nothing has happened where it raises."""
        if kind == 4:
            with nested("data"):
                interaction.message = self._answer(interaction, data, call)
        elif kind == 5:
            interaction.message = self._thinking(interaction, data)
        elif kind == 6:
            interaction.message = interaction.source
        elif kind == 7 and interaction.source is not None:
            with nested("data"):
                self._change(interaction, interaction.source, data, call)
            interaction.message = interaction.source
        elif kind == 8:
            interaction.choices = _choices(interaction, data)
        elif kind == 9:
            mistakes = list(modal_mistakes(call.body.get("data")))
            if mistakes:
                raise bad_form(*mistakes)
            interaction.modal = read_modal(data)

    def _answer(self, interaction: Interaction, data: dict[str, Any], call: Call) -> Message:
        """A message as the first answer, or as a follow-up."""
        desk = Desk(interaction.channel, self._world.bot, interaction.file_limit)
        look, found = desk.compose(data, call.files)
        hidden = Flag.EPHEMERAL in look.flags or interaction.must_be_ephemeral
        message = self._new(interaction, look, hidden=hidden)
        if not hidden:
            message.pinged = list(found.pinged)
        return self._post.put(message)

    def _thinking(self, interaction: Interaction, data: dict[str, Any]) -> Message:
        flags = Flag(int(data.get("flags") or 0))
        if flags & ~Flag.EPHEMERAL:
            sentence = "Only the EPHEMERAL flag can be set when deferring."
            raise bad_form((("data", "flags"), "MESSAGE_FLAGS_INVALID", sentence))
        hidden = Flag.EPHEMERAL in flags or interaction.must_be_ephemeral
        return self._post.put(self._new(interaction, Look(flags=Flag.LOADING), hidden=hidden))

    def _new(self, interaction: Interaction, look: Look, *, hidden: bool) -> Message:
        if hidden:
            look = replace(look, flags=look.flags | Flag.EPHEMERAL)
        menu = interaction.data.get("type") in {2, 3}
        kind = (23 if menu else 20) if interaction.kind is Kind.COMMAND and interaction.message is None else 0
        metadata = interaction.metadata
        if interaction.message is not None:
            metadata |= {"original_response_message_id": str(interaction.message.id)}
        return Message(
            self._world.ids.new(),
            interaction.channel,
            self._world.bot,
            [Version(now(), look)],
            only_for=interaction.person if hidden else None,
            type=kind,
            by_interaction=metadata,
            via_token=True,
        )

    def _told(self, interaction: Interaction, kind: int) -> dict[str, Any]:
        told: dict[str, Any] = {"interaction": {"id": str(interaction.id), "type": int(interaction.kind)}}
        message = interaction.message
        if message is None or kind in {8, 9}:
            return told
        told["interaction"] |= {
            "response_message_id": str(message.id),
            "response_message_loading": kind == 5,
            "response_message_ephemeral": message.is_ephemeral,
        }
        if kind in {4, 7}:
            # a deferred answer is told by its id alone, as the reference has it
            told["resource"] = {"type": kind, "message": self._post.told(message)}
        return told

    # What the token opens afterwards

    def _opened(self, call: Call) -> Interaction:
        interaction = self._by_token.get(call.params["webhook_token"])
        if call.number("webhook_id") != self._world.bot.id or interaction is None:
            raise refusal(10015)
        if not interaction.token_opens(asyncio.get_running_loop().time()):
            raise refusal(50027)
        if not interaction.acknowledged:
            raise refusal(10015)
        return interaction

    def _message(self, call: Call) -> tuple[Interaction, Message]:
        interaction = self._opened(call)
        known = [interaction.message, interaction.source, *interaction.followups]
        if "message_id" not in call.params or call.params["message_id"] == "@original":
            message = interaction.message
        else:
            wanted = call.number("message_id")
            message = next((found for found in known if found is not None and found.id == wanted), None)
        if message is None or message.deleted or message.channel.gone:
            raise refusal(10008)
        return interaction, message

    def _follow_up(self, call: Call) -> Any:
        interaction = self._opened(call)
        if interaction.only_by_user and len(interaction.followups) >= MOST_FOLLOWUPS:
            raise refusal(40094)
        if interaction.channel.gone:
            raise refusal(10003)
        body = {name: value for name, value in call.body.items() if name != "nonce"}
        original = interaction.message
        if interaction.lost_its_original:
            # discord-api-docs#3087; after the application's own DELETE it is a message like any other (#2739)
            raise refusal(10008)
        if interaction.deferred and original is not None:
            # the first follow-up takes the place of "… is thinking"
            self._change(interaction, original, body | {"flags": None}, call)
            message = original
        else:
            message = self._answer(interaction, body, call)
        interaction.followups.append(message)
        return self._post.told(message)

    def _get(self, call: Call) -> Any:
        return self._post.told(self._message(call)[1])

    def _edit(self, call: Call) -> Any:
        interaction, message = self._message(call)
        self._change(interaction, message, call.body, call)
        return self._post.told(message)

    def _change(self, interaction: Interaction, message: Message, body: dict[str, Any], call: Call) -> None:
        desk = Desk(message.channel, self._world.bot, interaction.file_limit)
        look, _ = desk.compose(body, call.files, message.look)
        self._post.change(message, look)

    def _delete(self, call: Call) -> None:
        interaction, message = self._message(call)
        interaction.took_back = interaction.took_back or message is interaction.message
        self._post.remove(message)


def _allowed(interaction: Interaction) -> set[int]:
    """Which answers fit; a modal's may only change a message where it was opened on one."""
    allowed = _ALLOWED[interaction.kind]
    return allowed if interaction.source is not None else allowed - {6, 7}


def _choices(interaction: Interaction, data: dict[str, Any]) -> list[dict[str, Any]]:
    """What autocomplete offers: 25 at most, each with a name and a value of the option's type."""
    choices = data.get("choices")
    place = ("data", "choices")
    if not isinstance(choices, list) or len(choices) > 25:
        raise bad_form((place, "BASE_TYPE_BAD_LENGTH", "Must be between 0 and 25 in length."))
    mistakes: list[Mistake] = []
    for index, choice in enumerate(choices):
        mistakes += text_mistakes(choice, (*place, index), "name", 1, 100, required=True)
        value = choice.get("value")
        if isinstance(value, str) and not 1 <= len(value) <= 100:
            mistakes.append(((*place, index, "value"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."))
        elif not isinstance(value, _focused_type(interaction)):
            mistakes.append(((*place, index, "value"), "TYPE_CONVERT", f"{value!r} is not of the option's type."))
    if mistakes:
        raise bad_form(*mistakes)
    return choices


def _focused_type(interaction: Interaction) -> tuple[type, ...]:
    def walk(options: list[dict[str, Any]]) -> int:
        for option in options:
            if option.get("focused"):
                return int(option["type"])
            if found := walk(option.get("options", [])):
                return found
        return 0

    return {4: (int,), 10: (int, float)}.get(walk(interaction.data.get("options", [])), (str,))
