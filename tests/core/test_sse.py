"""Events out of bytes: the rules of the standard one by one, any cut, what is no event stream, and the limits."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.sse import EVENT_LIMIT, STRAY_LIMIT, Event, EventStreamDecoder, StreamTooLargeError

SEED = Path(__file__).parents[1] / "recorded" / "streams" / "seed_as_printed.txt"


def pieces(text: bytes, size: int) -> Iterable[bytes]:
    return (text[start : start + size] for start in range(0, len(text), size))


def events(*chunks: bytes) -> list[Event]:
    """All events of a stream that arrived in these chunks."""
    decoder = EventStreamDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + list(decoder.finish())


def data(*chunks: bytes) -> list[bytes]:
    return [event.data for event in events(*chunks)]


# The standard's own rules


def test_an_event_ends_with_a_blank_line() -> None:
    decoder = EventStreamDecoder()
    assert list(decoder.feed(b"data: a\n")) == []
    assert list(decoder.feed(b"\n")) == [Event(b"a")]


def test_one_space_after_the_colon_is_not_part_of_the_value() -> None:
    assert data(b"data:a\n\ndata: a\n\ndata:  a\n\n") == [b"a", b"a", b" a"]


def test_several_data_lines_make_one_value() -> None:
    assert data(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [b"YHOO\n+2\n10"]


def test_a_field_without_a_colon_has_an_empty_value() -> None:
    assert data(b"data\n\ndata\ndata\n\ndata:\n\n") == [b"", b"\n", b""]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_with_any_of_the_three_line_ends(end: bytes) -> None:
    stream = end.join([b"data: a", b"", b": hi", b"event: error", b"data: b", b"", b""])
    assert events(stream) == [Event(b"a"), Event(b"b", "error")]


def test_line_ends_may_be_mixed() -> None:
    assert data(b"data: a\r\n\ndata: b\n\rdata: c\r\r") == [b"a", b"b", b"c"]


def test_a_line_end_cut_in_its_middle_is_one_line_end() -> None:
    assert data(b"data: a\r", b"\n", b"data: b\r", b"\n\r", b"\n") == [b"a\nb"]


def test_a_byte_order_mark_at_the_beginning_is_no_text() -> None:
    assert data(b"\xef\xbb\xbfdata: a\n\n") == data(b"\xef", b"\xbb\xbfda", b"ta: a\n\n") == [b"a"]


def test_a_byte_order_mark_elsewhere_is_text() -> None:
    assert data(b"data: a\n\n\xef\xbb\xbfdata: b\n\n") == [b"a"]


def test_comments_say_nothing() -> None:
    assert data(b": PING\n\n:\n\n: OPENROUTER PROCESSING\ndata: a\n: heartbeat\ndata: b\n\n") == [b"a\nb"]


def test_the_name_of_an_event_lasts_for_that_event() -> None:
    assert events(b"event: error\ndata: a\n\ndata: b\n\n") == [Event(b"a", "error"), Event(b"b")]


def test_a_name_without_data_is_no_event() -> None:
    assert events(b"event: error\n\ndata: b\n\n") == [Event(b"b")]


def test_ids_and_the_time_to_wait_are_remembered() -> None:
    decoder = EventStreamDecoder()
    decoder.feed(b"id: 7\nretry: 1500\ndata: a\n\n")
    assert (decoder.last_event_id, decoder.retry_ms) == ("7", 1500)


@pytest.mark.parametrize("line", [b"id: a\0b", b"retry: soon", b"retry: -1", b"retry: 99999999999999999999"])
def test_a_senseless_id_or_time_to_wait_is_ignored(line: bytes) -> None:
    decoder = EventStreamDecoder()
    assert list(decoder.feed(line + b"\ndata: a\n\n")) == [Event(b"a")]
    assert (decoder.last_event_id, decoder.retry_ms) == ("", None)


def test_fields_that_nobody_knows_are_ignored() -> None:
    assert data(b"Data: a\ndatum: b\ndata : c\n\ndata: d\n\n") == [b"d"]


def test_only_line_ends_end_lines() -> None:
    text = "data: a\u2028b\u2029c\x0bd\x0ce\x85f\n\n".encode()
    assert data(text) == [text[6:-2]]


# Beyond the standard


def test_the_last_event_counts_without_its_blank_line() -> None:
    assert data(b"data: a\n\ndata: b\n") == data(b"data: a\n\ndata: b") == [b"a", b"b"]


def test_lost_blank_lines_do_not_join_two_json_texts() -> None:
    assert data(b'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n\n') == [b'{"a":1}', b'{"b":2}', b"[DONE]"]


def test_json_over_several_data_lines_is_one_event() -> None:
    [whole] = data(b'data: {\ndata: "a":\ndata: {"b": 1}\ndata: }\n\n')
    assert json.loads(whole) == {"a": {"b": 1}}


def test_json_spread_over_lines_without_a_prefix_is_one_event() -> None:
    first, second = data(b'data: {\n  "a": "} \\" {",\n  "b": [\n1]}\ndata: {"c":3}\n')
    assert json.loads(first) == {"a": '} " {', "b": [1]}
    assert second == b'{"c":3}'


def test_done_may_be_broken_over_two_lines() -> None:
    assert data(b"data: [DONE\n]\n")[0] == b"[DONE"


def test_bare_json_lines_are_events() -> None:
    assert data(b'{"a":1}\n{"b":2}\n\n{"c":3}') == [b'{"a":1}', b'{"b":2}', b'{"c":3}']


def test_a_json_body_is_one_event_printed_or_not() -> None:
    body = {"choices": [{"message": {"content": "a\n{"}}]}
    for text in (json.dumps(body), json.dumps(body, indent=2)):
        [only] = data(text.encode())
        assert json.loads(only) == body


def test_what_is_no_event_is_kept_aside() -> None:
    decoder = EventStreamDecoder()
    page = b"<html>\n<title>504 Gateway Time-out</title>\n</html>"
    assert not decoder.feed(page)
    assert not decoder.finish()
    assert decoder.events == 0
    assert decoder.stray.strip() == page.decode()


def test_the_seed_file_as_it_is_printed_is_a_stream_of_json_texts() -> None:
    *texts, done = data(SEED.read_bytes())
    assert done.startswith(b"[DONE")
    assert {json.loads(text)["object"] for text in texts} == {"chat.completion.chunk"}
    assert json.loads(texts[-1])["usage"]["total_tokens"] == 300


# Cuts

line = st.one_of(
    st.sampled_from(
        [
            b"",
            b"",
            b": PING",
            b"event: error",
            b"id: 1",
            b"retry: 10",
            b"data",
            b"data: [DONE",
            b"]",
            b"<html>",
            b"{",
            b"}",
        ]
    ),
    st.sampled_from(
        [b'{"a":1}', b'"a": "}",', b"  [", b"data: {", b"data:{}", b'data: {"a":"\xe8\xbf\x9b\xe5\xba\xa6"}']
    ),
    st.binary(max_size=12),
)
streams = st.lists(st.tuples(line, st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])), max_size=14).map(
    lambda lines: b"".join(text + end for text, end in lines)
)


@given(stream=streams, cuts=st.lists(st.integers(1, 9), min_size=1, max_size=6))
@example(stream=b"data: a\r\n\r\ndata: b\r\n\r\n", cuts=[8, 1])
@example(stream=b"\xef\xbb\xbfdata: {}\n\n", cuts=[1])
@settings(max_examples=400)
def test_any_cut_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    chunks: list[bytes] = []
    rest = stream
    while rest:
        size = cuts[len(chunks) % len(cuts)]
        chunks.append(rest[:size])
        rest = rest[size:]
    assert events(*chunks) == events(stream)
    assert events(*pieces(stream, 1)) == events(stream)


def test_the_seed_gives_the_same_events_however_it_is_cut() -> None:
    seed = SEED.read_bytes()
    assert all(events(*pieces(seed, size)) == events(seed) for size in (1, 2, 3, 7, 64, 1000))


# Limits


def test_an_endless_line_is_refused() -> None:
    decoder = EventStreamDecoder(line_limit=1000)
    decoder.feed(b"data: " + b"a" * 900)
    with pytest.raises(StreamTooLargeError, match="a line is longer than 1000 bytes"):
        decoder.feed(b"a" * 200)


@pytest.mark.parametrize("end", [b"}\n\n", b"}\n", b"\n\n"])
def test_a_long_line_is_refused_even_where_it_ends(end: bytes) -> None:
    decoder = EventStreamDecoder(line_limit=1000)
    decoder.feed(b'data: {"a":1}\n\n')
    with pytest.raises(StreamTooLargeError, match="a line is longer than 1000 bytes"):
        decoder.feed(b"data: {" + b"a" * 1100 + end)


def test_an_endless_event_is_refused() -> None:
    decoder = EventStreamDecoder()
    many = (b"data: " + b"a" * 65_536 + b"\n") * 16
    decoder.feed(many)
    with pytest.raises(StreamTooLargeError, match=f"an event is longer than {EVENT_LIMIT} bytes"):
        decoder.feed(many * 2)


def test_an_endless_stream_is_refused_even_if_it_is_only_alive() -> None:
    decoder = EventStreamDecoder(stream_limit=1000)
    decoder.feed(b": PING\n\n" * 120)
    with pytest.raises(StreamTooLargeError, match="the stream is longer than 1000 bytes"):
        decoder.feed(b": PING\n\n" * 10)


def test_of_endless_stray_text_only_the_beginning_is_kept() -> None:
    decoder = EventStreamDecoder()
    decoder.feed(b"<p>hello</p>\n" * 10_000)
    assert len(decoder.stray) <= STRAY_LIMIT + 1


def test_several_data_lines_that_are_no_json_are_one_value_whatever_they_begin_with() -> None:
    assert data(b"data: hello\ndata: {world}\n\n") == [b"hello\n{world}"]
