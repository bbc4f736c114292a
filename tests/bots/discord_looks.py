"""How a test reads what a person sees on Discord: a message's heading over time, and what was written when."""

import re
from collections.abc import Iterable
from itertools import pairwise

from tests.emulators.discord import Call, DiscordEmulator, Interaction, Message


def heading(text: str) -> str:
    """What stands in bold at the top, without its sign."""
    found = re.search(r"\*\*\S+ (.*?)\*\*", text)
    return found[1] if found else text


def headings(message: Message) -> list[str]:
    """What a message has said one after the other, each once."""
    said = [heading(version.look.text) for version in message.history if version.look.text]
    return [one for one, before in zip(said, [None, *said], strict=False) if one != before]


def edits(server: DiscordEmulator, message: Message) -> list[Call]:
    """The edits of one message, by whichever route, the oldest first."""
    by_token = {one.token for one in server.interactions if one.message is message}
    return [
        call
        for call in server.requests("PATCH")
        if call.path.endswith(f"/messages/{message.id}")
        or (call.path.endswith("@original") and call.params["webhook_token"] in by_token)
    ]


def gaps(calls: Iterable[Call]) -> list[float]:
    """Seconds between one and the next."""
    times = [call.at for call in calls]
    return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


def overlap(calls: Iterable[Call]) -> bool:
    """Whether one began before the one before it was answered."""
    rows = sorted(calls, key=lambda call: call.at)
    return any(before.answered_at is None or after.at < before.answered_at for before, after in pairwise(rows))


def told(asked: Interaction) -> str:
    """What the person alone reads as the answer to what they did."""
    assert asked.acknowledged
    first = [asked.message] if asked.message is not None and asked.message is not asked.source else []
    answers = {message.id: message for message in (*first, *asked.followups)}.values()
    seen = [message for message in answers if not message.deleted]
    assert all(message.only_for is asked.person for message in seen)
    return "\n".join(message.text for message in seen)
