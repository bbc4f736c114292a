"""A film that a chat finds too large: its link instead, where people may have that."""

from pathlib import Path

import pytest

from core.catalogue import ProviderEntry
from core.delivery import deliver
from core.errors import DeliveryError, DeliveryReason
from core.model import JobId, Phase, Status, Video
from core.providers._polling import may_be_shown
from tests.stand_ins import LINK, REQUEST, Chat

STATUS = Status(JobId("7F3K7F3K"), Phase.DONE, REQUEST, "standard", 1)
TOO_LARGE = DeliveryError(DeliveryReason.TOO_LARGE_FOR_CHAT, permanent=True)


@pytest.fixture
def film(tmp_path: Path) -> Video:
    """A small one on disk."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"film")
    return Video(path, 4, "", LINK)


async def mine() -> None:
    """It still is."""


async def test_a_chat_that_refuses_the_file_gets_the_link(film: Video) -> None:
    chat = Chat(refuses=[TOO_LARGE])
    await deliver(chat, film, STATUS, still_mine=mine, link=LINK)
    assert (chat.last.link, chat.delivered) == (LINK, [])


async def test_without_a_link_it_is_not_delivered(film: Video) -> None:
    with pytest.raises(DeliveryError) as caught:
        await deliver(Chat(refuses=[TOO_LARGE]), film, STATUS, still_mine=mine)
    assert caught.value.permanent


async def test_a_link_is_for_what_is_too_large_and_nothing_else(film: Video) -> None:
    gone = DeliveryError(DeliveryReason.CHAT_GONE, permanent=True)
    chat = Chat(refuses=[gone])
    with pytest.raises(DeliveryError):
        await deliver(chat, film, STATUS, still_mine=mine, link=LINK)
    assert chat.shown == []


@pytest.mark.parametrize(
    ("hosts", "private", "url", "shown"),
    [
        (("films.example",), (), "https://films.example/a.mp4?sig=1", True),
        ((), (), "https://films.example/a.mp4", False),
        (("films.example",), (), "https://evil.example/a.mp4", False),
        (("films.example",), (), "http://films.example/a.mp4", False),
        (("films.example",), ("films.example",), "https://films.example/a.mp4", False),
        (("127.0.0.1:8081",), ("127.0.0.1:8081",), "http://127.0.0.1:8081/a.mp4", False),
        (("films.example",), (), "not an address", False),
    ],
)
def test_people_are_given_addresses_on_public_hosts_that_the_operator_named(
    hosts: tuple[str, ...], private: tuple[str, ...], url: str, shown: bool
) -> None:
    entry = ProviderEntry(
        name="upstream",
        kind="chat_stream",
        base_url="https://api.example/v1",
        result_hosts=hosts,
        private_hosts=private,
    )
    assert may_be_shown(entry, url) is shown
