"""The ways to a job's message, in the order in which they are tried."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Final

from bots.discord.limits import TOKEN_USE
from bots.discord.place import Place


class Way(Enum):
    """One way of showing somebody something."""

    TOKEN = auto()
    """Edit the message with the interaction's token: a bucket of its own, outside the bot's limits."""
    CHANNEL = auto()
    """Edit it with the bot's own token: for as long as the message and the bot are there."""
    FRESH = auto()
    """A new message in its place, posted once however often it is asked for."""
    DIRECT = auto()
    """A direct message to the person."""


_TO_SHOW: Final = (Way.TOKEN, Way.CHANNEL)
_TO_END: Final = (Way.TOKEN, Way.CHANNEL, Way.FRESH, Way.DIRECT)


def only_by_token(place: Place) -> bool:
    """Whether nothing but an interaction's token edits this message: once that is dead, only a press helps."""
    return place.ephemeral or not place.bot_is_here


def ways(place: Place, now: datetime, *, final: bool) -> Sequence[Way]:
    """What may work now, the best first; nothing where only a press of a button brings a new token.

    Progress only edits. A private answer can be edited with its token alone; where the bot is no member, its own token
    opens nothing but the person's direct messages.
    """
    open_ways = set(_TO_END if final else _TO_SHOW)
    if now - place.token_from >= TOKEN_USE:
        open_ways.discard(Way.TOKEN)
    if only_by_token(place):
        open_ways -= {Way.CHANNEL, Way.FRESH}
    return [way for way in _TO_END if way in open_ways]
