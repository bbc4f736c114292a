"""What Discord accepts as a message's content, embeds, flags and nonce."""

from collections.abc import Iterator
from typing import Any

from tests.emulators.discord.controls import text_mistakes
from tests.emulators.discord.errors import Mistake

MOST_CONTENT = 2000
_EMBED_TEXTS = (("title", 256), ("description", 4096), ("url", 2048))


def content_mistakes(body: dict[str, Any]) -> Iterator[Mistake]:
    """The length of what is said."""
    content = body.get("content")
    if content is not None and not isinstance(content, str):
        yield ("content",), "STRING_TYPE_CONVERT", f"Could not interpret {content!r} as string."
    elif content is not None and len(content) > MOST_CONTENT:
        yield ("content",), "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_CONTENT} or fewer in length."


def nonce_mistakes(body: dict[str, Any]) -> Iterator[Mistake]:
    """A nonce has 25 characters at most."""
    nonce = body.get("nonce")
    if nonce is not None and not isinstance(nonce, str | int):
        yield ("nonce",), "NONCE_TYPE_CONVERT", f"Could not interpret {nonce!r} as nonce."
    elif isinstance(nonce, str) and len(nonce) > 25:
        yield ("nonce",), "NONCE_TYPE_TOO_LONG", "Nonce must be no longer than 25 characters."


def embed_mistakes(embeds: object) -> Iterator[Mistake]:
    """Up to ten embeds, with 6000 characters in all."""
    if embeds is None:
        return
    if not isinstance(embeds, list) or len(embeds) > 10:
        yield ("embeds",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."
        return
    for index, embed in enumerate(embeds):
        place = ("embeds", index)
        for name, most in _EMBED_TEXTS:
            yield from text_mistakes(embed, place, name, 0, most)
        yield from text_mistakes(embed.get("footer") or {}, (*place, "footer"), "text", 0, 2048)
        yield from text_mistakes(embed.get("author") or {}, (*place, "author"), "name", 0, 256)
        fields = embed.get("fields") or []
        if len(fields) > 25:
            yield (*place, "fields"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."
        for number, field in enumerate(fields):
            yield from text_mistakes(field, (*place, "fields", number), "name", 1, 256, required=True)
            yield from text_mistakes(field, (*place, "fields", number), "value", 1, 1024, required=True)
    if sum(map(_embed_length, embeds)) > 6000:
        sentence = "Embed size exceeds maximum size of 6000"
        yield ("embeds",), "MAX_EMBED_SIZE_EXCEEDED", sentence


def _embed_length(embed: dict[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")]
    return sum(len(text or "") for text in texts)
