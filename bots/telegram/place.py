"""Where a job's answer goes on Telegram: its one message and the chat around it, as stored with the job."""

from typing import Final

import msgspec
from typing_extensions import override

from core.model import Address
from core.texts import ENGLISH

NAME: Final = "telegram"


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """One status message, which may still have to be posted.

    Telegram knows no key that makes sending repeat-safe, so a job is written down first, and its message after.
    """

    chat: int
    person: int
    """Who asked: a user, or the chat in whose name an anonymous administrator or a channel wrote."""
    message: int | None = None
    """The status message; None until it is posted."""
    thread: int | None = None
    """The forum topic; None outside of forums and in a forum's General topic."""
    asked_in: int | None = None
    """The message that asked, to answer under it."""
    private: bool = False
    """Whether this is a chat between one person and the bot."""
    has_media: bool = False
    """Whether the message holds the film already, so that its words are a caption."""
    file_id: str | None = None
    """The film on Telegram's side, once it was uploaded there: what is shown again is not uploaded again."""
    pinged: bool = False
    """Whether the ping was sent, or was about to be: it is sent once at most."""
    language: str = ENGLISH
    """What the person reads, and so the language of their message."""

    @override
    def __repr__(self) -> str:
        return f"Place(chat={self.chat}, message={self.message})"

    def address(self) -> Address:
        """As it is stored."""
        return Address(NAME, msgspec.json.encode(self).decode())


_decode = msgspec.json.Decoder(Place).decode


def read_place(address: Address) -> Place:
    """What was stored. Raises `ValueError` for what is none of ours."""
    if address.platform != NAME:
        raise ValueError(f"not an address on Telegram: {address.platform}")
    try:
        return _decode(address.value)
    except msgspec.DecodeError as error:
        raise ValueError("not an address on Telegram") from error
