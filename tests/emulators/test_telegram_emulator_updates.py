"""How the emulator hands out updates: long polling, offsets, lifetimes, two who want them, webhooks."""

import asyncio
from typing import Any, Self

import pytest
from aiohttp import web
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError

from tests.emulators.telegram import bot_at, emulated_telegram
from tests.emulators.telegram_wire import ask, said

pytestmark = pytest.mark.virtual_time


def second() -> float:
    return asyncio.get_running_loop().time()


async def test_a_poll_waits_until_something_comes_and_fifty_seconds_at_most() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        began = second()
        assert await bot.get_updates(timeout=3600, read_timeout=3700) == ()
        assert second() - began == pytest.approx(50)
        waiting = asyncio.create_task(bot.get_updates(timeout=50))
        await asyncio.sleep(7)
        anna.write(anna.private, "hello")
        (update,) = await waiting
        assert second() - began == pytest.approx(57)
        assert update.message is not None
        assert update.message.text == "hello"


async def test_an_update_comes_again_until_a_higher_offset_confirms_it() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        for text in "abc":
            anna.write(anna.private, text)
        first, second, third = await bot.get_updates()
        assert second.update_id == first.update_id + 1
        assert [update.update_id for update in await bot.get_updates(limit=1)] == [first.update_id]
        left = await bot.get_updates(offset=second.update_id)
        assert [update.update_id for update in left] == [second.update_id, third.update_id]
        assert [update.update_id for update in await bot.get_updates(offset=-1)] == [third.update_id]
        assert await bot.get_updates(offset=third.update_id + 1) == ()
        assert all(update.confirmed for update in telegram.updates.every)


async def test_an_answer_that_is_lost_loses_no_update() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        anna.write(anna.private, "hello")
        telegram.faults.drop("getUpdates", after_effect=True)
        with pytest.raises(NetworkError):
            await bot.get_updates()
        assert len(await bot.get_updates()) == 1


async def test_a_poller_that_dies_takes_nothing_with_it() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as successor:
        anna = telegram.person("Anna")
        async with bot_at(telegram) as bot:
            dying = asyncio.create_task(bot.get_updates(timeout=50))
            await telegram.until(lambda: telegram.updates.is_polled)
            dying.cancel()
            await asyncio.wait([dying])
        anna.write(anna.private, "hello")
        assert len(await successor.get_updates(timeout=50)) == 1
        anna.write(anna.private, "again")
        assert len(await successor.get_updates(timeout=50)) == 2


async def test_a_press_is_forgotten_after_150_seconds_and_a_message_after_a_day() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna", started=True)
        await ask(
            telegram,
            "sendMessage",
            chat_id=anna.private.id,
            text="x",
            reply_markup={"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]},
        )
        status = anna.private.last
        anna.write(anna.private, "hello")
        press = anna.tap(status, "Go")
        await asyncio.sleep(149)
        assert len(await bot.get_updates()) == 2
        await asyncio.sleep(2)
        assert len(await bot.get_updates()) == 1
        with pytest.raises(BadRequest, match=said("query is too old")):
            await bot.answer_callback_query(press.id)
        await asyncio.sleep(24 * 3600)
        assert await bot.get_updates() == ()


async def test_a_second_poller_ends_the_first() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot, bot_at(telegram) as other:
        anna = telegram.person("Anna")
        first = asyncio.create_task(bot.get_updates(timeout=50))
        await telegram.until(lambda: telegram.updates.is_polled)
        second = asyncio.create_task(other.get_updates(timeout=50))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        anna.write(anna.private, "hello")
        assert len(await second) == 1


async def test_only_what_is_allowed_comes_and_what_came_before_stays() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        anna.write(anna.private, "before")
        assert len(await bot.get_updates(allowed_updates=["callback_query"])) == 1
        anna.write(anna.private, "after")
        # what is not said again stays as it was
        assert len(await bot.get_updates()) == 1
        await bot.get_updates(allowed_updates=[])
        anna.write(anna.private, "later")
        assert len(await bot.get_updates()) == 2


async def test_who_asks_for_the_same_again_at_once_is_made_to_wait_three_seconds() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        began = second()
        await bot.get_updates()
        assert second() == began
        await bot.get_updates()
        assert second() - began == pytest.approx(3)
        await bot.get_updates(offset=17)
        assert second() - began == pytest.approx(3)


async def test_a_revoked_token_is_refused() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        telegram.revoke_token()
        with pytest.raises(InvalidToken):
            await bot.get_updates()


class Receiver:
    """A bot's own web server on loopback."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[float, str | None, dict[str, Any]]] = []
        self.url = ""
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/telegram", self._take)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.got.append((second(), request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


PUBLIC = "https://films.example.org"


async def test_a_webhook_is_given_each_update_with_its_secret() -> None:
    async with Receiver() as receiver, emulated_telegram() as telegram, bot_at(telegram) as bot:
        telegram.resolve(PUBLIC, receiver.url)
        anna = telegram.person("Anna")
        assert await bot.set_webhook(f"{PUBLIC}/telegram", secret_token="s3cret")
        anna.write(anna.private, "hello")
        await telegram.until(lambda: receiver.got)
        ((_, secret, update),) = receiver.got
        assert secret == "s3cret"
        assert update["message"]["text"] == "hello"
        await telegram.until(lambda: not telegram.updates.pending)
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        assert (await bot.get_webhook_info()).url == f"{PUBLIC}/telegram"
        assert await bot.delete_webhook()
        anna.write(anna.private, "again")
        assert len(await bot.get_updates()) == 1


async def test_what_a_webhook_refuses_is_tried_again_in_order_and_holds_up_no_other_chat() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot, Receiver(500, 500, 200) as receiver:
        telegram.resolve(PUBLIC, receiver.url)
        anna, ben = telegram.person("Anna"), telegram.person("Ben")
        await bot.set_webhook(f"{PUBLIC}/telegram")
        began = second()
        anna.write(anna.private, "1")
        anna.write(anna.private, "2")
        await telegram.until(lambda: len(receiver.got) == 2)
        ben.write(ben.private, "hello")
        await telegram.until(lambda: not telegram.updates.pending)
        told = [(round(at - began), update["message"]["text"]) for at, _, update in receiver.got]
        assert told == [(0, "1"), (0, "1"), (1, "hello"), (2, "1"), (2, "2")]
        info = await bot.get_webhook_info()
        assert info.last_error_message == "Wrong response from the webhook: 500"


async def test_a_webhook_that_comes_ends_the_poll() -> None:
    async with Receiver() as receiver, emulated_telegram() as telegram, bot_at(telegram) as bot:
        telegram.resolve(PUBLIC, receiver.url)
        polling = asyncio.create_task(bot.get_updates(timeout=50))
        await telegram.until(lambda: telegram.updates.is_polled)
        await bot.set_webhook(f"{PUBLIC}/telegram")
        with pytest.raises(Conflict, match="terminated by setWebhook request"):
            await polling


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"url": "http://films.example.org/x"}, "An HTTPS URL must be provided for webhook"),
        ({"url": "https://films.example.org:8081/x"}, "Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ({"url": "https://nowhere.example.org/x"}, "Failed to resolve host"),
        ({"url": f"{PUBLIC}/x", "secret_token": "no blanks"}, "secret token contains unallowed characters"),
    ],
)
async def test_a_webhook_that_cannot_be_is_refused(given: dict[str, str], sentence: str) -> None:
    async with emulated_telegram() as telegram:
        telegram.resolve(PUBLIC, "http://127.0.0.1:9")
        answer = await ask(telegram, "setWebhook", **given)
        assert sentence in answer["description"]
