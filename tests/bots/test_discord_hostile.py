"""Hostile words: wherever they stand, they mention nobody, link nowhere and stay where they are."""

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bots.discord.quoting import quoted
from bots.discord.render import render
from core.db import Database
from core.errors import DeliveryReason, ErrorKind, Refusal
from core.model import Failure, GenerationRequest, JobId, Phase, Receipt, Status
from tests.bots.discord_house import BEGAN, discord_house, place

HOSTILE = (
    "@everyone <@1> <@&2> </video:3> [free](https://evil.example) **b** ||s|| `c` ```d``` "
    "> q\n# h\n- l discord.gg/x https://evil.example <t:1:R> <:a:1> _i_ ~~x~~ \\* 1. n -# small"
)
_SIGNS = st.sampled_from(
    [*"@<>[]()*_~`|\\#-.:/!&+ \n0123", "https://", "discord.gg/", "everyone", "here", "<t:", "-# "]
)
WORDS = st.lists(_SIGNS | st.characters(), max_size=60).map("".join)


def markup(line: str) -> list[str]:
    """What Discord would make of a line that is not its plain words, by its rules for messages."""
    found = []
    bare = re.sub(r"\\([^a-zA-Z0-9\s])", lambda sign: f"\ue000{ord(sign[1]):x}\ue001", line)
    for name, pattern in {
        "mention": r"@everyone|@here|<@[!&]?\d+>|<#\d+>|</[^>]+:\d+>|<id:\w+>",
        "emoji or time": r"<a?:\w+:\d+>|<t:-?\d+(?::[a-zA-Z])?>",
        "masked link": r"\[[^\]]*\]\([^)]*\)",
        "link": r"https?://\S|discord(?:app)?\.(?:gg|com)/|steam://\S",
        "emphasis": r"\*|_|~~|\|\||`",
        "heading, quote or list": r"^\s*(?:#{1,3} |>>? ?|[-*+] |\d+\. |-# )",
    }.items():
        if re.search(pattern, bare):
            found.append(name)
    return found


@given(WORDS)
@example("1. one")
@example(" + one")
@example("12. one")
def test_a_quoted_text_is_words_and_nothing_else(words: str) -> None:
    for line in quoted(words, most=300).split("\n"):
        assert markup(line) == [], line


def everything(words: str) -> list[Status]:
    """A job with these words in each of its phases."""
    request = GenerationRequest(words, "standard", 5)
    failure = Failure(ErrorKind.MODERATION, upstream_message=words)
    rows = []
    for phase in Phase:
        status = Status(JobId("7F3K7F3K"), phase, request, "standard", 1, receipt=Receipt(1, 0, 4, 5), started_at=BEGAN)
        rows.append(status)
    rows.append(Status(JobId("7F3K7F3K"), Phase.FAILED, request, "standard", 1, failure=failure))
    rows.append(
        Status(JobId("7F3K7F3K"), Phase.UNDELIVERED, request, "standard", 1, undelivered=DeliveryReason.CHAT_GONE)
    )
    return rows


@given(WORDS)
def test_in_every_phase_the_words_stay_in_their_line(words: str) -> None:
    try:
        rows = everything(words)
    except Refusal:
        return
    for status in rows:
        texts = [
            item.content
            for item in render(status, place(), BEGAN, film="a.mp4").walk_children()
            if hasattr(item, "content")
        ]
        theirs = [text for text in texts if text.startswith("> ")]
        assert len(theirs) == 1
        assert "\n" not in theirs[0]
        assert markup(theirs[0].removeprefix("> ")) == []


@pytest.mark.virtual_time
async def test_nobody_is_mentioned_by_what_somebody_writes(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        prompt = HOSTILE.replace("<@1>", house.ben.mention)
        asked = await house.mia.slash(house.channel, "video", prompt=prompt)
        await house.over()
        await asyncio.sleep(2)
        message = asked.message
        assert message is not None
        for version in message.history:
            assert not version.look.mentions
            assert not version.look.mention_everyone
        listed = await house.mia.slash(house.channel, "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        assert not listed.message.look.mentions
        (line,) = listed.message.text.split("\n")
        assert markup(line.split(" · ", 1)[1]) == []
        opened = await house.ben.press(message, "Remix")
        assert opened.modal is not None
        assert opened.modal.fields[0].value == GenerationRequest(prompt, "standard", 5).prompt
        assert [one.pinged for one in house.channel.messages] == [[], [house.mia]]
        assert len(message.files[0].description or "") <= 1024
