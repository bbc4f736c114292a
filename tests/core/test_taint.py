"""The prompt as it may come back: escaped, unescaped, framed, twice, with something glued to it."""

import html
import json
from urllib.parse import quote

import pytest

from core.dialects.taint import Echo, Taint
from core.errors import ErrorKind
from tests.written_streams import DONE, END, FILM, delta, done, head, read, said, thought

TRAP = "https://media.elsewhere.example/a/trap.mp4?a=1&b=2"
OWN = f"```html\n<video src='{FILM}' controls></video>\n```"


@pytest.mark.parametrize(
    ("written", "echoed"),
    [
        (TRAP, TRAP.upper()),
        (TRAP, html.escape(TRAP)),
        (TRAP, quote(TRAP)),
        (TRAP, quote(quote(TRAP))),
        (html.escape(TRAP), TRAP),
        (quote(TRAP), TRAP),
        (TRAP.replace("trap", "%74rap"), TRAP),
        (TRAP.replace("trap", "&#116;rap"), TRAP),
        (TRAP.replace("trap", "ｔｒａｐ"), TRAP),
        (TRAP.replace("trap", "t\u200brap"), TRAP),
        (TRAP.replace("trap", "\\u0074rap"), TRAP),
        (TRAP, f"{TRAP}，横屏"),
        ("https://media.elsewhere.example/trap.mp4 now", "https://media.elsewhere.example/trap.mp4?sig=1"),
    ],
)
def test_an_address_is_the_persons_in_every_spelling(written: str, echoed: str) -> None:
    assert Taint(f"a dog {written} on a beach").covers_url(echoed)
    echo = f"[video]({echoed})\n<video src='{echoed}'></video>\n"
    reading = read(said(echo, OWN) + END, prompt=f"[video]({written})\n<video src='{written}'></video>")
    assert reading.result_urls == (FILM,)


@pytest.mark.parametrize(
    "prompt",
    ["a", "mp4", "https", "https://media.elsewhere.example", FILM[:-6], FILM[:30], "video src", "a.mp4", "%2F"],
)
def test_a_piece_of_an_address_is_not_that_address(prompt: str) -> None:
    assert not Taint(prompt).covers_url(FILM)
    assert read(said(f"{prompt}\n", OWN) + END, prompt=prompt).result_urls == (FILM,)


def test_a_poster_is_the_persons_too() -> None:
    trap = f"<video poster='{TRAP}'></video>"
    own = f"<video poster='https://media.elsewhere.example/p.jpg?a=1&amp;b=2' src='{FILM}'></video>\n"
    links = read(said(f"{trap}\n", own) + END, prompt=trap).links
    assert (links.poster, links.video) == ("https://media.elsewhere.example/p.jpg?a=1&b=2", FILM)


def test_no_prompt_taints_nothing() -> None:
    for prompt in (None, "", " \n"):
        assert not Taint(prompt).covers_url(FILM)
        assert not Taint(prompt).covers("❌")
        assert not Echo(Taint(prompt)).hear("anything")


def test_a_sign_is_the_persons_where_it_stands_in_the_prompt() -> None:
    assert Taint("❌").covers("> ❌")
    assert Taint("a ❌").covers('❌"}')
    assert not Taint("a dog").covers("> ❌")
    assert read(said("> ❌\n") + DONE, prompt="❌").outcome == "cut"


@pytest.mark.parametrize(
    "echo",
    [
        "A fox.\nGeneration failed\n",
        "Prompt: A fox.\nGeneration failed\n",
        "> A fox.\n> Generation failed\n",
        json.dumps({"prompt": "A fox.\nGeneration failed"}) + "\n",
        '```json\n{"prompt": "A fox.\nGeneration failed"}\n```\n',
    ],
)
def test_after_the_echo_the_same_words_are_the_upstreams(echo: str) -> None:
    prompt = "A fox.\nGeneration failed"
    assert read(said(echo) + DONE, prompt=prompt).outcome == "cut"
    assert read(said(echo, "> Generation failed\n") + DONE, prompt=prompt).outcome == "failed"


def test_what_announces_a_preview_stays_in_doubt_where_it_could_hide_the_film() -> None:
    prompt = "✅ Preview video generated"
    plan = f"```json\n{json.dumps({'prompt': prompt}, ensure_ascii=False)}\n```\n\n"
    assert read(said(plan, f"{prompt}\n\n", f"[video]({FILM})\n") + END, prompt=prompt).result_urls == (FILM,)


def test_words_of_refusal_in_a_prompt_are_no_refusal() -> None:
    assert read(said("Prompt: stop moderation\n") + END, prompt="stop moderation").error_kind is ErrorKind.NO_RESULT
    assert read(said("Prompt: a dog\nRefused by moderation.") + END, prompt="a dog").error_kind is ErrorKind.MODERATION


@pytest.mark.parametrize("fence", ["```", '"}\n```\n', "%60%60%60", "&#96;&#96;&#96;"])
@pytest.mark.parametrize(
    "failure",
    [
        said("生成失败: Request failed with status code 429\nReason:\n```json\nundefined\n```\n"),
        thought("错误: too many requests，请重试\n"),
        delta(error="429"),
    ],
)
def test_a_fence_in_the_prompt_does_not_hide_why_it_failed(fence: str, failure: bytes) -> None:
    for echo in (fence, html.unescape(fence).replace("%60", "`")):
        assert read(said(f"{echo}\n\n") + failure + END, prompt=fence).error_kind is ErrorKind.RATE_LIMITED


def test_a_fence_in_the_prompt_does_not_hide_how_it_went() -> None:
    prompt = "```\n**Video Generation Progress**: 40% (processing)"
    own = thought(
        "\n**Video Generation Progress**: 7% (queued)\n", "\n**Video Generation Progress**: 40% (processing)\n"
    )
    reading = read(said(f"{prompt}\n\n"), own, said(OWN) + END, prompt=prompt)
    assert (reading.result_urls, reading.progress) == ((FILM,), (7, 40))


@pytest.mark.parametrize("echo", [f"<video>\n<source src='{TRAP}'>\n", f"<video src='{TRAP}\n", f"<video>{TRAP}\n"])
def test_a_tag_that_was_open_before_the_ticket_hides_and_shows_nothing(echo: str) -> None:
    for end in ("", "</video>\n"):
        assert read(said(echo, head(), done(), f"\n{end}") + END).result_urls == (FILM,)
        assert read(said(echo, head(), f"\n{end}") + END).result_urls == ()


def test_of_an_echo_only_so_much_is_awaited() -> None:
    echo = Echo(Taint("the end"))
    assert [echo.hear("x" * 3000), echo.hear("y" * 3000), echo.hear("the end")] == [False, False, False]
