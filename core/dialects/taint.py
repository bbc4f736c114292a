"""What a person wrote is never taken for what an upstream says: the prompt as it may come back, in normal form."""

import html
import unicodedata

_NO_LETTER = bytes(code for code in range(128) if not chr(code).isalnum())


def normal(text: str) -> str:
    """Keep letters and digits only, NFKC and case folded: the form in which an echo equals what it echoes."""
    if text.isascii():
        return text.lower().encode().translate(None, _NO_LETTER).decode()
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


class Taint:
    """Knows the prompt, and tells whether a piece of text could be its echo."""

    __slots__ = ("has_fence", "has_think", "known", "prompt")

    def __init__(self, prompt: str | None) -> None:
        self.known = prompt is not None
        self.prompt = normal(prompt or "")
        folded = unicodedata.normalize("NFKC", prompt or "").casefold()
        self.has_fence = "```" in folded
        self.has_think = "<think" in folded or "</think" in folded

    def covers(self, text: str) -> bool:
        """Whether the prompt holds this text, as it stands or with its HTML escapes undone.

        Text without letters and digits says nothing and is not covered.
        """
        if not self.prompt:
            return False
        core = normal(text)
        if core and core in self.prompt:
            return True
        return "&" in text and bool(core := normal(html.unescape(text))) and core in self.prompt

    def follow(self, letters: str, text: str) -> str | None:
        """Return an echo's letters with those of the text that follows; None where they cannot be an echo together."""
        letters += normal(text)
        return letters if letters in self.prompt else None

    def echoed_in(self, text: str) -> bool:
        """Whether the whole prompt stands in this text: then its echo is over where the text ends."""
        return bool(self.prompt) and self.prompt in normal(text)
