"""An emulator of Telegram's Bot API for tests: HTTP on loopback, driven by the real python-telegram-bot.

async with emulated_telegram() as telegram, bot_at(telegram) as bot:
    anna = telegram.person("Anna", started=True)
    group = telegram.supergroup("Film club", anna)
    asked = anna.command(group, "video", "a lighthouse")          # "/video@matinee_bot a lighthouse"
    (update,) = await bot.get_updates(timeout=50)
    await bot.send_message(group.id, "1 %", reply_markup=...)
    status = group.from_bot[0]                                    # as people see it
    press = await anna.press(status, "Cancel")                    # .toast, .alert, .is_answered
    assert status.texts == ["1 %", "cancelled"] and status.keyboard == []

Where a bot finds it: `telegram.token`, `.api_url` (ends in /bot), `.file_url` (ends in /file/bot). `bot_at` is the
library's Bot on it; an Application is given the same two as `base_url` and `base_file_url`.
`emulated_telegram(privacy=, local=, upload_limit=, username=, token=, port=)`; `local` is a Bot API server of one's
own: paths, 2000 MB, http webhooks. The clock is the loop's: virtual where the test is. `python -m
tests.emulators.telegram` is a process of its own.
Chats: `person.private`; `telegram.group / supergroup / forum / channel(title, *people)`, the first of whom owns it;
`forum.topic(name)`, `.close_topic`, `.delete_topic`; `channel.linked_chat = group`; `group.migrate()`;
`chat.kick_bot`, `.remove_bot`, `.add_bot`, `.restrict_bot("can_send_videos")`, `.promote_bot()`;
`chat.schedules_videos = 30` (message 0).
People: `telegram.person(name, language=, started=, known=)`; `start(payload)`, `write(chat, text, reply_to=, topic=,
anonymous=, as_channel=)`, `command`, `send_photo`, `send_album`, `send_document`, `send_video`, `edit`, `delete`,
`react`; `await press(message, label_or_data)`, `tap` (does not wait), `forge(message, data)`; `join`, `leave`,
`become_admin`, `block`, `unblock`, `.deactivated = True`; `commands(chat)` is what their client lists after `/`.
What is shown: `chat.messages`, `.last`, `.from_bot`, `.videos`, `.actions`; of a message `.text`, `.texts`,
`.entities`, `.keyboard`, `.media` or `.video` or `.photo` (`.data`, `.width`, `.height`, `.duration`, `.thumbnail`,
`.supports_streaming`), `.versions` (each look with its time), `.deleted`, `.reply_to`, `.topic`, `.silent`,
`.reactions`.
What the bot did: `telegram.calls("editMessage.*", chat)` with `.second`, `.at`, `.answered_at`, `.status`, `.params`,
`.files`, `.description`; `telegram.flooded` is every 429; `telegram.updates.every` what it was told, each with
`.handed` and `.confirmed`; `telegram.webhook.deliveries`; `telegram.complaints` fails the test at its end.
Waiting: `await telegram.until(condition)`, `await telegram.quiet()` (all updates taken, the bot polls again).
What goes wrong: `telegram.faults.fail("sendVideo", 502, after_effect=True)`, `.drop`, `.slow("sendVideo", 60,
after_effect=True)`, `.garble`, each with `times=`, `skip=` and parameters that must fit (`chat_id=group.id`); "file"
is a download; `telegram.flood.arm(chat.id, 3600)` makes the next send or edit there a 429 with that wait, and every
call during a wait doubles it; `telegram.flood.enforced = False`; `telegram.faults.clear()`; `telegram.revoke_token()`.
Addresses: `telegram.publish(url, data)` lies there for files by address;
`telegram.resolve("https://films.example.org", "http://127.0.0.1:8080")` is where webhooks and files by address really
go. `telegram.files.foreign_id(stored, "video")` is an identifier of another bot's.
"""

from tests.emulators.telegram.calls import MIB, Call, Upload
from tests.emulators.telegram.chats import Chat, ChatType, Member, Status, Topic
from tests.emulators.telegram.emulator import TOKEN, TelegramEmulator
from tests.emulators.telegram.flood import Flooded
from tests.emulators.telegram.library import bot_at, emulated_telegram
from tests.emulators.telegram.messages import Look, Media, Message
from tests.emulators.telegram.people import NotPossibleError, Person
from tests.emulators.telegram.presses import Press
from tests.emulators.telegram.updates import Update

__all__ = [
    "MIB",
    "TOKEN",
    "Call",
    "Chat",
    "ChatType",
    "Flooded",
    "Look",
    "Media",
    "Member",
    "Message",
    "NotPossibleError",
    "Person",
    "Press",
    "Status",
    "TelegramEmulator",
    "Topic",
    "Update",
    "Upload",
    "bot_at",
    "emulated_telegram",
]
