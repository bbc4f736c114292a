"""Who is named in a text, and who is really notified: `allowed_mentions` as Discord applies it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.emulators.discord.errors import Mistake
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.world import Channel, User

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")


@dataclass(frozen=True)
class Mentions:
    """Who is named, as the message says it, and whom Discord notifies."""

    users: tuple[User, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False
    pinged: tuple[User, ...] = ()


def mention_mistakes(allowed: object) -> Iterator[Mistake]:
    """What is wrong with an `allowed_mentions`."""
    if allowed is None:
        return
    place = ("allowed_mentions",)
    if not isinstance(allowed, dict):
        yield place, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"
        return
    parse = allowed.get("parse") or []
    for name in parse:
        if name not in {"users", "roles", "everyone"}:
            sentence = "Value must be one of ('users', 'roles', 'everyone')."
            yield (*place, "parse"), "BASE_TYPE_CHOICES", sentence
    for name in ("users", "roles"):
        listed = allowed.get(name) or []
        if listed and name in parse:
            sentence = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            yield place, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", sentence
        if len(listed) > 100:
            yield (*place, name), "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length."


def find_mentions(
    text: str, allowed: dict[str, Any] | None, *, channel: Channel, author: User, reply_to: User | None = None
) -> Mentions:
    """Read a text. Without `allowed_mentions` all that is named counts, as far as the author may."""
    readable = _CODE.sub("", text)
    may = channel.may(author)
    roles_at_hand = {} if channel.guild is None else channel.guild.roles
    users: dict[int, User] = {}
    for number in map(int, _USER.findall(readable)):
        if (user := channel.world.users.get(number)) is not None and _lets(allowed, "users", number):
            users[number] = user
    if reply_to is not None and (allowed is None or allowed.get("replied_user")):
        users[reply_to.id] = reply_to
    roles = {
        number: roles_at_hand[number]
        for number in map(int, _ROLE.findall(readable))
        if number in roles_at_hand
        and (roles_at_hand[number].mentionable or Permission.MENTION_EVERYONE in may)
        and _lets(allowed, "roles", number)
    }
    everyone = (
        _EVERYONE.search(readable) is not None
        and Permission.MENTION_EVERYONE in may
        and (allowed is None or "everyone" in (allowed.get("parse") or []))
        and channel.guild is not None
    )
    pinged = dict(users)
    if channel.guild is not None:
        for member in channel.guild.members.values():
            if everyone or any(role.id in roles for role in member.roles):
                pinged[member.user.id] = member.user
    reached = [user for user in pinged.values() if user is not author and Permission.VIEW_CHANNEL in channel.may(user)]
    return Mentions(tuple(users.values()), tuple(roles), everyone, tuple(reached))


def _lets(allowed: dict[str, Any] | None, name: str, number: int) -> bool:
    if allowed is None or name in (allowed.get("parse") or []):
        return True
    return number in map(int, allowed.get(name) or [])
