"""Kinds of chats at the emulator: what the bot hears in them, what it may, and what becomes of them."""

import pytest
from telegram import Chat as TelegramChat
from telegram import ChatMemberRestricted, ForceReply, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden

from tests.emulators.telegram import NotPossibleError, bot_at, emulated_telegram
from tests.emulators.telegram_wire import FILM, ask, said

pytestmark = pytest.mark.virtual_time

GROUP_ANONYMOUS_BOT, CHANNEL_BOT, TELEGRAM = 1087968824, 136817688, 777000


async def test_in_privacy_mode_the_bot_hears_what_is_meant_for_it() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        group = telegram.group("Film club", anna)
        for text in (
            "hello",
            "/video a dog",
            "/video@other_bot a dog",
            "@matinee_bot hello",
            "/video@matinee_bot a dog",
        ):
            anna.write(group, text)
        await bot.send_message(group.id, "here I am")
        anna.write(group, "/jobs")
        anna.write(group, "well", reply_to=group.from_bot[0])
        anna.write(group, "hm", reply_to=group.messages[0])
        heard = [update.message.text for update in await bot.get_updates() if update.message]
        assert heard == ["/video@matinee_bot a dog", "/jobs", "well"]


async def test_without_privacy_mode_or_as_an_administrator_it_hears_all() -> None:
    async with emulated_telegram(privacy=False) as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        anna.write(telegram.group("Film club", anna), "hello")
        assert len(await bot.get_updates()) == 1
        assert bot.bot.can_read_all_group_messages
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        group = telegram.supergroup("Film club", anna)
        group.promote_bot()
        anna.write(group, "hello")
        promoted, heard = await bot.get_updates()
        assert promoted.my_chat_member is not None
        assert promoted.my_chat_member.new_chat_member.status == "administrator"
        assert heard.message is not None


async def test_a_command_from_the_menu_is_addressed_in_groups_alone() -> None:
    async with emulated_telegram() as telegram:
        anna = telegram.person("Anna")
        assert anna.command(anna.private, "video", "a dog").text == "/video a dog"
        assert anna.command(telegram.group("x", anna), "video", "a dog").text == "/video@matinee_bot a dog"


async def test_a_topics_messages_bear_its_number_and_generals_bear_none() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        forum = telegram.forum("Film club", anna)
        films = forum.topic("Films")
        anna.command(forum, "video", topic=films)
        anna.command(forum, "video")
        _, in_topic, in_general = [update.message for update in await bot.get_updates()]
        assert in_topic is not None
        assert in_general is not None
        assert (in_topic.message_thread_id, in_topic.is_topic_message) == (films.id, True)
        assert (in_general.message_thread_id, in_general.is_topic_message) == (None, None)
        await bot.send_message(forum.id, "1 %", message_thread_id=films.id)
        assert forum.last.topic is films
        await bot.send_message(forum.id, "1 %", reply_parameters=ReplyParameters(in_topic.message_id))
        assert forum.last.topic is films
        for wrong in (1, 4711):
            with pytest.raises(BadRequest, match=said("message thread not found")):
                await bot.send_message(forum.id, "1 %", message_thread_id=wrong)
        await bot.send_chat_action(forum.id, "upload_video", message_thread_id=films.id)
        assert [(action, thread) for _, action, thread in forum.actions] == [("upload_video", films.id)]


async def test_what_is_closed_or_deleted_takes_no_message() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        forum = telegram.forum()
        films = forum.topic("Films")
        sent = await bot.send_message(forum.id, "1 %", message_thread_id=films.id)
        forum.close_topic(films)
        with pytest.raises(BadRequest, match=said("topic_closed")):
            await bot.send_message(forum.id, "2 %", message_thread_id=films.id)
        await bot.edit_message_text("2 %", forum.id, sent.message_id)
        forum.delete_topic(films)
        with pytest.raises(BadRequest, match=said("message thread not found")):
            await bot.send_message(forum.id, "3 %", message_thread_id=films.id)
        with pytest.raises(BadRequest, match=said("message to edit not found")):
            await bot.edit_message_text("3 %", forum.id, sent.message_id)


async def test_a_reply_thread_of_an_ordinary_supergroup_is_no_topic() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        group = telegram.supergroup("Film club", anna)
        await bot.send_message(group.id, "x")
        anna.write(group, "well", reply_to=group.last)
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.message_thread_id == group.messages[0].id
        assert update.message.is_topic_message is None
        with pytest.raises(BadRequest, match=said("message thread not found")):
            await bot.send_message(group.id, "x", message_thread_id=update.message.message_thread_id)


