"""What people type on Telegram, wherever they type it, and what is said to that."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from bots.telegram.place import Place, read_place
from core.db import Database
from core.model import Habits, JobState, Shape
from tests.bots.telegram_counter import Counter, counter, photo
from tests.emulators.telegram import Chat

pytestmark = pytest.mark.virtual_time


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        yield opened


async def place_of_the_job(house: Counter, who: Chat | None = None) -> Place:
    (job,) = await house.jobs(who)
    return read_place(job.address)


async def test_a_video_is_asked_for_in_private(house: Counter) -> None:
    asked = house.anna.command(house.anna.private, "video", "a dog on the beach")
    await house.heard()
    (job,) = await house.jobs()
    place = read_place(job.address)
    assert job.request.prompt == "a dog on the beach"
    assert (job.requester.person, job.requester.community) == (f"telegram:{house.anna.id}",) * 2
    assert (place.chat, place.message, place.asked_in, place.private) == (house.anna.id, None, asked.id, True)
    assert house.anna.private.from_bot == []


async def test_in_a_group_the_group_is_the_community(house: Counter) -> None:
    asked = house.anna.command(house.group, "video", "a dog on the beach")
    await house.heard()
    (job,) = await house.jobs()
    assert job.requester.community == f"telegram:{house.group.id}"
    assert read_place(job.address) == Place(house.group.id, house.anna.id, asked_in=asked.id)


async def test_a_topic_is_kept_and_general_has_none(house: Counter) -> None:
    forum = house.telegram.forum("Cinema", house.anna)
    topic = forum.topic("Films")
    house.anna.command(forum, "video", "a dog", topic=topic)
    house.anna.command(forum, "video", "a cat")
    await house.heard()
    threads = {job.request.prompt: read_place(job.address).thread for job in await house.jobs()}
    assert threads == {"a dog": topic.id, "a cat": None}
    house.anna.command(forum, "help", topic=topic)
    house.anna.command(forum, "help")
    await house.heard()
    assert [message.topic for message in forum.from_bot] == [topic, None]


@pytest.mark.parametrize("command", ["help", "quota", "jobs", "video"])
async def test_an_answer_stays_in_its_topic_although_what_it_answers_is_gone(house: Counter, command: str) -> None:
    forum = house.telegram.forum("Cinema", house.anna)
    topic = forum.topic("Films")
    house.anna.delete(house.anna.command(forum, command, topic=topic))
    await house.heard()
    assert [message.topic for message in forum.from_bot] == [topic]


async def test_a_reply_outside_of_a_forum_is_in_no_topic(house: Counter) -> None:
    first = house.anna.write(house.group, "look at this")
    house.anna.command(house.group, "video", "a dog", reply_to=first)
    await house.heard()
    assert (await place_of_the_job(house)).thread is None


async def test_an_anonymous_administrator_asks_as_the_group(house: Counter) -> None:
    house.anna.command(house.group, "video", "a dog", anonymous=True)
    await house.heard()
    assert await house.jobs() == []
    assert (await place_of_the_job(house, house.group)).person == house.group.id


async def test_whoever_writes_as_a_channel_asks_as_the_channel(house: Counter) -> None:
    channel = house.telegram.channel("Anna's films", house.anna, with_bot=False)
    house.anna.command(house.group, "video", "a dog", as_channel=channel)
    await house.heard()
    place = await place_of_the_job(house, channel)
    assert (place.chat, place.person) == (house.group.id, channel.id)


async def test_a_post_in_a_channel_is_heard(house: Counter) -> None:
    channel = house.telegram.channel("Films", house.anna)
    house.anna.command(channel, "video", "a dog")
    await house.heard()
    assert (await place_of_the_job(house, channel)).chat == channel.id


async def test_options_behind_the_prompt_are_obeyed(house: Counter) -> None:
    await house.say("/video a dog model:pictures shape:portrait")
    (job,) = await house.jobs()
    assert (job.request.prompt, job.request.model, job.request.shape) == ("a dog", "pictures", Shape.PORTRAIT)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("/video a dog length:ten", "“length:ten” is not understood. Say how many seconds, for example length:10."),
        ("/video a dog length:7", "“words” does not make 7 s. Nothing was charged. Choose one of: 5 s."),
        ("/video " + "ab" * 1500, "3,000 characters; the limit is 2,000. Nothing was charged. Make it shorter."),
        ("/cancel", "Nothing of yours is under way."),
        ("/cancel 7F3K9QXA", "There is no such job. Nothing was changed. Use /jobs to see yours."),
        ("/jobs", "You have made no video yet. Try /video a lighthouse in a storm"),
        ("/quota", "5 of 5 credits left today (installation). More at 00:00 (in 12 h)."),
        ("/queue", "Nobody is waiting. None is being made."),
        ("/vidoe a dog", "There is no command “/vidoe”. Did you mean /video?"),
    ],
)
async def test_every_command_is_answered_in_a_sentence(house: Counter, typed: str, answer: str) -> None:
    assert await house.say(typed) == answer
    assert await house.jobs() == []


async def test_the_models_are_listed_with_what_they_cost(house: Counter) -> None:
    assert (await house.say("/models")).splitlines() == [
        "words: 5 s for 1 credit · landscape",
        "pictures: 5 s for 2 credits · landscape, portrait, square · takes a picture",
    ]


@pytest.mark.parametrize("command", ["/start", "/help", "/start@matinee_bot", "/HELP"])
async def test_whoever_is_new_is_shown_the_way(house: Counter, command: str) -> None:
    assert "/video" in await house.say(command)


@pytest.mark.parametrize("text", ["/video@other_bot a dog", "/vidoe a dog", "a dog on the beach", "not /video a dog"])
async def test_in_a_group_what_is_for_others_is_left_alone(house: Counter, text: str) -> None:
    house.telegram.world.privacy = False
    assert await house.say(text, house.group) == ""
    assert await house.jobs() == []


async def test_an_unknown_command_that_is_meant_for_us_is_answered_in_a_group(house: Counter) -> None:
    assert (await house.say("/vidoe@matinee_bot a dog", house.group)).startswith("There is no command")


async def test_answers_stand_under_what_was_asked(house: Counter) -> None:
    asked = house.anna.command(house.group, "quota")
    await house.heard()
    assert house.group.last.reply_to is asked


async def test_what_is_edited_afterwards_is_not_heard(house: Counter) -> None:
    message = house.anna.write(house.anna.private, "/quota")
    await house.heard()
    house.anna.edit(message, "/video a dog")
    await house.heard()
    assert await house.jobs() == []
    assert len(house.anna.private.from_bot) == 1


async def test_what_telegram_tells_twice_is_done_once(house: Counter) -> None:
    await house.say("/video a dog")
    await house.say("/video")
    for update in list(house.updates):
        await house.handlers.handle(update)
    assert len(await house.jobs()) == 1
    assert [message.text.splitlines()[0] for message in house.anna.private.from_bot] == ["🎬 New video"]


async def test_a_post_that_is_forwarded_into_its_group_is_heard_once(house: Counter) -> None:
    channel = house.telegram.channel("Films", house.anna)
    channel.linked_chat, house.group.linked_chat = house.group, channel
    house.anna.command(channel, "video", "a dog")
    await house.heard()
    assert len(house.updates) == 2
    assert (await place_of_the_job(house, channel)).chat == channel.id


async def test_the_one_job_under_way_is_cancelled_at_once(house: Counter) -> None:
    await house.say("/video a dog")
    (job,) = await house.jobs()
    assert await house.say("/cancel") == f"Stopping {job.id}."
    assert (await house.jobs())[0].state is JobState.CANCELLED


async def test_of_several_jobs_one_is_chosen_by_a_button_or_by_its_name(house: Counter) -> None:
    for prompt in ("a dog", "a cat", "a bird"):
        await house.say(f"/video {prompt}")
    _, cat, dog = await house.jobs()
    assert (await house.say("/cancel")).startswith("You have several under way; say which:")
    press = await house.anna.press(house.anna.private.last, f"✖️ Cancel {cat.id}")
    assert press.toast == f"Stopping {cat.id}."
    assert await house.say(f"/cancel {dog.id.lower()}") == f"Stopping {dog.id}."
    assert [job.state for job in await house.jobs()] == [JobState.WAITING, JobState.CANCELLED, JobState.CANCELLED]


async def test_the_line_says_where_one_stands(house: Counter) -> None:
    await house.say("/video a dog")
    (job,) = await house.jobs()
    assert await house.say("/queue") == f"1 video is waiting. None is being made.\nYours: {job.id} (1)"


async def test_settings_are_changed_by_buttons_in_their_own_message(house: Counter) -> None:
    await house.say("/settings")
    message = house.anna.private.last
    for button in ("🔕 No ping", "Portrait", "pictures"):
        assert (await house.anna.press(message, button)).toast == ""
        await house.heard(5)
    assert await house.service.habits(f"telegram:{house.anna.id}") == Habits(True, Shape.PORTRAIT, "pictures")
    assert message.text.splitlines()[1:] == [
        "Shape when I name none: Portrait 9:16",
        "Model when I name none: pictures",
    ]
    assert [label for row in message.keyboard for label in row if "✅" in label] == [
        "✅ 🔕 No ping",
        "✅ Portrait",
        "✅ pictures",
    ]
    assert house.anna.private.last is message
    await house.anna.press(message, "Any shape")
    await house.heard(5)
    assert (await house.service.habits(f"telegram:{house.anna.id}")).shape is None


async def test_habits_are_used_where_nothing_is_said(house: Counter) -> None:
    await house.service.set_habits(f"telegram:{house.anna.id}", Habits(shape=Shape.SQUARE, model="pictures"))
    await house.say("/video a dog")
    (job,) = await house.jobs()
    assert (job.request.model, job.request.shape) == ("pictures", Shape.SQUARE)


async def test_a_deep_link_asks_for_other_words(house: Counter) -> None:
    await house.say("/video a dog")
    (job,) = await house.jobs()
    house.anna.start(f"remix-{job.id}")
    await house.heard()
    question = house.anna.private.last
    assert [question.entity_text(entity) for entity in question.entities] == ["Anna", "a dog"]
    await house.say("a cat", reply_to=question)
    cat, dog = await house.jobs()
    assert (cat.request.prompt, cat.wishes.parent) == ("a cat", dog.id)
    assert question.deleted


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        ("show-00000000", "There is no such job"),
        ("remix-00000000", "There is no such job"),
        ("show-x", "I make AI video"),
        ("../../etc", "I make AI video"),
    ],
)
async def test_a_deep_link_that_leads_nowhere_is_answered(house: Counter, payload: str, answer: str) -> None:
    assert (await house.say(f"/start {payload}")).startswith(answer)


@pytest.mark.parametrize(("language", "what"), [("en", "a lighthouse in a storm"), ("de", "ein Leuchtturm im Sturm")])
async def test_start_in_a_group_says_what_works_there(house: Counter, language: str, what: str) -> None:
    house.anna.language_code = language
    said = await house.say("/start@matinee_bot", house.group)
    _, example, more, *_ = said.splitlines()
    assert example == f"/video@matinee_bot {what}"
    house.anna.write(house.group, example)
    shown = house.ben.send_photo(house.group, photo())
    animate = more[more.index("/anim") :].split()[0]
    house.anna.write(house.group, f"{animate} it moves", reply_to=shown)
    await house.heard()
    assert {job.request.prompt for job in await house.jobs()} == {"it moves", what}


@pytest.mark.parametrize("leave", [Chat.kick_bot, Chat.remove_bot])
async def test_whoever_lets_the_bot_in_is_greeted_once(house: Counter, leave: Callable[[Chat], None]) -> None:
    leave(house.group)
    await house.heard()
    house.group.add_bot()
    await house.heard()
    assert [message.text for message in house.group.from_bot] == [
        "I make AI video here. Try: /video@matinee_bot a lighthouse in a storm"
    ]


async def test_a_blocked_bot_bears_it(house: Counter) -> None:
    house.anna.block()
    house.anna.unblock()
    await house.heard()
    assert (await house.say("/quota")).startswith("5 of 5")


async def test_the_commands_are_told_once_and_seen_everywhere(house: Counter) -> None:
    assert await house.handlers.tell_commands()
    assert not await house.handlers.tell_commands()
    for chat, more in ((house.anna.private, []), (house.group, ["videomod"])):
        assert list(house.anna.commands(chat)) == [
            "video",
            "animate",
            "jobs",
            "quota",
            "queue",
            "models",
            "settings",
            "cancel",
            "help",
            *more,
        ]
