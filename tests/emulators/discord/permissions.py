"""What somebody may do in a channel: Discord's bits, and the order in which they are added up."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag


class Permission(IntFlag):
    """Those that a bot like ours meets."""

    NONE = 0
    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


ALL = Permission((1 << 51) - 1)
USUAL = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.CONNECT
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_EXTERNAL_APPS
)
"""What @everyone has in a new guild, as far as it is listed above."""
IN_A_DM = USUAL | Permission.MENTION_EVERYONE


@dataclass(frozen=True)
class Overwrite:
    """What a channel allows and denies one role or member, on top of what the guild says."""

    allow: Permission = Permission.NONE
    deny: Permission = Permission.NONE


def added_up(
    roles: Iterable[Permission],
    *,
    everyone: Overwrite,
    by_role: Iterable[Overwrite],
    member: Overwrite,
    speaking: Permission = Permission.SEND_MESSAGES,
) -> Permission:
    """Guild first, then @everyone's overwrite, then the roles' together, then the member's."""
    granted = Permission.NONE
    for role in roles:
        granted |= role
    if Permission.ADMINISTRATOR in granted:
        return ALL
    granted = granted & ~everyone.deny | everyone.allow
    allow = deny = Permission.NONE
    for overwrite in by_role:
        allow |= overwrite.allow
        deny |= overwrite.deny
    granted = granted & ~deny | allow
    granted = granted & ~member.deny | member.allow
    if Permission.VIEW_CHANNEL not in granted:
        return Permission.NONE
    if speaking not in granted:
        # who may not speak may not bring anything either
        granted &= ~(Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE)
    return granted