async def test_a_reply_in_the_general_topic_bears_a_number_that_no_message_can_be_sent_by() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        forum = telegram.forum("Film club", anna)
        sent = await bot.send_message(forum.id, "x")
        anna.write(forum, "well", reply_to=forum.last)
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert (update.message.message_thread_id, update.message.is_topic_message) == (sent.message_id, None)
        with pytest.raises(BadRequest, match=said("message thread not found")):
            await bot.send_message(forum.id, "x", message_thread_id=sent.message_id)
        await bot.send_message(forum.id, "y", reply_parameters=ReplyParameters(update.message.message_id))
        assert forum.last.topic is None


async def test_who_writes_anonymously_or_as_a_channel_is_told_as_telegram_does() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        group = telegram.supergroup("Film club", anna)
        channel = telegram.channel("Anna's films", anna, with_bot=False)
        anna.command(group, "video", "a dog", anonymous=True)
        anna.command(group, "video", "a cat", as_channel=channel)
        anonymous, as_channel = [update.message for update in await bot.get_updates()]
        assert anonymous is not None
        assert as_channel is not None
        assert anonymous.from_user is not None
        assert as_channel.from_user is not None
        assert anonymous.from_user.id == GROUP_ANONYMOUS_BOT
        assert as_channel.from_user.id == CHANNEL_BOT
        assert anonymous.sender_chat == TelegramChat(group.id, "supergroup")
        assert as_channel.sender_chat == TelegramChat(channel.id, "channel")


async def test_a_channels_post_comes_into_its_linked_group_by_itself() -> None:
    async with emulated_telegram(privacy=False) as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        channel, group = telegram.channel("Films", anna), telegram.supergroup("Film club", anna)
        channel.linked_chat = group
        anna.write(channel, "news")
        post, forward = await bot.get_updates()
        assert post.channel_post is not None
        assert post.channel_post.from_user is None
        assert forward.message is not None
        assert forward.message.is_automatic_forward
        assert forward.message.from_user is not None
        assert forward.message.from_user.id == TELEGRAM
        assert forward.message.sender_chat == TelegramChat(channel.id, "channel")


async def test_who_writes_as_a_chat_can_force_no_reply() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        channel, group = telegram.channel("Films", anna), telegram.supergroup("Cinema", anna)
        await bot.send_message(group.id, "which?", reply_markup=ForceReply())
        group.promote_bot(anonymous=True)
        for chat in (channel, group):
            with pytest.raises(BadRequest, match=said("inline keyboard expected")):
                await bot.send_message(chat.id, "which?", reply_markup=ForceReply())
        sent = await bot.send_message(group.id, "which?")
        assert sent.sender_chat is not None
        assert (sent.sender_chat.id, sent.from_user and sent.from_user.username) == (group.id, "GroupAnonymousBot")
        assert group.from_bot[-1].id == sent.message_id


async def test_the_bot_posts_in_a_channel_as_the_channel() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        channel = telegram.channel("Films", username="our_films")
        sent = await bot.send_message("@our_films", "1 %")
        assert sent.from_user is None
        await bot.edit_message_text("2 %", channel.id, sent.message_id)
        assert channel.from_bot == [channel.last]
        channel.promote_bot("can_edit_messages")
        with pytest.raises(BadRequest, match=said("need administrator rights in the channel chat")):
            await bot.send_message(channel.id, "x")


async def test_what_the_bot_may_not_send_is_refused_by_kind() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group = telegram.supergroup()
        group.restrict_bot("can_send_videos")
        sent = await bot.send_message(group.id, "1 %")
        with pytest.raises(BadRequest, match=said("not enough rights to send videos to the chat")):
            await bot.send_video(group.id, FILM)
        await bot.edit_message_text("2 %", group.id, sent.message_id)
        me = await bot.get_chat_member(group.id, bot.id)
        assert isinstance(me, ChatMemberRestricted)
        assert me.can_send_messages
        assert not me.can_send_videos
        group.restrict_bot("can_send_messages")
        with pytest.raises(BadRequest, match=said("not enough rights to send text messages to the chat")):
            await bot.send_message(group.id, "x")


