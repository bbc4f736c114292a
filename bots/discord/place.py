"""Where a job's answer goes on Discord: its one message, and what opens the ways to it, as stored with the job."""

import base64
import hashlib
from datetime import datetime
from typing import Final

import msgspec
from typing_extensions import override

from core.model import Address, JobId
from core.texts import ENGLISH

NAME: Final = "discord"


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """One status message. `token` is the interaction's: it opens this message until it dies, and nothing else."""

    application: int
    token: str
    token_from: datetime
    """When we first heard of the interaction, by our own clock."""
    channel: int
    message: int
    person: int
    guild: int | None = None
    bot_is_here: bool = True
    """False where only the person has installed the app: then the bot's own token opens nothing there."""
    ephemeral: bool = False
    upload_bytes: int = 10 << 20
    """The largest file that this interaction's token can carry, as Discord announced it."""
    language: str = ENGLISH
    """What the person reads, and so the language of their message."""
    posted: datetime | None = None
    """When the message was posted, by our own clock; None: with the interaction that `token` is of."""

    reposted: datetime | None = None
    """When it was first tried to post another message in place of this one; None: it never was."""

    @override
    def __repr__(self) -> str:
        """Without the token."""
        return f"Place(channel={self.channel}, message={self.message})"

    def address(self) -> Address:
        """As it is stored."""
        return Address(NAME, msgspec.json.encode(self).decode())

    @property
    def message_from(self) -> datetime:
        """Since when the message stands there, by our own clock; Discord's, which its id tells, may differ."""
        return self.posted or self.token_from


_decode = msgspec.json.Decoder(Place).decode


def read_place(address: Address) -> Place:
    """What was stored. Raises `ValueError` for what is none of ours."""
    if address.platform != NAME:
        raise ValueError(f"not an address on Discord: {address.platform}")
    try:
        return _decode(address.value)
    except msgspec.DecodeError as error:
        raise ValueError("not an address on Discord") from error


def nonce(job: JobId, step: str) -> str:
    """The same 25 characters for the same step of a job: Discord then posts it once, however often it is asked."""
    digest = hashlib.blake2b(f"{job}:{step}".encode(), digest_size=15).digest()
    return f"f{base64.b32encode(digest).decode().lower()}"
