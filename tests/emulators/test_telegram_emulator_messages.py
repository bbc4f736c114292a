"""What the emulator takes as a message and what it refuses, in Telegram's words."""

import asyncio
from typing import Any

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, ReactionTypeEmoji, ReplyParameters
from telegram.error import BadRequest, Forbidden

from tests.emulators.telegram import bot_at, emulated_telegram
from tests.emulators.telegram_wire import ask, said

pytestmark = pytest.mark.virtual_time

CLAPPER = "\N{CLAPPER BOARD}"
"""Two UTF-16 units."""


async def test_lengths_are_counted_in_utf_16_units() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        await bot.send_message(chat.id, CLAPPER * 2048)
        with pytest.raises(BadRequest, match=said("message is too long")):
            await bot.send_message(chat.id, CLAPPER * 2048 + "x")
        bold = MessageEntity("bold", 2, 4)
        sent = await bot.send_message(chat.id, f"{CLAPPER}done", entities=[bold])
        assert sent.parse_entities() == {bold: "done"}
        assert [chat.last.entity_text(entity) for entity in chat.last.entities] == ["done"]


@pytest.mark.parametrize(
    ("offset", "length", "sentence"),
    [
        (0, 8, "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 8"),
        (7, 1, "entity begins after the end of the text at UTF-16 offset 7"),
        (1, 3, "entity beginning at UTF-16 offset 1 starts in a middle of a UTF-16 symbol"),
        (0, 1, "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol"),
    ],
)
async def test_an_entity_that_lies_outside_or_cuts_a_character_is_refused(
    offset: int, length: int, sentence: str
) -> None:
    async with emulated_telegram() as telegram:
        entity = {"type": "bold", "offset": offset, "length": length}
        chat = telegram.group()
        answer = await ask(telegram, "sendMessage", chat_id=chat.id, text=f"{CLAPPER}done", entities=[entity])
        assert sentence in answer["description"]
        assert chat.messages == []


async def test_entities_that_cross_are_complained_of() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        crossing = [MessageEntity("bold", 0, 4), MessageEntity("italic", 2, 4)]
        await bot.send_message(telegram.group().id, "abcdef", entities=crossing)
        assert telegram.complaints == ["sendMessage: bold at 0 and italic at 2 overlap"]
        telegram.complaints.clear()


async def test_a_text_is_trimmed_and_its_entities_move_along() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        await bot.send_message(chat.id, "\n  done \n", entities=[MessageEntity("bold", 1, 8)])
        assert chat.last.text == "done"
        assert chat.last.entities == ({"type": "bold", "offset": 0, "length": 4},)


@pytest.mark.parametrize(
    ("mode", "text", "shown", "kinds"),
    [
        ("HTML", "<b>a</b> &lt; &nbsp; <i>b</i>", "a < &nbsp; b", ["bold", "italic"]),
        ("HTML", '<a href="https://example.org">x</a>', "x", ["text_link"]),
        ("HTML", "<pre>x</pre><blockquote expandable>y</blockquote>", "xy", ["pre", "expandable_blockquote"]),
        (
            "MarkdownV2",
            r"*a* _b_ __c__ ~d~ ||e|| `f`\.",
            "a b c d e f.",
            [
                "bold",
                "italic",
                "underline",
                "strikethrough",
                "spoiler",
                "code",
            ],
        ),
        ("MarkdownV2", "[x](https://example.org)", "x", ["text_link"]),
        ("Markdown", "*a* _b_ x.y", "a b x.y", ["bold", "italic"]),
    ],
)
async def test_marks_become_entities(mode: str, text: str, shown: str, kinds: list[str]) -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        await bot.send_message(chat.id, text, parse_mode=mode)
        assert chat.last.text == shown
        assert [entity["type"] for entity in chat.last.entities] == kinds


