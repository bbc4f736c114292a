"""/videomod on Telegram: who may say it, what each word does, and that what it sets holds."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.db import Database
from core.model import JobState
from core.quota import Limit
from core.texts import languages, say, speaking
from tests.bots.moderated import OPENS, SAID, Clock, log_of
from tests.bots.telegram_counter import Counter, counter
from tests.emulators.telegram import Person

pytestmark = pytest.mark.virtual_time

WORDS = (
    *("limits", "limits day 8", "limits admins week 9", "limits topic here", "limits zone Asia/Tokyo", "roles"),
    *("pool week 200", "grant @carl_x 5", "reset @carl_x", "block @carl_x 7d spam", "unblock @carl_x"),
    *("pause a flood", "resume", "cancel {job}", "status", "log", ""),
)
"""One of each, as it is typed."""


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        yield opened


def join_carl(house: Counter) -> Person:
    """Somebody who is only a member."""
    carl = house.telegram.person("Carl", started=True, username="carl_x")
    house.group.join(carl)
    return carl


async def said(house: Counter, who: Person, words: str, **how: Any) -> str:
    """What somebody is answered in the group to a command."""
    before = house.group.from_bot
    name, _, rest = words.partition(" ")
    who.command(house.group, name, rest, **how)
    await house.heard(4)
    return "\n".join(message.text for message in house.group.from_bot if message not in before)


async def asks(house: Counter, who: Person, **how: Any) -> str:
    """What somebody is answered who asks for a video; nothing where it is taken."""
    return await said(house, who, "video a dog", **how)


async def every_word(house: Counter, who: Person, **how: Any) -> list[str]:
    """The answers to one of each, with a job of Carl's to be stopped."""
    carl = next(user for user in house.telegram.world.users.values() if user.username == "carl_x")
    assert isinstance(carl, Person)
    await asks(house, carl)
    job = (await house.jobs(carl))[0]
    return [await said(house, who, f"videomod {words.format(job=job.id)}".strip(), **how) for words in WORDS]


# Who may


@pytest.mark.parametrize("rank", ["owner", "admin", "anonymous admin"])
async def test_whoever_looks_after_a_group_may_say_every_word(house: Counter, rank: str) -> None:
    carl = join_carl(house)
    who = house.anna if rank == "owner" else house.ben
    if rank != "owner":
        house.ben.become_admin(house.group, anonymous=rank == "anonymous admin")
    answers = await every_word(house, who, anonymous=rank == "anonymous admin")
    assert not [answer for answer in answers if "Nothing was changed" in answer or not answer]
    (job,) = await house.jobs(carl)
    assert job.state is JobState.CANCELLED
    name = {"owner": "Anna", "admin": "Ben", "anonymous admin": "An anonymous administrator"}[rank]
    by = answers[WORDS.index("log")]
    assert f"{name} paused videos here: “a flood”" in by
    assert len(await log_of(house.database, f"telegram:{house.group.id}")) == 12


@pytest.mark.parametrize("rank", ["member", "channel", "no administrator any more", "somebody who joined later"])
async def test_nobody_else_may_say_any(house: Counter, rank: str) -> None:
    carl = join_carl(house)
    how: dict[str, Any] = {}
    who: Person = house.ben
    if rank == "channel":  # its owner is even an administrator here: whoever writes as a channel may be anybody
        house.ben.become_admin(house.group)
        how = {"as_channel": house.telegram.channel("Ben's films", house.ben, with_bot=False)}
    elif rank == "no administrator any more":
        house.ben.become_admin(house.group)
        assert "Days begin" in await said(house, house.ben, "videomod limits")
        house.ben.leave(house.group)
        house.ben.join(house.group)
        await asyncio.sleep(60)
    elif rank == "somebody who joined later":
        who = house.telegram.person("Dora", started=True)
        who.join(house.group)
    answers = await every_word(house, who, **how)
    assert set(answers) == {say("refusal-not-a-moderator", platform="telegram")}
    assert await log_of(house.database, f"telegram:{house.group.id}") == []
    (job,) = await house.jobs(carl)
    assert job.state is JobState.WAITING


async def test_where_nobody_says_who_moderates_nobody_does(house: Counter) -> None:
    house.telegram.faults.fail("getChatAdministrators", 500)
    assert await said(house, house.anna, "videomod limits day 8") == say("refusal-moderators-unknown")
    assert await said(house, house.anna, "videomod limits day 8") == "✔ Anna set 8 credits a day for everybody"


