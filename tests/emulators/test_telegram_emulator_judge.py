"""What the emulator refuses or complains of because the Bot API knows no such thing."""

from typing import Any

import httpx
import pytest
from telegram.error import InvalidToken

from tests.emulators.telegram import TelegramEmulator, bot_at, emulated_telegram
from tests.emulators.telegram.parameters import PARAMETERS
from tests.emulators.telegram.schema import description
from tests.emulators.telegram_wire import ask

pytestmark = pytest.mark.virtual_time
described = pytest.mark.skipif(description() is None, reason="Telegram's description is not at hand")


@described
@pytest.mark.parametrize("method", PARAMETERS)
def test_what_a_method_takes_here_is_described(method: str) -> None:
    methods = (description() or {})["methods"]
    fields = {field["name"]: field["required"] for field in methods[method].get("fields", ())}
    for name in PARAMETERS[method]:
        assert name.rstrip("*") in fields
    required = {name for name, needed in fields.items() if needed}
    # where one of two forms is required the description can only say that neither is
    assert required <= {name.rstrip("*") for name in PARAMETERS[method] if name.endswith("*")}


async def test_every_method_says_what_it_takes() -> None:
    assert set(TelegramEmulator().server.methods) == set(PARAMETERS)


async def test_a_parameter_that_does_not_exist_is_refused_and_complained_of() -> None:
    async with emulated_telegram() as telegram:
        group = telegram.group()
        answer = await ask(telegram, "sendMessage", chat_id=group.id, text="x", reply_to=3)
        assert answer["description"] == "Bad Request: sendMessage has no reply_to"
        assert group.messages == []
        assert "sendMessage has no reply_to" in telegram.complaints
        telegram.complaints.clear()


async def test_a_parameter_that_is_missing_is_complained_of() -> None:
    async with emulated_telegram() as telegram:
        answer = await ask(telegram, "sendMessage", chat_id=telegram.group().id)
        assert answer["description"] == "Bad Request: message text is empty"
        assert "sendMessage: text is missing" in telegram.complaints
        telegram.complaints.clear()
        assert (await ask(telegram, "sendMessage", text="x"))["description"] == "Bad Request: chat_id is empty"
        telegram.complaints.clear()


async def test_a_method_that_does_not_exist_is_not_found() -> None:
    async with emulated_telegram() as telegram:
        answer = await ask(telegram, "sendFilm", chat_id=telegram.group().id)
        assert (answer["error_code"], answer["description"]) == (404, "Not Found: method not found")
        assert telegram.complaints == ["the emulator has no method sendFilm"]
        telegram.complaints.clear()


async def test_a_methods_name_is_read_in_any_case() -> None:
    async with emulated_telegram() as telegram:
        assert (await ask(telegram, "GETME"))["result"]["username"] == "matinee_bot"
        assert telegram.calls()[0].method == "getMe"


@described
@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"text": "x", "disable_notification": "perhaps"}, "disable_notification: 'perhaps' is no Boolean"),
        ({"text": "x", "reply_parameters": {"allow_sending_without_reply": True}}, "lacks message_id"),
        ({"text": "x", "entities": [{"type": "bold", "offset": 0}]}, "entities[0]: MessageEntity lacks length"),
        ({"text": "x", "link_preview_options": {"off": True}}, "LinkPreviewOptions has no off"),
    ],
)
async def test_values_that_are_not_as_described_are_complained_of(given: dict[str, Any], complaint: str) -> None:
    async with emulated_telegram() as telegram:
        await ask(telegram, "sendMessage", chat_id=telegram.group().id, **given)
        assert any(complaint in found for found in telegram.complaints), telegram.complaints
        telegram.complaints.clear()


async def test_another_token_is_unauthorized_and_what_is_none_is_not_found() -> None:
    async with emulated_telegram() as telegram:
        with pytest.raises(InvalidToken):
            async with bot_at(telegram, token="1:wrong"):
                pass
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{telegram.api_url}nonsense/getMe")).status_code == 404
            assert (await client.get(f"{telegram.file_url}1:wrong/videos/file_0.mp4")).status_code == 401
            assert (await client.get(f"{telegram.file_url}{telegram.token}/videos/file_0.mp4")).status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"chat_id":', "application/json"),
        (b"[1]", "application/json"),
        (b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nab', "multipart/form-data; boundary=x"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(body: bytes, content_type: str) -> None:
    async with emulated_telegram() as telegram, httpx.AsyncClient() as client:
        url = f"{telegram.api_url}{telegram.token}/sendMessage"
        answer = await client.post(url, content=body, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["ok"]) == (400, False)


async def test_a_request_is_read_as_a_form_and_from_its_address_as_well() -> None:
    async with emulated_telegram() as telegram, httpx.AsyncClient() as client:
        group = telegram.group()
        url = f"{telegram.api_url}{telegram.token}/sendMessage"
        await client.post(url, data={"chat_id": group.id, "text": "a"})
        await client.get(url, params={"chat_id": group.id, "text": "b"})
        assert [message.text for message in group.messages] == ["a", "b"]
