"""The safe fetcher over real sockets: which addresses it goes to, which it does not, and what it asks for there."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address

import pytest

from core.errors import ErrorKind, ProviderError
from core.urls import UrlPolicy
from core.videos.fetch import Fetcher, resolve_name
from tests.raw_upstream import Wire, raw_upstream
from tests.street import FILM, LINK, PUBLIC, failure, fetched, film, sent, street

# Where a name leads


async def test_a_film_is_fetched_by_its_name_at_the_address_that_was_judged() -> None:
    async with street(film) as there:
        assert await fetched(there.fetcher()) == FILM
    (asked,) = there.upstream.requests
    assert (asked.method, asked.path, asked.headers["host"]) == ("GET", "/film.mp4", "cdn.example.com")
    assert asked.headers["accept-encoding"] == "identity"
    assert (there.looked_up, there.connected, there.greeted) == (
        ["cdn.example.com"],
        [(PUBLIC, 443)],
        ["cdn.example.com"],
    )


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        ["10.1.2.3", PUBLIC],
        [PUBLIC, "2606:4700::1", "1.1.1.1", "8.8.8.8", "9.9.9.9", "192.168.0.1"],
        ["169.254.169.254"],
        ["192.0.0.192"],
        ["100.100.100.200"],
        ["168.63.129.16"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        [str(IPv4Address(0))],
        ["::"],
        ["::1"],
        ["::127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["::ffff:93.184.216.34"],
        ["64:ff9b::7f00:1"],
        ["64:ff9b:1::7f00:1"],
        ["2002:7f00:1::"],
        ["2001::7f00:1"],
        ["fe80::1"],
        ["fe80::1%eth0"],
        ["2606:4700::1%1"],
        ["fec0::1"],
        ["fd00:ec2::254"],
        ["ff02::1"],
        ["5f00::1"],
        ["no address"],
        [""],
    ],
)
async def test_a_name_that_leads_inside_is_never_connected_to(answers: list[str]) -> None:
    async with street(film, cdn_example_com=[answers]) as there:
        assert await failure(there.fetcher()) is ErrorKind.RESULT_NOT_ALLOWED
    assert there.connected == []


async def test_a_name_that_changes_its_mind_is_asked_once() -> None:
    async with street(film, cdn_example_com=[[PUBLIC], ["127.0.0.1"]]) as there:
        assert await fetched(there.fetcher()) == FILM
        assert (there.looked_up, there.connected) == (["cdn.example.com"], [(PUBLIC, 443)])
        assert await failure(there.fetcher()) is ErrorKind.RESULT_NOT_ALLOWED


async def test_a_name_that_changes_its_mind_between_two_hops_is_judged_again() -> None:
    async def script(wire: Wire) -> None:
        await wire.answer(302, location=LINK)

    async with street(script, cdn_example_com=[[PUBLIC], ["10.0.0.1"]]) as there:
        assert await failure(there.fetcher()) is ErrorKind.RESULT_NOT_ALLOWED
    assert there.connected == [(PUBLIC, 443)]


async def test_a_name_without_addresses_or_without_an_answer_leads_nowhere() -> None:
    async def unknown(_: str, __: int) -> list[str]:
        raise OSError("no such name")

    async def silent(_: str, __: int) -> list[str]:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    async with street(film, cdn_example_com=[[]]) as there:
        assert await failure(there.fetcher()) is ErrorKind.RESULT_UNREACHABLE
    policy = UrlPolicy(None)
    assert await failure(Fetcher(policy, max_bytes=1, total_seconds=1, resolve=unknown)) is ErrorKind.RESULT_UNREACHABLE
    late = Fetcher(policy, max_bytes=1, total_seconds=0.01, resolve=silent)
    assert await failure(late) is ErrorKind.RESULT_UNREACHABLE


async def test_names_are_looked_up_even_while_every_other_thread_is_busy() -> None:
    over = threading.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, over.wait)
    try:
        async with asyncio.timeout(5):
            assert await resolve_name("127.0.0.1", 443) == ("127.0.0.1",)
    finally:
        over.set()
        await busy


async def test_where_one_address_is_deaf_the_next_is_tried() -> None:
    async with street(film, cdn_example_com=[["2606:4700::1", "1.1.1.1", PUBLIC]]) as there:
        there.deaf = frozenset({"2606:4700::1", "1.1.1.1"})
        assert await fetched(there.fetcher()) == FILM
        there.deaf = frozenset({"2606:4700::1", "1.1.1.1", PUBLIC})
        assert await failure(there.fetcher()) is ErrorKind.RESULT_UNREACHABLE
    assert [host for host, _ in there.connected] == ["2606:4700::1", "1.1.1.1", PUBLIC] * 2


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
async def test_a_proxy_in_the_environment_sees_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with raw_upstream(film) as upstream:
        policy = UrlPolicy(None, private_hosts=frozenset({"127.0.0.1"}))
        assert await fetched(Fetcher(policy, max_bytes=1 << 20, total_seconds=5), f"{upstream.url}/a.mp4") == FILM


# What is asked for


@pytest.mark.parametrize(
    "tail",
    [
        "/a;v=1/film.mp4;token=s%3Dx",
        "/film.mp4;",
        "/;x?",
        "/a?b=1?c#frag",
        "/%7Efilm%2F.mp4?q=%0d%0aX",
        "/ä/電.mp4?ö=1",
    ],
)
async def test_the_address_is_asked_for_as_it_was_written(tail: str) -> None:
    async with street(film) as there:
        assert await fetched(there.fetcher(), f"https://cdn.example.com{tail}") == FILM
    expected = {"/a?b=1?c#frag": "/a?b=1?c", "/ä/電.mp4?ö=1": "/%C3%A4/%E9%9B%BB.mp4?%C3%B6=1"}.get(tail, tail)
    assert [asked.path for asked in there.upstream.requests] == [expected]


@pytest.mark.parametrize(
    "tail", ["/a\r\nX-Evil: 1", "/a\nb", "/a b", "/\t", "/a\x00", "/..//x", "/%2e%2e/x", "/%0d%0a"]
)
async def test_what_would_become_another_request_is_not_sent(tail: str) -> None:
    async with street(film) as there:
        assert await failure(there.fetcher(), f"https://cdn.example.com{tail}") is ErrorKind.RESULT_NOT_ALLOWED
    assert there.looked_up == []


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/next.mp4", "next.mp4", "//cdn.example.com/next.mp4", "https:next.mp4", "?x"])
async def test_a_redirect_is_followed_through_the_gate(status: int, location: str) -> None:
    async def script(wire: Wire) -> None:
        if wire.asked.path == "/film.mp4":
            await wire.answer(status, b"moved", location=location)
        else:
            await wire.answer(200, FILM)

    async with street(script) as there:
        assert await fetched(there.fetcher()) == FILM
    assert len(there.looked_up) == 2


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "gopher://cdn.example.com/",
        "data:video/mp4;base64,AAAA",
        "http://cdn.example.com/film.mp4",
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "//127.0.0.1/",
        "//127.1/",
        "//2130706433/",
        "//0x7f.1/",
        "//0177.0.0.1/",
        "//[::1]/",
        "//[::ffff:7f00:1]/",
        "//[64:ff9b::7f00:1]/",
        "//localhost/",
        "//localhost./",
        "//LOCALHOST%00.example.com/",
        "//db.internal/",
        "//inside.example.com/",
        "//cdn.example.com:6379/",
        "//user@cdn.example.com/",
        "//cdn.example.com@127.0.0.1/",
        "\\\\127.0.0.1\\x",
        "/\\127.0.0.1/",
        "https://①②⑦.⓪.⓪.①/",
        "//[::1/",
        "//:443/",
        "/a b",
        "/a\x0bb",
        "",
        "https://cdn.example.com/" + "a" * 5000,
    ],
)
async def test_a_redirect_that_leads_astray_is_refused(location: str) -> None:
    async def script(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 302 Found\r\nlocation: ", location.encode(), b"\r\ncontent-length: 0\r\n\r\n")
        await wire.until_closed()

    async with street(script, inside_example_com=[["127.0.0.1"]]) as there:
        kind = await failure(there.fetcher())
    assert kind in {ErrorKind.RESULT_NOT_ALLOWED, ErrorKind.RESULT_UNREACHABLE}
    assert (len(there.connected), len(there.upstream.requests)) == (1, 1)


async def test_a_redirect_without_a_place_or_with_two_is_refused() -> None:
    for location in ("", "location: /a\r\nlocation: /b\r\n"):
        async with street(sent(f"HTTP/1.1 302 Found\r\n{location}content-length: 0\r\n\r\n")) as there:
            assert await failure(there.fetcher()) is ErrorKind.RESULT_NOT_ALLOWED


async def test_a_loop_of_redirects_ends_after_three_hops() -> None:
    async def script(wire: Wire) -> None:
        await wire.answer(302, location=LINK)

    async with street(script) as there:
        assert await failure(there.fetcher()) is ErrorKind.RESULT_UNREACHABLE
    assert len(there.upstream.requests) == 4


async def test_the_body_of_a_redirect_is_not_waited_for() -> None:
    async def script(wire: Wire) -> None:
        if wire.asked.path == "/film.mp4":
            await wire.head(302, headers={"location": "/next.mp4", "content-length": "1000000"})
            await wire.until_closed()
        else:
            await wire.answer(200, FILM)

    async with street(script) as there:
        assert await fetched(there.fetcher()) == FILM


@pytest.mark.parametrize(
    ("places", "keys"),
    [
        (["/a"], [True, True]),
        (["https://evil.example.com/"], [True, False]),
        (["https://evil.example.com/", "https://cdn.example.com/api/delete"], [True, False, False]),
        (["https://cdn.example.com:443/a", "https://CDN.example.com./b"], [True, True, True]),
    ],
)
async def test_the_key_stays_where_it_belongs_and_never_comes_back(places: list[str], keys: list[bool]) -> None:
    left = list(places)

    async def script(wire: Wire) -> None:
        if left:
            await wire.answer(302, location=left.pop(0))
        else:
            await wire.answer(200, FILM)

    async with street(script) as there:
        assert await fetched(there.fetcher(), bearer="sk-1") == FILM
    assert ["authorization" in asked.headers for asked in there.upstream.requests] == keys


@pytest.mark.parametrize("key", ["sk\r\nX-Evil: 1", "a\x00b"])
async def test_what_cannot_be_a_key_is_not_sent(key: str) -> None:
    async with street(film) as there:
        with pytest.raises(ProviderError) as caught:
            await fetched(there.fetcher(), bearer=key)
    assert caught.value.kind is ErrorKind.RESULT_UNREACHABLE
    assert there.upstream.requests == []


# Private hosts


async def test_a_private_host_is_reached_only_where_the_operator_named_it() -> None:
    async with raw_upstream(film) as upstream:
        named = UrlPolicy(None, private_hosts=frozenset({upstream.host}))
        assert await fetched(Fetcher(named, max_bytes=1 << 20, total_seconds=5), f"{upstream.url}/a.mp4") == FILM
        for policy in (UrlPolicy(None), UrlPolicy(None, private_hosts=frozenset({"127.0.0.1:1"}))):
            kind = await failure(Fetcher(policy, max_bytes=1 << 20, total_seconds=5), f"{upstream.url}/a.mp4")
            assert kind is ErrorKind.RESULT_NOT_ALLOWED
