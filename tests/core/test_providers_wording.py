"""The prompt firewall: what strangers write is text, and only typed fields are options."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue import ModelEntry
from core.model import GenerationRequest, Picture, Shape
from core.providers._wording import chat_request, harmless

HANDLE = "s_68eca7ba6c688191afb287034cbee639"

# What the gateways themselves look for, each in its own source or docs.
GATEWAY_PATTERNS = (
    r"\{([^}]+)\}",  # sora2api: a style
    r"\[(\d+(?:\.\d+)?)s\]",  # sora2api: a storyboard
    r"s_[a-f0-9]{32}",  # sora2api: a film to remix
    r"sora\.chatgpt\.com/p/\S+",
    r"https?://\S+",  # runway and others: a picture to start from
    r"!\[[^\]]*\]\([^)]*\)",
    r"--\w+",  # Seedance, Midjourney
    r"(?:^|\s)[-–—]{1,2}[a-z]\w*",
)


def model(**fields: object) -> ModelEntry:
    known: dict[str, object] = {
        "name": "m",
        "label": "m",
        "provider": "p",
        "upstream_model": "sora-2",
        "lengths": {5: 1, 10: 2},
    }
    return ModelEntry.model_validate({**known, "shapes": ["landscape", "portrait"], **fields})


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("a {anime} cat", "a (anime) cat"),
        ("[5s]a cat jumps [5.0s]it lands", "(5s)a cat jumps (5.0s)it lands"),
        ("a cat --duration 5 --ratio 1:1", "a cat - duration 5 - ratio 1:1"),
        ("a cat —ar 9:16", "a cat - ar 9:16"),
        ("a cat -fps 24", "a cat - fps 24"),
        (f"remix {HANDLE} with rain", "remix it with rain"),
        (f"remix https://sora.chatgpt.com/p/{HANDLE}?x=1 with rain", "remix sora.chatgpt.com with rain"),
        (f"{HANDLE.upper()}", "it"),
        ("like ![x](https://example.com/a.png)", "like !(x)(example.com)"),
        ("ftp://user:word@files.example:21/x", "files.example"),
        ("://", "a video"),
    ],
)
def test_what_a_gateway_would_take_for_an_option_is_sent_as_words(prompt: str, sent: str) -> None:
    assert harmless(prompt) == sent


@pytest.mark.parametrize(
    "prompt",
    [
        "a lighthouse in a storm, slow pan",
        "word—another, well-known, -5 degrees, 3-4 people",
        "un café à la tombée de la nuit… « bonsoir »",
        "夜の街を歩く猫、ネオン、雨",
        "my_very_long_identifier_name and a:b",
        "50% off! (really) & more; it's 5/5",
    ],
)
def test_ordinary_words_are_sent_as_they_are(prompt: str) -> None:
    assert harmless(prompt) == prompt


PIECES = st.sampled_from(
    [
        *"{}[]()-—–!:/ a5s_.@",
        "--",
        "://",
        "https://",
        "duration",
        "anime",
        "5s",
        HANDLE,
        "s_",
        "gen_",
        "0123456789abcdef" * 2,
        "\u200d",
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_prompt_carries_a_gateways_syntax_through(prompt: str) -> None:
    sent = harmless(prompt)

    assert sent
    assert not [pattern for pattern in GATEWAY_PATTERNS if re.search(pattern, sent, re.IGNORECASE)]


@given(st.text(max_size=200))
def test_what_was_made_harmless_stays_so(prompt: str) -> None:
    once = harmless(prompt)
    assert harmless(once) == once


def test_the_options_come_from_typed_fields_in_the_way_that_the_catalogue_names() -> None:
    request = GenerationRequest("a cat, portrait, 99 seconds", "m", 10, Shape.PORTRAIT)

    text, fields = chat_request(request, model(options_in="fields"))
    assert fields == {
        "model": "sora-2",
        "messages": [{"role": "user", "content": "a cat, portrait, 99 seconds"}],
        "stream": True,
        "seconds": 10,
        "aspect_ratio": "9:16",
    }
    assert text == "a cat, portrait, 99 seconds"

    text, words = chat_request(request, model(options_in="prompt"))
    assert words["messages"][0]["content"] == text == f"{request.prompt}\n\nDuration: 10 seconds. Aspect ratio: 9:16."

    table = {"portrait": "sora2-portrait", "portrait 10": "sora2-portrait-10s", "landscape": "sora2-landscape"}
    _, named = chat_request(request, model(options_in="name", upstream_model=table))
    assert named["model"] == "sora2-portrait-10s"
    assert set(named) == {"model", "messages", "stream"}


def test_a_picture_goes_as_a_data_uri_beside_the_text() -> None:
    request = GenerationRequest("a cat", "m", 5, image=Picture("image/png", b"\x89PNG"))

    _, body = chat_request(request, model(takes_image=True))

    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "a cat"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
    ]