async def test_a_bot_that_was_thrown_out_is_told_so() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group, supergroup = telegram.group(), telegram.supergroup()
        sent = await bot.send_message(supergroup.id, "1 %")
        group.kick_bot()
        supergroup.kick_bot()
        with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
            await bot.send_message(group.id, "x")
        with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
            await bot.edit_message_text("x", supergroup.id, sent.message_id)
        changes = [update.my_chat_member for update in await bot.get_updates()]
        assert [change.new_chat_member.status for change in changes if change] == ["kicked", "kicked"]
        supergroup.remove_bot()
        with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
            await bot.send_message(supergroup.id, "x")
        supergroup.add_bot()
        await bot.send_message(supergroup.id, "x")


async def test_a_group_becomes_a_supergroup_under_another_number() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        group = telegram.group("Film club", anna)
        sent = await bot.send_message(group.id, "1 %")
        supergroup = group.migrate()
        to, from_ = [update.message for update in await bot.get_updates()]
        assert to is not None
        assert from_ is not None
        assert (to.chat.id, to.migrate_to_chat_id) == (group.id, supergroup.id)
        assert (from_.chat.id, from_.migrate_from_chat_id) == (supergroup.id, group.id)
        for attempt in (bot.send_message(group.id, "x"), bot.edit_message_text("2 %", group.id, sent.message_id)):
            with pytest.raises(ChatMigrated) as moved:
                await attempt
            assert moved.value.new_chat_id == supergroup.id
        with pytest.raises(BadRequest, match=said("message to edit not found")):
            await bot.edit_message_text("2 %", supergroup.id, sent.message_id)
        await bot.send_message(supergroup.id, "2 %")
        with pytest.raises(NotPossibleError):
            anna.write(group, "x")


async def test_who_comes_and_goes_is_told() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group = telegram.supergroup()
        group.promote_bot()
        await bot.get_updates(allowed_updates=["message", "chat_member"])
        anna = telegram.person("Anna")
        with pytest.raises(NotPossibleError):
            anna.write(group, "x")
        anna.join(group)
        anna.leave(group)
        kinds = [update.kind for update in telegram.updates.every]
        assert kinds == ["my_chat_member", "chat_member", "message", "message", "chat_member"]
        await bot.get_updates()


async def test_chats_and_their_administrators_are_told() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna, ben = telegram.person("Anna", known=True), telegram.person("Ben", known=True)
        group = telegram.supergroup("Film club", anna, ben)
        assert (await bot.get_chat(group.id)).title == "Film club"
        assert [member.user.id for member in await bot.get_chat_administrators(group.id)] == [anna.id]
        ben.become_admin(group, anonymous=True)
        assert (await bot.get_chat_member(group.id, ben.id)).status == "administrator"
        assert await bot.get_chat_member_count(group.id) == 3
        await bot.leave_chat(group.id)
        with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
            await bot.get_chat(group.id)


async def test_commands_are_kept_by_scope_and_language_and_listed_by_the_nearest() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna", language="de")
        group = telegram.group("Film club", anna)
        await bot.set_my_commands([("video", "Make a video")])
        await bot.set_my_commands([("video", "Ein Video machen")], language_code="de")
        await bot.set_my_commands([("jobs", "What runs")], scope={"type": "all_group_chats"})  # type: ignore[arg-type]
        assert anna.commands(anna.private) == {"video": "Ein Video machen"}
        assert anna.commands(group) == {"jobs": "What runs"}
        assert [command.command for command in await bot.get_my_commands(language_code="de")] == ["video"]
        await bot.delete_my_commands(scope={"type": "all_group_chats"})  # type: ignore[arg-type]
        assert anna.commands(group) == {"video": "Ein Video machen"}


@pytest.mark.parametrize(
    ("commands", "more", "sentence"),
    [
        ([{"command": "Video", "description": "x"}], {}, "BOT_COMMAND_INVALID"),
        ([{"command": "x" * 33, "description": "x"}], {}, "BOT_COMMAND_INVALID"),
        ([{"command": "video", "description": "x" * 257}], {}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": f"c{n}", "description": "x"} for n in range(101)], {}, "BOT_COMMANDS_TOO_MUCH"),
        ([{"command": "video", "description": "x"}], {"language_code": "english"}, "LANG_CODE_INVALID"),
        ([{"command": "video", "description": "x"}], {"scope": {"type": "x"}}, "can't parse BotCommandScope"),
    ],
)
async def test_commands_that_cannot_be_are_refused(
    commands: list[dict[str, str]], more: dict[str, object], sentence: str
) -> None:
    async with emulated_telegram() as telegram:
        answer = await ask(telegram, "setMyCommands", commands=commands, **more)
        assert sentence in answer["description"]
        # a scope that does not exist is against the description as well
        telegram.complaints.clear()
