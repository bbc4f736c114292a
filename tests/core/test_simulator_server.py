"""The simulator as a server: what strangers send it, many at once, who hangs up, and how it closes."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from core.simulator import Simulator, read_faults
from tests.simulated import ask, caller, order

CHAT = "/v1/chat/completions"


@asynccontextmanager
async def line(simulator: Simulator, request: str, body: str = "") -> AsyncIterator[asyncio.StreamReader]:
    """One request over a socket of its own, which is reset at the end instead of closed."""
    host, _, port = simulator.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"{request} HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    writer.write(f"{head}{body}".encode())
    await writer.drain()
    try:
        yield reader
    finally:
        writer.transport.abort()


async def nobody_is_there(simulator: Simulator) -> bool:
    """Whether every stream ends soon: that the other side has left is noticed some turns of the loop later."""
    for _ in range(1000):
        if not simulator.open_streams:
            return True
        await asyncio.sleep(0.001)
    return False


async def link(simulator: Simulator, faults: str = "none", prompt: str = "a cat, 1 s") -> str:
    heard = await ask(simulator, order(prompt=prompt), faults=faults)
    return heard.reading.result_urls[0]


# What strangers send


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\xff\xfe{", 400),
        (b"[" * 100_000, 400),
        (b'{"n":' + b"9" * 5000 + b"}", 400),
        (b"{}", 503),
        (b'{"model":["sim-foai"]}', 503),
        (b'{"model":"sim-foai\\ud800"}', 503),
        (b'{"model":"sim-foai-99999s"}', 503),
        (b'{"model":"sim-foai-0s"}', 400),
        (b'{"model":"sim-foai"}', 400),
        (b'{"model":"sim-foai","messages":{}}', 400),
        (b'{"model":"sim-foai","messages":[1,null,{"role":["user"]}]}', 400),
        (b'{"model":"sim-foai","messages":[{"role":"user","content":[{"text":5},7]}]}', 400),
        (b'{"model":"sim-foai","messages":[{"role":"user","content":" \\n "}]}', 400),
    ],
)
async def test_a_body_that_no_relay_would_take_is_answered_as_relays_do(body: bytes, status: int) -> None:
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        answer = await client.post(CHAT, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, simulator.submissions) == (status, 0)
        assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"seconds": 0},
        {"seconds": 61},
        {"seconds": 10**30},
        {"seconds": 1.5},
        {"seconds": True},
        {"seconds": "soon"},
        {"size": "99999999x1"},
        {"size": 720},
        {"aspect_ratio": "round"},
        {"simulate": "no-such-fault"},
        {"simulate": "cut@-1"},
        {"simulate": "cut@x"},
        {"simulate": "pings@3"},
        {"simulate": {"drip": 61}},
        {"simulate": {"private_link": "a b"}},
        {"simulate": ["cut"]},
        {"simulate": 12},
        {"prompt": "[simulate no-such-fault] a cat"},
    ],
)
async def test_an_option_that_is_none_is_said(fields: dict[str, object]) -> None:
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        answer = await client.post(CHAT, json=order(**{"prompt": "a cat", **fields}))  # type: ignore[arg-type]
        assert (answer.status_code, simulator.submissions) == (400, 0)
        assert answer.json()["error"]["param"]


async def test_the_character_set_that_a_client_names_is_no_matter() -> None:
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        headers = {"Content-Type": "application/json; charset=nonsense"}
        answer = await client.post(CHAT, content=json.dumps(order()), headers=headers)
        assert answer.status_code == 200


async def test_a_body_without_end_is_not_kept() -> None:
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        answer = await client.post(CHAT, content=b" " * (25 << 20))
        assert answer.status_code == 413


async def test_with_a_key_nothing_is_said_without_it() -> None:
    async with Simulator(speed=0, key="sk-1") as simulator, caller(simulator) as client:
        for headers in ({}, {"Authorization": "sk-1"}, {"Authorization": "Bearer sk-"}, {"Authorization": "Bearer ä"}):
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            assert (await client.post(CHAT, json=order(), headers=raw)).status_code == 401
            assert (await client.get("/v1/models", headers=raw)).status_code == 401
        right = {"Authorization": "Bearer sk-1"}
        assert (await client.post(CHAT, json=order(), headers=right)).status_code == 200
        assert len((await client.get("/v1/models", headers=right)).json()["data"]) >= 6


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/source/", "/source/x", "/web/x", "/api/share/x", "/v1/nope", "/cdn/x.mp4", "/etc/passwd", "/%00"),
        *("/%ff", "/cdn/..%2f..%2fetc/passwd", "/source/%F0%9F%98%80", "//x", "/" + "a" * 7000),
    ],
    ids=lambda path: path[:40],
)
async def test_what_is_not_there_is_not_found(path: str) -> None:
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        assert (await client.get(path)).status_code == 404


async def test_the_source_and_the_page_show_how_it_stands_and_mask_the_prompt() -> None:
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        heard = await ask(simulator, order(prompt='<script>alert("x")</script> 1 s'))
        source, web = str(heard.reading.links.source), str(heard.reading.links.preview)
        told = (await client.get(source)).json()
        assert (told["status"], told["url"]) == ("completed", heard.reading.result_urls[0])
        assert told["id"] == heard.reading.task_id
        page = (await client.get(web)).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert heard.reading.result_urls[0] in page


# The film behind the link


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-11", 206, slice(0, 12)),
        ("bytes=5-", 206, slice(5, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-999999999", 206, slice(0, None)),
        ("bytes=999999999-", 416, slice(0, 0)),
        ("bytes=5-3", 416, slice(0, 0)),
        ("bytes=a-b", 416, slice(0, 0)),
        (f"bytes={'9' * 5000}-", 416, slice(0, 0)),
    ],
)
async def test_a_part_of_the_film_can_be_asked_for(asked: str, status: int, part: slice) -> None:
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        address = await link(simulator)
        whole = (await client.get(address)).content
        answer = await client.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (status, whole[part])
        assert (await client.get(address, headers={"Range": asked, "If-Range": '"old"'})).content == whole
        assert (await client.head(address)).headers["content-length"] == str(len(whole))


@pytest.mark.parametrize("hop", ["-1", "a", "9" * 5000, "٣", ""])
async def test_a_hop_that_is_no_number_is_the_first(hop: str) -> None:
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        address = await link(simulator, "hops@1")
        assert (await client.get(address, params={"hop": hop})).status_code in {200, 302}


# Many, and who hangs up


async def test_fifty_orders_at_once_get_a_story_and_a_film_each() -> None:
    async with Simulator(speed=0) as simulator:
        links = await asyncio.gather(*(link(simulator, prompt=f"cat {number % 5}, 1 s") for number in range(50)))
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            films = [answer.content for answer in await asyncio.gather(*(client.get(address) for address in links))]
    assert len(set(links)) == simulator.submissions == 50
    assert len(set(films)) == 5
    assert all(film[4:8] == b"ftyp" for film in films)


async def test_what_it_remembers_is_bounded() -> None:
    async with Simulator(speed=0, jobs_kept=3, films_kept=2) as simulator, caller(simulator) as client:
        links = [await link(simulator, prompt=f"cat {number}, 1 s") for number in range(5)]
        assert [(await client.get(address)).status_code for address in links] == [404, 404, 200, 200, 200]
        assert len(simulator._book) == 3
        assert len(simulator._studio._kept) == 2
        assert len(simulator._book._by_path) == 3 * len(next(iter(simulator._book._jobs.values())).paths)


@pytest.mark.parametrize("faults", ["cut@3", "stall@3", "reset@3", "drip@0.01 bytes@1", "keep-alive", "not-streamed"])
async def test_a_client_that_hangs_up_is_no_trouble(faults: str, caplog: pytest.LogCaptureFixture) -> None:
    async with Simulator(speed=0, faults=read_faults(faults)) as simulator:
        for heard in (0, 1, 200):
            async with line(simulator, f"POST {CHAT}", json.dumps(order())) as reader:
                await reader.read(heard)
        await asyncio.sleep(0.01)
        assert await nobody_is_there(simulator)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize("faults", ["none", "endless", "huge", "truncated", "slow-file@60"])
async def test_who_leaves_in_the_middle_of_a_film_is_no_trouble(faults: str, caplog: pytest.LogCaptureFixture) -> None:
    async with Simulator(speed=0, faults=read_faults(faults)) as simulator:
        path = (await link(simulator)).removeprefix(simulator.url)
        for heard in (0, 1, 20_000):
            async with line(simulator, f"GET {path}") as reader:
                await reader.read(heard)
        await asyncio.sleep(0.01)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


# Closing


async def test_closing_cuts_off_who_listens_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    async with (
        Simulator(speed=0, faults=read_faults("stall@3")) as simulator,
        line(simulator, f"POST {CHAT}", json.dumps(order())) as reader,
    ):
        await reader.readuntil(b"data: ")
        assert simulator.open_streams == 1
        await simulator.__aexit__(None, None, None)
        assert simulator.open_streams == 0
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readuntil(b"[DONE]")
    assert asyncio.all_tasks() == before


async def test_closing_while_films_are_rendered_leaves_no_task_either() -> None:
    before = asyncio.all_tasks()
    async with Simulator(speed=0) as simulator, caller(simulator) as client:
        links = [await link(simulator, prompt=f"cat {number}, 60 s") for number in range(4)]
        waiting = [asyncio.create_task(client.get(address), name="waits for a film") for address in links]
        await asyncio.sleep(0.05)
        await simulator.__aexit__(None, None, None)
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(answer, httpx.TransportError) for answer in answers)
    assert asyncio.all_tasks() == before


async def test_a_port_that_is_taken_is_said_and_a_closed_one_can_be_taken_again() -> None:
    async with Simulator() as simulator:
        port = int(simulator.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            await Simulator(port=port).__aenter__()
    async with Simulator(port=port) as again:
        assert again.url == f"http://127.0.0.1:{port}"
    with pytest.raises(RuntimeError):
        again.url  # noqa: B018 - asking is what raises


@pytest.mark.parametrize("host", ["0.0.0.1", "192.168.0.1", "::", "example.com", "", "127.0.0.1.nip.io"])
def test_it_serves_this_machine_alone(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Simulator(host=host)


@pytest.mark.parametrize("speed", [-1.0, float("nan"), 5e-324])
def test_a_speed_is_a_number_from_nought_up(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Simulator(speed=speed)
