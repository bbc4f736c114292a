"""A small bot on the real python-telegram-bot's Application that the emulator's own tests drive."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMediaVideo, Message, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes
from telegram.request import HTTPXRequest

from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram_wire import FILM

STEP_SECONDS = 4
CANCEL = InlineKeyboardMarkup([[InlineKeyboardButton("Cancel", callback_data="cancel")]])


async def video(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Counts up, then is the film."""
    asked = update.effective_message
    assert asked is not None
    thread = asked.message_thread_id if asked.is_topic_message else None
    bot, chat = context.bot, asked.chat_id
    status: Message = await bot.send_message(chat, "0 %", message_thread_id=thread, reply_markup=CANCEL)
    for percent in (25, 50, 75):
        await asyncio.sleep(STEP_SECONDS)
        await bot.edit_message_text(f"{percent} %", chat, status.message_id, reply_markup=CANCEL)
    film = InputMediaVideo(InputFile(FILM, "film.mp4", attach=True), caption=" ".join(context.args or ()))
    await bot.edit_message_media(film, chat, status.message_id)


async def cancel(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Says that it is too late."""
    assert update.callback_query is not None
    await update.callback_query.answer("too late")


@asynccontextmanager
async def at_work(telegram: TelegramEmulator) -> AsyncGenerator[Application[Any, Any, Any, Any, Any, Any]]:
    """The bot, polling; stopped afterwards."""
    builder = Application.builder().token(telegram.token).job_queue(None).concurrent_updates(True)
    builder = builder.base_url(telegram.api_url).base_file_url(telegram.file_url)
    builder = builder.request(HTTPXRequest(read_timeout=60)).get_updates_request(HTTPXRequest(read_timeout=60))
    application = builder.build()
    application.add_handler(CommandHandler("video", video))
    application.add_handler(CallbackQueryHandler(cancel))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(timeout=50)
        try:
            yield application
        finally:
            await application.updater.stop()
            await application.stop()