async def test_telegram_is_asked_once_a_minute(house: Counter) -> None:
    for _ in range(5):
        await said(house, house.anna, "videomod log")
    assert len(house.telegram.calls("getChatAdministrators")) == 1
    await asyncio.sleep(60)
    await said(house, house.anna, "videomod log")
    assert len(house.telegram.calls("getChatAdministrators")) == 2


async def test_in_private_there_is_nothing_to_moderate(house: Counter) -> None:
    assert await house.say("/videomod limits day 900") == say("refusal-not-in-a-community")
    assert await log_of(house.database, f"telegram:{house.anna.id}") == []


async def test_the_buttons_of_the_menu_are_for_administrators_alone(house: Counter) -> None:
    carl = join_carl(house)
    await said(house, house.anna, "videomod")
    menu = house.group.last
    assert [button["text"] for button in menu.buttons] == [
        *("limits", "roles", "pool", "status", "log", "pause", "resume")
    ]
    press = await carl.press(menu, "pause")
    await house.heard()
    assert press.toast == say("refusal-not-a-moderator", platform="telegram")
    assert await log_of(house.database, f"telegram:{house.group.id}") == []
    await house.anna.press(menu, "pause")
    await house.heard()
    assert house.group.last.text == "✔ Anna paused videos here"


# What it does


@pytest.mark.parametrize("limit", OPENS)
async def test_a_limit_that_is_set_holds_says_so_and_opens_at_its_moment_where_clocks_change(
    database: Database, tmp_path: Path, limit: Limit
) -> None:
    clock = Clock()
    async with counter(database, tmp_path, clock=clock) as house:
        carl = join_carl(house)
        await said(house, house.anna, "videomod limits zone Europe/Berlin")
        word = f"pool {limit.value.removeprefix('pool_')}" if limit.of_pool else f"limits {limit.value}"
        await said(house, house.anna, f"videomod {word} 1")
        assert await asks(house, carl) == ""
        assert await asks(house, carl) == SAID[limit]
        clock.at = OPENS[limit] - timedelta(microseconds=1)
        assert await asks(house, carl) != ""
        clock.at = OPENS[limit]
        assert await asks(house, carl) == ""


async def test_one_members_part_of_the_pool_is_all_that_they_get(house: Counter) -> None:
    carl = join_carl(house)
    await said(house, house.anna, "videomod pool day 4")
    await said(house, house.anna, "videomod pool share 25")
    assert await asks(house, carl) == ""
    refused = await asks(house, carl)
    assert refused.startswith(
        "You have used 1 of the 1 credits that one member may have of this community's pool today"
    )
    assert await asks(house, house.anna) == ""


async def test_how_many_are_under_way_can_be_limited_for_one_and_for_all(house: Counter) -> None:
    carl = join_carl(house)
    await said(house, carl, "quota")
    await said(house, house.anna, "videomod limits @carl_x waiting 1")
    assert await asks(house, carl) == ""
    assert await asks(house, carl) == say("refusal-too-many-waiting", limit=1)
    await said(house, house.anna, "videomod pool waiting 2")
    assert await asks(house, house.anna) == ""
    assert await asks(house, house.anna) == say("refusal-community-full", limit=2)
    await said(house, house.anna, "videomod pool waiting off")
    assert await asks(house, house.anna) == ""


async def test_what_is_set_for_a_person_is_heard_before_their_role_and_that_before_the_community(
    house: Counter,
) -> None:
    carl = join_carl(house)
    await said(house, carl, "quota")
    await said(house, house.anna, "videomod limits day 2")
    await said(house, house.anna, "videomod roles admins day 7")
    assert (await said(house, carl, "quota")).startswith("2 of 2 credits left today (community).")
    assert (await said(house, house.anna, "quota")).startswith("7 of 7 credits left today (role).")
    await said(house, house.anna, "videomod limits @carl_x day 9")
    assert (await said(house, carl, "quota")).startswith("9 of 9 credits left today (person).")
    await said(house, house.anna, "videomod limits @carl_x day off")
    await said(house, house.anna, "videomod limits day off")
    assert (await said(house, carl, "quota")).startswith("5 of 5 credits left today (installation).")


