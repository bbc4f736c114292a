"""What stands behind a button: sealed, so that only what we drew is believed, and only for whom we drew it; pure."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.model import JobId

CALLBACK_BYTES: Final = 64
"""The longest `callback_data` (Bot API, InlineKeyboardButton)."""

ANYBODY: Final = 0
"""In the place of a person: whoever sees the button may press it."""

_VERSION: Final = "1"
_SEAL_BYTES: Final = 9
"""72 bits: as many as fit, and more than anyone can try out against a bot that answers each press."""
_FORM: Final = re.compile(
    r"(?P<signed>1(?P<verb>[a-z])(?P<subject>[0-9A-Za-z]{0,13})\.(?P<person>-?[0-9a-z]{1,12})\.(?P<value>[0-9a-z]{0,12}))"
    r"\.(?P<seal>[0-9A-Za-z_-]{12})"
)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Verb(StrEnum):
    """What somebody can ask for by pressing; the letter is what Telegram stores."""

    CANCEL = "c"
    REMIX = "x"
    EDIT = "e"
    """Other words for a video that did not come."""
    AGAIN = "a"
    RETRY = "t"
    PRIVATE = "p"
    REPORT = "r"
    REASON = "w"
    """Why it is reported."""
    DELETE = "d"
    SHOW = "v"
    """Bring a film to where its person is, or hand it over that was not taken."""
    CARD_SHAPE = "s"
    CARD_LENGTH = "l"
    CARD_MODEL = "m"
    CARD_MAKE = "g"
    CARD_WORDS = "o"
    CARD_DROP = "n"
    PREFER = "h"
    """A toggle of /settings."""
    MODERATE = "y"
    """An entry of /videomod: whoever moderates may press it."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a genuine button says."""

    verb: Verb
    subject: str
    """The id of a job or of a draft; empty where it is about neither."""
    person: int
    """Whose button it is: a user, or the chat in whose name an administrator or a channel wrote; 0 is anybody."""
    value: str = ""


class OutdatedButtonError(Exception):
    """A button that an older or newer version drew."""


class ForgedButtonError(Exception):
    """A button that we did not draw."""


class Signer:
    """Seals buttons and reads them. The key is the house's own and never leaves it; without one nothing is sealed."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key

    def use(self, key: bytes) -> None:
        """Seal with this key from now on."""
        self._key = key

    def sign(self, verb: str, job: JobId, person: int) -> str:
        """The data of a button under a job; `verb` is the name of one, in small letters. Raises `KeyError`."""
        return self.seal(Verb[verb.upper()], job, person)

    def seal(self, verb: Verb, subject: str, person: int, value: str = "") -> str:
        """The data of a button.

        Raises `ValueError` for what does not fit into 64 bytes or could not be read again, and while there is no key.
        """
        signed = f"{_VERSION}{verb}{subject}.{_base36(person)}.{value}"
        data = f"{signed}.{self._seal_of(signed)}"
        if not self._key or _FORM.fullmatch(data) is None or len(data) > CALLBACK_BYTES:
            raise ValueError(f"no button can say this: {signed!r}")
        return data

    def read(self, data: str) -> Pressed:
        """What a button says. Raises `OutdatedButtonError` and `ForgedButtonError`."""
        found = _FORM.fullmatch(data)
        if found is None or found["verb"] not in set(Verb):
            raise OutdatedButtonError
        if not hmac.compare_digest(self._seal_of(found["signed"]), found["seal"]):
            raise ForgedButtonError
        return Pressed(Verb(found["verb"]), found["subject"], int(found["person"], 36), found["value"])

    def _seal_of(self, signed: str) -> str:
        digest = hmac.digest(self._key, signed.encode(), "sha256")[:_SEAL_BYTES]
        return base64.urlsafe_b64encode(digest).decode("ascii")


def short(name: str) -> str:
    """A name as a button's value: eleven letters of its fingerprint, whatever the name and its length."""
    return base64.b32encode(hashlib.sha256(name.encode()).digest()).decode("ascii")[:11].lower()


def _base36(number: int) -> str:
    digits, rest = "", abs(number)
    while rest:
        rest, digit = divmod(rest, 36)
        digits = _DIGITS[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")