@pytest.mark.parametrize(
    ("mode", "text", "sentence"),
    [
        ("HTML", "a <x>", 'Unsupported start tag "x" at byte offset 2'),
        ("HTML", "<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "<b>a</i>", 'Unmatched end tag, expected "</b>", found "</i>" at byte offset 4'),
        ("MarkdownV2", "8 s.", r"Character '.' is reserved and must be escaped with the preceding '\'"),
        ("MarkdownV2", "*a", "Can't find end of Bold entity at byte offset 0"),
        ("Markdown", "a_b", "Can't find end of the entity starting at byte offset 1"),
    ],
)
async def test_wrong_marks_are_refused(mode: str, text: str, sentence: str) -> None:
    async with emulated_telegram() as telegram:
        answer = await ask(telegram, "sendMessage", chat_id=telegram.group().id, text=text, parse_mode=mode)
        assert answer["description"] == f"Bad Request: can't parse entities: {sentence}"


async def test_what_is_empty_or_goes_nowhere_is_refused() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        with pytest.raises(BadRequest, match=said("message text is empty")):
            await bot.send_message(chat.id, " \n")
        with pytest.raises(BadRequest, match=said("chat not found")):
            await bot.send_message(-1, "x")
        with pytest.raises(BadRequest, match=said("message to be replied not found")):
            await bot.send_message(chat.id, "x", reply_parameters=ReplyParameters(999))
        forgiving = ReplyParameters(999, allow_sending_without_reply=True)
        await bot.send_message(chat.id, "x", reply_parameters=forgiving)
        assert chat.last.reply_to is None


async def test_what_cannot_be_edited_is_refused() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        asked = anna.write(anna.private, "hello")
        with pytest.raises(BadRequest, match=said("message can't be edited")):
            await bot.edit_message_text("x", anna.private.id, asked.id)
        sent = await bot.send_message(anna.private.id, "x")
        with pytest.raises(BadRequest, match=said("there is no caption in the message to edit")):
            await bot.edit_message_caption(anna.private.id, sent.message_id, caption="y")
        anna.delete(anna.private.last)
        with pytest.raises(BadRequest, match=said("message to edit not found")):
            await bot.edit_message_text("y", anna.private.id, sent.message_id)
        with pytest.raises(BadRequest, match=said("message to delete not found")):
            await bot.delete_message(anna.private.id, sent.message_id)


async def test_a_placeholder_has_up_to_64_characters() -> None:
    async with emulated_telegram() as telegram:
        chat = telegram.group()

        async def sent(placeholder: Any) -> dict[str, Any]:
            markup = {"force_reply": True, "input_field_placeholder": placeholder}
            return await ask(telegram, "sendMessage", chat_id=chat.id, text="What?", reply_markup=markup)

        assert (await sent("x" * 64))["ok"]
        for wrong in ("x" * 65, CLAPPER * 33, 64):
            assert "REPLY_MARKUP_INVALID" in (await sent(wrong))["description"]
        assert len(chat.messages) == 1
        telegram.complaints.clear()


async def test_an_edit_without_a_keyboard_takes_the_keyboard_away() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        button = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
        sent = await bot.send_message(chat.id, "x", reply_markup=button)
        await bot.edit_message_reply_markup(chat.id, sent.message_id, reply_markup=None)
        assert [version.look.keyboard == () for version in chat.last.versions] == [False, True]


async def test_a_message_is_seen_with_all_that_it_was_and_when() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        sent = await bot.send_message(chat.id, "1 %")
        await asyncio.sleep(5)
        edited = await bot.edit_message_text("50 %", chat.id, sent.message_id)
        assert chat.last.texts == ["1 %", "50 %"]
        first, second = chat.last.versions
        assert (second.at - first.at).total_seconds() == 5
        assert not isinstance(edited, bool)
        assert edited.edit_date is not None


async def test_a_buttons_data_is_sixty_four_bytes_at_most() -> None:
    async with emulated_telegram() as telegram:
        chat = telegram.group()

        async def send(data: str) -> dict[str, Any]:
            markup = {"inline_keyboard": [[{"text": "Go", "callback_data": data}]]}
            return await ask(telegram, "sendMessage", chat_id=chat.id, text="x", reply_markup=markup)

        assert (await send("é" * 32))["ok"]
        for data in ("é" * 32 + "x", ""):
            assert (await send(data))["description"] == "Bad Request: BUTTON_DATA_INVALID"


async def test_who_may_not_be_written_to_is_refused_with_403() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna", started=True)
        anna.block()
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(anna.private.id, "x")
        anna.write(anna.private, "hello again")
        await bot.send_message(anna.private.id, "x")
        ben = telegram.person("Ben")
        group = telegram.group("Film club", ben)
        ben.command(group, "video")
        with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
            await bot.send_message(ben.private.id, "x")
        anna.deactivated = True
        with pytest.raises(Forbidden, match="user is deactivated"):
            await bot.send_message(anna.private.id, "x")
        stranger = telegram.person("Cleo")
        with pytest.raises(BadRequest, match=said("chat not found")):
            await bot.send_message(stranger.private.id, "x")


async def test_a_press_is_answered_once_and_a_forged_one_is_like_any_other() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        group = telegram.group("Film club", anna)
        sent = await bot.send_message(group.id, "x")
        press = anna.forge(group.last, "c:99")
        (update,) = await bot.get_updates()
        assert update.callback_query is not None
        assert update.callback_query.data == "c:99"
        await bot.answer_callback_query(press.id, "no")
        with pytest.raises(BadRequest, match=said("query is too old")):
            await bot.answer_callback_query(press.id, "no")
        assert press.toast == "no"
        assert not press.alert
        assert group.last.id == sent.message_id


async def test_a_reaction_of_the_bot_is_seen_and_an_unknown_one_refused() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        asked = anna.write(anna.private, "hello")
        await bot.set_message_reaction(anna.private.id, asked.id, "👀")
        assert asked.reactions[telegram.bot.id] == ({"type": "emoji", "emoji": "👀"},)
        with pytest.raises(BadRequest, match=said("reaction_invalid")):
            await bot.set_message_reaction(anna.private.id, asked.id, ReactionTypeEmoji("🎬"))


async def test_forwarding_and_copying_show_the_same_elsewhere() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        asked = anna.write(anna.private, "hello")
        group = telegram.group()
        await bot.forward_message(group.id, anna.private.id, asked.id)
        await bot.copy_message(group.id, anna.private.id, asked.id)
        forwarded, copied = group.messages
        assert forwarded.forwarded_from is asked
        assert copied.forwarded_from is None
        assert forwarded.text == copied.text == "hello"