async def test_somebody_is_named_by_a_reply_too_and_without_a_handle_by_their_client(house: Counter) -> None:
    dora = house.telegram.person("Dora", started=True)
    house.group.join(dora)
    message = dora.write(house.group, "hello @matinee_bot")
    assert await said(house, house.anna, "videomod grant 3", reply_to=message) == (
        "✔ Anna gave Dora 3 credits, who now has 3 besides the allowance"
    )
    words = "/videomod@matinee_bot block Dora 7d spam"
    at = {"type": "text_mention", "offset": words.index("Dora"), "length": 4}
    at["user"] = {"id": dora.id, "is_bot": False, "first_name": "Dora"}
    house.anna.write(house.group, words, entities=(at,))
    await house.heard()
    assert house.group.last.text == "✔ Anna blocked Dora until 2026-12-01 12:00: “spam”"
    assert await asks(house, dora) == (
        "You can't make videos here (reason: “spam”). Nothing was charged. You can again on 2026-12-01 at 12:00. "
        "Ask the moderators to appeal."
    )


@pytest.mark.parametrize(
    ("name", "words", "answer"),
    [
        ("a", "grant {} 3", "✔ Anna gave somebody (number {}) 3 credits, who now has 3 besides the allowance"),
        ("li", "limits {} day 3", "✔ Anna set 3 credits a day for somebody (number {})"),
        ("mod 𝔻", "grant {} 3", "✔ Anna gave somebody (number {}) 3 credits, who now has 3 besides the allowance"),
        ("b", "block {} b", "✔ Anna blocked somebody (number {}) until somebody takes it back: “b”"),
    ],
)
async def test_somebody_may_be_called_like_a_piece_of_the_words_around(
    house: Counter, name: str, words: str, answer: str
) -> None:
    somebody = house.telegram.person(name)
    said = f"/videomod@matinee_bot {words.format(name)}"
    offset = len("/videomod@matinee_bot ") + words.index("{}")
    at = {"type": "text_mention", "offset": offset, "length": len(name.encode("utf-16-le")) // 2}
    at["user"] = {"id": somebody.id, "is_bot": False, "first_name": name}
    house.anna.write(house.group, said, entities=(at,))
    await house.heard()
    assert house.group.last.text == answer.format(somebody.id)


async def test_in_a_topic_what_began_it_is_nobody_who_is_replied_to(house: Counter) -> None:
    forum = house.telegram.forum("Cinema", house.anna, house.ben)
    topic = forum.topic("Films")
    house.anna.command(forum, "videomod", "limits day 3", topic=topic)
    await house.heard()
    assert forum.last.text == "✔ Anna set 3 credits a day for everybody"


async def test_a_topic_that_is_allowed_leaves_no_other_and_widens_no_limit(house: Counter) -> None:
    forum = house.telegram.forum("Cinema", house.anna, house.ben)
    films, talk = forum.topic("Films"), forum.topic("Talk")

    async def answered(words: str, topic: Any, who: Person = house.ben) -> str:
        before = forum.from_bot
        name, _, rest = words.partition(" ")
        who.command(forum, name, rest, topic=topic)
        await house.heard(4)
        return "\n".join(message.text for message in forum.from_bot if message not in before)

    await answered("videomod limits day 1", films, house.anna)
    await answered("videomod limits topic here", films, house.anna)
    link = f"https://t.me/c/{str(forum.id).removeprefix('-100')}/{films.id}"
    assert await answered("video a dog", talk) == say("refusal-wrong-channel", channels=link)
    assert await answered("video a dog", None) == say("refusal-wrong-channel", channels=link)
    assert await answered("video a dog", films) == ""
    await answered("videomod limits topic here", talk, house.anna)
    for topic in (talk, films):
        assert (await answered("video a dog", topic)).startswith("You have used 1 of 1 credits today")
    await answered("videomod limits topic everywhere", films, house.anna)
    assert (await answered("video a dog", None)).startswith("You have used 1 of 1 credits today")


async def test_a_pause_takes_nothing_new_and_ends_with_resume(house: Counter) -> None:
    carl = join_carl(house)
    await said(house, house.anna, "videomod pause a flood, says @ben")
    assert await asks(house, carl) == say("refusal-community-paused", reason="a flood, says @\u2060ben"), "no ping"
    assert await said(house, house.anna, "videomod pause a flood, says @ben") == say("act-nothing")
    await said(house, house.anna, "videomod resume")
    assert await asks(house, carl) == ""


async def test_what_was_given_is_used_once_the_allowance_is_and_a_reset_makes_that_whole(house: Counter) -> None:
    carl = join_carl(house)
    await said(house, house.anna, "videomod limits day 1")
    await said(house, carl, "quota")
    await said(house, house.anna, "videomod grant @carl_x 1")
    assert [await asks(house, carl) for _ in range(2)] == ["", ""]
    assert (await asks(house, carl)).startswith("You have used 1 of 1 credits today")
    assert await said(house, house.anna, "videomod reset @carl_x") == (
        "✔ Anna reset the allowance of Carl: 1 credit count no more"
    )
    assert await asks(house, carl) == ""


async def test_everything_that_is_set_stays_when_a_group_becomes_a_supergroup(house: Counter) -> None:
    carl = house.telegram.person("Carl", started=True, username="carl_x")
    group = house.telegram.group("Old club", house.anna, carl)
    for words in ("limits day 1", "grant @carl_x 1", "block @carl_x 7d spam", "pause a flood"):
        carl.command(group, "quota")
        house.anna.command(group, "videomod", words)
        await house.heard()
    chat = group.migrate()
    await house.heard()

    async def answered(who: Person, name: str, rest: str = "") -> str:
        who.command(chat, name, rest)
        await house.heard()
        return chat.last.text

    assert "1 of 1 credits left today (community)" in await answered(carl, "quota")
    assert "Given to you besides: 1 credit" in chat.last.text
    assert await answered(house.anna, "videomod", "log") == (
        "2026-11-24 12:01 · Anna paused videos here: “a flood”\n"
        "2026-11-24 12:00 · Anna blocked Carl until 2026-12-01 12:00: “spam”\n"
        "2026-11-24 12:00 · Anna gave Carl 1 credit, who now has 1 besides the allowance\n"
        "2026-11-24 12:00 · Anna set 1 credit a day for everybody"
    )
    assert (await answered(carl, "video", "a dog")).startswith("You can't make videos here (reason: “spam”)")
    await answered(house.anna, "videomod", "unblock @carl_x")
    assert await answered(carl, "video", "a dog") == say("refusal-community-paused", reason="a flood")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("nonsense", "That was not understood. Nothing was changed. Use /videomod alone to see what there is."),
        ("grant @nobody_x 5", "I have not met @\u2060nobody_x yet. Nothing was changed."),
        ("grant 5", "It does not say whom you mean. Nothing was changed."),
        ("limits day", "That was not understood. Nothing was changed. Say it like this: /videomod limits day 8"),
        ("limits day 9999999", "That number does not do. Nothing was changed. Choose one from 0 to 1,000,000."),
        ("pool share 0", "That number does not do. Nothing was changed. Choose one from 1 to 100."),
        ("limits zone Mars/Base", "There is no time zone “mars/base”. Nothing was changed."),
        ("block @carl_x 7years", "“7years” is no length of time. Nothing was changed."),
        ("cancel 7F3K9QXA", "There is no such job. Nothing was changed."),
        ("unblock @carl_x", "That is so already. Nothing was changed."),
    ],
)
async def test_what_is_wrong_is_said_and_changes_nothing(house: Counter, words: str, answer: str) -> None:
    carl = join_carl(house)
    await said(house, carl, "quota")
    assert (await said(house, house.anna, f"videomod {words}")).startswith(answer)
    assert await log_of(house.database, f"telegram:{house.group.id}") == []


async def test_another_groups_administrator_moderates_nothing_here(house: Counter) -> None:
    carl = join_carl(house)
    other = house.telegram.supergroup("Other club", house.ben)
    await asks(house, carl)
    (job,) = await house.jobs(carl)
    for words in (f"cancel {job.id}", "block @carl_x", "pause"):
        house.ben.command(other, "videomod", words)
        await house.heard()
    (job,) = await house.jobs(carl)
    assert job.state is JobState.WAITING
    assert await asks(house, carl) == ""
    assert await log_of(house.database, f"telegram:{house.group.id}") == []


@pytest.mark.parametrize("language", sorted(languages()))
async def test_the_words_are_understood_in_every_language(house: Counter, language: str) -> None:
    with speaking(language):
        word = say("videomod-name-log")
    assert await said(house, house.anna, f"videomod {word}") == say("log-empty")
