"""Where a Discord answer goes: what is stored, which ways are open when, how often, and words that stay words."""

import asyncio
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.discord.limits import CHANNEL_A_SECOND, PROMPT_SHOWN
from bots.discord.pace import Pace
from bots.discord.place import Place, nonce, read_place
from bots.discord.quoting import quoted
from bots.discord.ways import Way, ways
from core.model import Address, JobId
from tests.bots.discord_house import BEGAN, TOKEN, place


def test_a_place_comes_back_from_the_database_as_it_was() -> None:
    there = place(bot_is_here=False, ephemeral=True, upload_bytes=1)
    assert read_place(there.address()) == there


@pytest.mark.parametrize("address", [Address("telegram", "{}"), Address("discord", "{}"), Address("discord", "?")])
def test_what_is_no_place_is_refused(address: Address) -> None:
    with pytest.raises(ValueError, match="not an address"):
        read_place(address)


def test_a_token_is_not_shown_where_a_place_is() -> None:
    assert TOKEN not in repr(place())
    assert TOKEN not in f"{place()}"


@pytest.mark.parametrize(
    ("there", "minutes", "shown", "ended"),
    [
        (place(), 0, [Way.TOKEN, Way.CHANNEL], [Way.TOKEN, Way.CHANNEL, Way.FRESH, Way.DIRECT]),
        (place(), 13.9, [Way.TOKEN, Way.CHANNEL], [Way.TOKEN, Way.CHANNEL, Way.FRESH, Way.DIRECT]),
        (place(), 14, [Way.CHANNEL], [Way.CHANNEL, Way.FRESH, Way.DIRECT]),
        (place(ephemeral=True), 1, [Way.TOKEN], [Way.TOKEN, Way.DIRECT]),
        (place(ephemeral=True), 15, [], [Way.DIRECT]),
        (place(bot_is_here=False), 1, [Way.TOKEN], [Way.TOKEN, Way.DIRECT]),
        (place(bot_is_here=False), 20, [], [Way.DIRECT]),
    ],
)
def test_the_ways_that_are_open(there: Place, minutes: float, shown: list[Way], ended: list[Way]) -> None:
    now = BEGAN + timedelta(minutes=minutes)
    assert ways(there, now, final=False) == shown
    assert ways(there, now, final=True) == ended


def test_a_nonce_is_the_same_for_the_same_step_and_for_no_other() -> None:
    assert nonce(JobId("7F3K7F3K"), "result") == nonce(JobId("7F3K7F3K"), "result")
    assert len({nonce(JobId(job), step) for job in ("7F3K7F3K", "7F3K7F3M") for step in ("result", "ping")}) == 4
    assert re.fullmatch(r"f[a-z2-7]{24}", nonce(JobId("7F3K7F3K"), "result"))


@pytest.mark.parametrize(
    "words",
    [
        "@everyone",
        "<@123> <@&4> <#5> </video:6> <t:1:R> <:a:7>",
        "[click](https://evil.example)",
        "**b** _i_ ~~s~~ ||x|| `c` ```d``` > q # h - l",
        "discord.gg/abc discord.com/invite/abc",
        "https://evil.example",
    ],
)
def test_a_persons_words_do_nothing(words: str) -> None:
    shown = quoted(words, most=PROMPT_SHOWN)
    assert not re.search(r"@(?=everyone|here|\d|&)|<[@#/t:]|https?://|discord(\.gg|\.com)|(?<!\\)[*_~`|\[\]()#]", shown)
    assert re.sub("[\\\\\u200b]", "", shown) == words


@given(st.text(max_size=400))
def test_words_are_shown_in_full_or_up_to_an_ellipsis(words: str) -> None:
    shown = quoted(words, most=PROMPT_SHOWN).replace("\u200b", "")
    plain = re.sub(r"\\([\\*_~`|>\[\]()#+.-])", r"\1", shown)
    assert plain == words.replace("\u200b", "") or (plain.endswith("…") and len(words) > PROMPT_SHOWN)


@pytest.mark.virtual_time
async def test_progress_in_a_channel_keeps_its_pace_and_ends_do_not_wait() -> None:
    pace, clock = Pace(), asyncio.get_running_loop().time
    for _ in range(12):
        await pace.turn(1)
    assert clock() == pytest.approx(10 / CHANNEL_A_SECOND, abs=0.1)
    pace.took(1)
    before = clock()
    await pace.turn(1)
    assert clock() - before == pytest.approx(2 / CHANNEL_A_SECOND, abs=0.1)


@pytest.mark.virtual_time
async def test_many_channels_share_what_discord_allows_over_all() -> None:
    pace, clock = Pace(), asyncio.get_running_loop().time
    async with asyncio.TaskGroup() as tasks:
        for channel in range(100):
            tasks.create_task(pace.turn(channel))
    assert 2.9 < clock() < 3.2


@pytest.mark.virtual_time
async def test_a_channel_that_was_shut_stays_shut_as_long_as_it_was_told() -> None:
    pace, clock = Pace(), asyncio.get_running_loop().time
    pace.shut(1, 60)
    await pace.turn(2)
    assert clock() == 0
    await pace.turn(1)
    assert clock() == pytest.approx(60, abs=0.1)
