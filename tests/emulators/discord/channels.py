"""The routes of channels by the bot's token: messages, reactions, history, typing."""

import asyncio
from typing import Any

from tests.emulators.discord.answers import Route
from tests.emulators.discord.calls import Call, Right
from tests.emulators.discord.composing import Desk
from tests.emulators.discord.errors import bad_form, refusal
from tests.emulators.discord.messages import Flag, Message, Version
from tests.emulators.discord.payloads import channel_json, user_json
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.post import Post
from tests.emulators.discord.world import Channel, User, World
from tests.virtual_time import now

NONCE_SECONDS = 180.0
"""How long a nonce is remembered: "a few minutes"."""
_MESSAGES = "/channels/{channel_id}/messages"
_ONE = f"{_MESSAGES}/{{message_id}}"
_REACTION = f"{_ONE}/reactions/{{emoji_name}}"


class Channels:
    """What the bot does in channels."""

    def __init__(self, world: World, post: Post, *, reads_content: bool) -> None:
        self._world = world
        self._post = post
        self._reads_content = reads_content
        self._nonces: dict[str, tuple[float, Message]] = {}
        self.typing: list[tuple[float, Channel]] = []
        """When the bot was seen typing, and where."""

    @property
    def routes(self) -> list[Route]:
        return [
            ("GET", "/channels/{channel_id}", Right.BOT, lambda call: channel_json(self._open(call))),
            ("POST", "/channels/{channel_id}/typing", Right.BOT, self._typing),
            ("GET", _MESSAGES, Right.BOT, self._history),
            ("POST", _MESSAGES, Right.BOT, self._send),
            ("GET", _ONE, Right.BOT, self._get),
            ("PATCH", _ONE, Right.BOT, self._edit),
            ("DELETE", _ONE, Right.BOT, self._delete),
            ("GET", _REACTION, Right.BOT, self._reactions),
            ("PUT", f"{_REACTION}/@me", Right.BOT, self._react),
            ("DELETE", f"{_REACTION}/@me", Right.BOT, self._unreact),
        ]

    def _open(self, call: Call, *needed: Permission) -> Channel:
        """The channel, where the bot sees it and may do what it asks for."""
        channel = self._world.channels.get(call.number("channel_id"))
        if channel is None:
            raise refusal(10003)
        may = channel.may(self._world.bot)
        if Permission.VIEW_CHANNEL not in may:
            raise refusal(50001)
        if any(permission not in may for permission in needed):
            raise refusal(50013)
        return channel

    def _message(self, call: Call, channel: Channel) -> Message:
        message = channel.every_message.get(call.number("message_id"))
        if message is None or message.is_ephemeral:
            # an ephemeral message is no message of the channel
            raise refusal(10008)
        return message

    def _told(self, message: Message) -> dict[str, Any]:
        """A message; without the intent, what others say to others stays hidden here too."""
        told = self._post.told(message)
        bot = self._world.bot
        ours = message.author is bot or bot in message.look.mentions or message.channel.guild is None
        if not ours and not self._reads_content:
            told |= {"content": "", "embeds": [], "attachments": [], "components": []}
        return told

    def _typing(self, call: Call) -> None:
        channel = self._open(call, Permission.SEND_MESSAGES)
        self.typing.append((asyncio.get_running_loop().time(), channel))

    def _history(self, call: Call) -> Any:
        channel = self._open(call)
        limit = call.query.get("limit", "50")
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            raise bad_form((("limit",), "NUMBER_TYPE_MAX", "int value should be between 1 and 100."))
        if Permission.READ_MESSAGE_HISTORY not in channel.may(self._world.bot):
            return []
        newest_first = channel.messages[::-1]
        most = int(limit)
        if "before" in call.query:
            found = [message for message in newest_first if message.id < int(call.query["before"])][:most]
        elif "after" in call.query:
            found = [message for message in newest_first if message.id > int(call.query["after"])][-most:]
        elif "around" in call.query:
            middle = int(call.query["around"])
            nearest = sorted(newest_first, key=lambda message: abs(message.id - middle))[:most]
            found = sorted(nearest, key=lambda message: message.id, reverse=True)
        else:
            found = newest_first[:most]
        return [self._told(message) for message in found]

    def _send(self, call: Call) -> Any:
        channel = self._open(call)
        self._check_may_write(channel)
        body = call.body
        at = asyncio.get_running_loop().time()
        nonce = body.get("nonce")
        if nonce is not None and body.get("enforce_nonce"):
            before, known = self._nonces.get(str(nonce), (0.0, None))
            if known is not None and at - before < NONCE_SECONDS:
                if known.deleted:
                    raise refusal(10008)
                return self._post.told(known) | {"nonce": nonce}
        reply_to = self._replied(channel, body.get("message_reference"))
        desk = Desk(channel, self._world.bot, self._limit(channel))
        author = None if reply_to is None else reply_to.author
        look, found = desk.compose(body, call.files, reply_to=author)
        if Flag.EPHEMERAL in look.flags:
            raise bad_form((("flags",), "MESSAGE_FLAGS_INVALID", "Only interactions are answered ephemerally."))
        version = Version(now(), look)
        message = Message(self._world.ids.new(), channel, self._world.bot, [version], nonce=nonce, reply_to=reply_to)
        message.type = 0 if reply_to is None else 19
        message.pinged = list(found.pinged)
        if nonce is not None:
            self._nonces[str(nonce)] = (at, message)
        self._post.put(message)
        return self._post.told(message) | ({} if nonce is None else {"nonce": nonce})

    def _check_may_write(self, channel: Channel) -> None:
        bot = self._world.bot
        if channel.guild is None:
            self._check_dm(channel)
        elif channel.is_thread and channel.archived:
            raise refusal(50083)
        else:
            needed = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
            if needed not in channel.may(bot):
                raise refusal(50013)

    def _check_dm(self, channel: Channel) -> None:
        """Whether this person can be written to."""
        for person in channel.recipients:
            if person is self._world.bot:
                continue
            if not self._world.shares_a_guild_with_bot(person):
                raise refusal(50278)
            if not person.takes_dms:
                raise refusal(50007)

    def _replied(self, channel: Channel, reference: dict[str, Any] | None) -> Message | None:
        if not reference:
            return None
        if Permission.READ_MESSAGE_HISTORY not in channel.may(self._world.bot):
            raise refusal(160002)
        message = channel.every_message.get(int(reference["message_id"]))
        if message is None or message.is_ephemeral:
            if reference.get("fail_if_not_exists", True):
                sentence = "Unknown message"
                raise bad_form((("message_reference",), "REPLIES_UNKNOWN_MESSAGE", sentence))
            return None
        return message

    def _limit(self, channel: Channel) -> int:
        return self._world.upload_limit if channel.guild is None else channel.guild.upload_limit

    def _get(self, call: Call) -> Any:
        channel = self._open(call)
        if Permission.READ_MESSAGE_HISTORY not in channel.may(self._world.bot):
            raise refusal(50013)
        return self._told(self._message(call, channel))

    def _edit(self, call: Call) -> Any:
        channel = self._open(call)
        message = self._message(call, channel)
        if message.author is not self._world.bot:
            raise refusal(50005)
        if channel.is_thread and channel.archived:
            raise refusal(50083)
        desk = Desk(channel, self._world.bot, self._limit(channel))
        look, _ = desk.compose(call.body, call.files, message.look)
        self._post.change(message, look)
        return self._post.told(message)

    def _delete(self, call: Call) -> None:
        channel = self._open(call)
        message = self._message(call, channel)
        if message.author is not self._world.bot:
            if channel.guild is None:
                raise refusal(50003)
            if Permission.MANAGE_MESSAGES not in channel.may(self._world.bot):
                raise refusal(50013)
        self._post.remove(message)

    def _react(self, call: Call) -> None:
        channel = self._open(call, Permission.READ_MESSAGE_HISTORY)
        message = self._message(call, channel)
        emoji = call.params["emoji_name"]
        users = message.reactions.get(emoji)
        if users is None and Permission.ADD_REACTIONS not in channel.may(self._world.bot):
            raise refusal(50013)
        if self._world.bot not in (users or ()):
            message.reactions.setdefault(emoji, []).append(self._world.bot)
            self._world.events.reaction("MESSAGE_REACTION_ADD", message, emoji, self._world.bot)

    def _unreact(self, call: Call) -> None:
        message = self._message(call, self._open(call))
        emoji = call.params["emoji_name"]
        if self._world.bot in message.reactions.get(emoji, ()):
            take_back(message, emoji, self._world.bot)

    def _reactions(self, call: Call) -> Any:
        message = self._message(call, self._open(call))
        return [user_json(user) for user in message.reactions.get(call.params["emoji_name"], ())]


def take_back(message: Message, emoji: str, user: User) -> None:
    """A reaction goes; the last one takes the emoji along."""
    message.reactions[emoji].remove(user)
    if not message.reactions[emoji]:
        del message.reactions[emoji]
    message.channel.world.events.reaction("MESSAGE_REACTION_REMOVE", message, emoji, user)
