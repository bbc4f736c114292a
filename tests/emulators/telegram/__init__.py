"""An emulator of Telegram's Bot API for tests: HTTP on loopback, driven by the real python-telegram-bot.

async with emulated_telegram() as telegram, bot_at(telegram) as bot:
    anna = telegram.person("Anna", started=True)
    group = telegram.group("Film club", anna)
    asked = anna.command(group, "video", "a lighthouse")          # `/video@matinee_bot a lighthouse`
    updates = await bot.get_updates(timeout=50)
    sent = await bot.send_message(group.id, "1 %", reply_markup=...)
    status = group.from_bot[0]                                    # as people see it
    press = await anna.press(status, "Cancel")                    # press.toast, press.alert, press.is_answered
    assert status.texts == ["1 %", "cancelled"] and status.keyboard == []

**Where a bot finds it**: `telegram.token`, `.api_url` (…/bot), `.file_url` (…/file/bot).
**Chats**: `person.private`, `telegram.group/supergroup/forum/channel(title, *people)`, `forum.topic("Films")`.
**People**: `start(payload)`, `write(chat, text, reply_to=, topic=, anonymous=, as_channel=)`, `command`, `send_photo`,
`send_document`, `edit`, `delete`; `await press(message, label_or_data)`, `tap` (does not wait), `forge(message, data)`.
**What is shown**: `chat.messages`, `.last`, `.from_bot`, `.videos`; of a message `.text`, `.texts`, `.entities`,
`.keyboard`, `.media`/`.video`/`.photo` (bytes in `.data`, `.width`, `.height`, `.duration`, `.thumbnail`), `.versions`
(each look with its time), `.deleted`, `.reply_to`, `.topic`.
**What the bot did**: `telegram.calls("editMessage.*", chat)` with `.at`, `.second`, `.status`, `.params`;
`telegram.flooded` (every 429); `telegram.complaints` (fails the test at its end).
**Flood control** is on: `telegram.flood.enforced = False` turns it off; `telegram.flood.arm(chat.id, 3600)` makes the
next send or edit there a 429 with that wait; asking again during a wait doubles it.
"""

from tests.emulators.telegram.calls import MIB, Call, Upload
from tests.emulators.telegram.chats import Chat, ChatType, Member, Status, Topic
from tests.emulators.telegram.emulator import TOKEN, TelegramEmulator
from tests.emulators.telegram.flood import Flooded
from tests.emulators.telegram.library import bot_at, emulated_telegram
from tests.emulators.telegram.messages import Look, Media, Message
from tests.emulators.telegram.people import NotPossibleError, Person
from tests.emulators.telegram.presses import Press

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
    "Upload",
    "bot_at",
    "emulated_telegram",
]
