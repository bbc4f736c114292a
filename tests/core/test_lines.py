"""One line of prose into marks and links: the tables entry by entry, numbers in every dress, and what is no marker."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dialects.lines import LINE_LIMIT, read_line
from core.dialects.words import LINKS, MARKERS, LinkRole, Marker, Says
from tests.written_streams import FILM, TASK

RESTS = {Says.PROGRESS: " 36..", Says.TICKET: f": `{TASK}`", Says.SHARE: ": s_" + "0a" * 16}
"""What must follow some words so that they mean anything."""


def says(text: str) -> list[Says]:
    return [mark.marker.says for mark in read_line(text).marks]


def numbers(text: str) -> list[float | None]:
    return [mark.value for mark in read_line(text).marks if mark.marker.says is Says.PROGRESS]


@pytest.mark.parametrize(("word", "marker"), MARKERS.items())
def test_every_marker_is_read_at_the_head_of_a_line_in_any_dress(word: str, marker: Marker) -> None:
    line = f"{word}{RESTS.get(marker.says, '')}"
    for dressed in (f"> {line}", f">🎬 **{line}", f"> ✅ {line.upper()}", f"  > \u200d⏳\ufe0f {line}"):
        assert says(dressed.replace(TASK.upper(), TASK))[:1] == [marker.says]


@pytest.mark.parametrize("word", [word for word, marker in MARKERS.items() if marker.says not in RESTS])
def test_no_marker_is_read_in_the_middle_of_a_sentence(word: str) -> None:
    assert says(f"> Somebody wrote: {word}") == []


@pytest.mark.parametrize(
    "line", ["Queuings", "Generatingly..", "Errors: no", "Reasons: no", "Progresses 36..", "sids: 1"]
)
def test_the_beginning_of_a_longer_word_is_no_marker(line: str) -> None:
    assert says(line) == []


def test_the_longest_words_win() -> None:
    assert says("生成失败，正在重试") == [Says.RETRYING]
    assert says("> 视频生成完成，开始 4K 放大处理...") == [Says.UPSCALING]
    assert says("Processing images (crop)") == [Says.UPLOADING]


def test_several_markers_stand_in_one_line() -> None:
    assert says("> Queuing.... Generating...生成失败") == [Says.QUEUED, Says.GENERATING, Says.FAILURE]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (">🏃 Progress 44..61..68..81..", [44, 61, 68, 81]),
        (">🏃 Progress 44… 61…", [44, 61]),
        (">🏃 Progress 7....13....41...", [7, 13, 41]),
        ("> 🏃 进度：36.0%", [36]),
        ("> 🏃 进度：36.5％", [36.5]),
        ("> 进度 : 45 %", [45]),
        ("- Progress - 45%", [45]),
        ("**Video Generation Progress**: 40% (processing)", [40]),
        ("> Generating (45%)", [45]),
        ("> 处理中 45%", [45]),
        ("生成进度: 12%", [12]),
        ("正在生成视频中，当前进度45%", [45]),
        ("[round=2/2] progress=36%", [36]),
        ("视频正在生成 1%视频正在生成 17%", [1, 17]),
        (f">🏃 Progress 72..[100]({FILM}?x=%3A22..33..)", [72, 100]),
        (">🏃 Progress 150..", []),
        (">🏃 Progress 1234..", []),
        ("> Queuing 12 of 40", []),
        (f"> Progress {FILM}?44..61..", []),
        ("the rain makes progress 44..", []),
    ],
)
def test_numbers_are_read_as_they_are_given(line: str, expected: list[float]) -> None:
    assert numbers(line) == expected


def test_rounds_make_one_percentage() -> None:
    [first] = read_line("[round=1/2] progress=36%").marks
    [second] = read_line("[round=2/2] progress=36%").marks
    assert (first.overall, second.overall) == (18, 68)


@pytest.mark.parametrize(
    ("line", "ticket"),
    [
        (f"> ID: `{TASK}`", TASK),
        (f"> ID：{TASK}", TASK),
        (f"**Task ID: `veo3:{TASK}`**", f"veo3:{TASK}"),
        ("任务ID: `3f2b8c1e-7a55-4d0b-9c3e-1a2b3c4d5e6f`", "3f2b8c1e-7a55-4d0b-9c3e-1a2b3c4d5e6f"),
        ("> task_id: `1712345678901234`", "1712345678901234"),
        (f"ID: `{TASK}`", None),
        ("> ID: `short`", None),
        (f"> ID: `{TASK}` and more", None),
        (f"> My ID: `{TASK}`", None),
    ],
)
def test_a_ticket_is_read_only_from_a_line_of_its_own(line: str, ticket: str | None) -> None:
    assert [mark.text for mark in read_line(line).marks] == ([ticket] if ticket else [])


@pytest.mark.parametrize("words", LINKS)
def test_every_label_of_a_link_is_known_in_any_dress(words: str) -> None:
    for label in (words, f"▶️ {words.upper()}", f"**{words}▶️**", f" {words} "):
        [link] = read_line(f"[{label}]({FILM})").links
        assert (link.words, link.url) == (LINKS[words], FILM)


def test_a_label_with_an_invisible_letter_is_another_label() -> None:
    [link] = read_line(f"[Pl\u200bay online]({FILM})").links
    assert link.words is None


def test_brackets_within_an_address_belong_to_it() -> None:
    [link] = read_line("[Play online](https://x.example/a_(1).mp4)").links
    assert link.url == "https://x.example/a_(1).mp4"


@pytest.mark.parametrize("line", [FILM, f"  {FILM}\t", f"<{FILM}>", f"▶️ {FILM}", "/v1/files/video?id=1"])
def test_a_line_that_is_one_address(line: str) -> None:
    assert read_line(line).bare_url == line.strip(" \t<>▶\ufe0f")


def test_an_address_ends_where_a_link_is_glued_to_it() -> None:
    assert [link.url for link in read_line(f"see {FILM}[Download]({FILM}?d)").links] == [f"{FILM}?d", FILM]


def test_a_line_that_only_holds_an_address_is_none() -> None:
    assert read_line(f"see {FILM}").bare_url is None
    assert read_line(f"{FILM} {FILM}").bare_url is None


def test_a_growing_line_says_only_what_more_text_cannot_change() -> None:
    assert [
        len(read_line(text, complete=False).marks) for text in (">Progress 4", ">Progress 44", ">Progress 44..")
    ] == [0, 0, 1]
    assert read_line("> Generating comp", complete=False).marks == ()
    assert read_line("> Processing ", complete=False).settled is False  # images, perhaps
    assert read_line("> Generating now", complete=False).marks[0].marker.says is Says.GENERATING
    assert read_line("生成失败", complete=False).marks == ()
    assert read_line("> Queu", complete=False).marks == ()


def test_only_the_beginning_of_an_endless_line_is_read() -> None:
    assert numbers("> Progress" + "." * LINE_LIMIT + "44..") == []


def test_final_links_are_told_from_all_others() -> None:
    assert {LINKS[words].role for words in ("play online", "watch online", "click here")} == {LinkRole.FINAL}
    assert LINKS["data preview"].role is LinkRole.PREVIEW_PAGE
    assert LINKS["online preview"].role is LinkRole.INTERMEDIATE


letters = st.sampled_from(
    [
        "> ",
        "Progress ",
        "44..",
        "%",
        "[",
        "](",
        ")",
        FILM,
        "![",
        "✅",
        "生成",
        "进度",
        "❌",
        "`",
        "ID: ",
        "\ue000",
        "．",
        "a",
    ]
)


@given(st.lists(letters, max_size=30).map("".join), st.booleans())
@settings(max_examples=500)
def test_no_line_is_too_odd_to_be_read(line: str, complete: bool) -> None:
    seen = read_line(line, complete=complete)
    assert all(0 <= mark.value <= 100 for mark in seen.marks if mark.value is not None)
    assert all(link.url in line for link in seen.links)
