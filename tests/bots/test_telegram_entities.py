"""Text for Telegram: counted in UTF-16 units, cut where nothing is torn apart, with entities that fit."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.telegram.entities import Piece, bold, code, compose, cut, mention, paragraphs, plain, quoted, units

WORDS = st.text(alphabet=st.sampled_from("ab \n🐕👩\u200d👧é字\u0301\ufe0f@"), max_size=40)
PIECES = st.lists(
    st.builds(lambda text, make: make(text), WORDS, st.sampled_from([plain, bold, code, quoted])), max_size=6
)


def part(words: str, offset: int, length: int) -> str:
    return words.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


@given(PIECES, st.integers(0, 120))
def test_no_text_is_too_long_and_every_entity_lies_in_it_and_tears_nothing(pieces: list[Piece], most: int) -> None:
    text = compose(pieces, most)
    assert units(text.words) <= most
    assert text.words == text.words.strip()
    at = 0
    for entity in text.entities:
        assert entity.length > 0
        assert entity.offset >= at
        assert entity.offset + entity.length <= units(text.words)
        part(text.words, entity.offset, entity.length)  # half a pair would not decode
        at = entity.offset + entity.length


@given(PIECES)
def test_where_there_is_room_nothing_is_left_out(pieces: list[Piece]) -> None:
    whole = "".join(piece.text for piece in pieces)
    assert compose(pieces, 4096).words.split() == whole.split()


@pytest.mark.parametrize(
    ("text", "most", "left"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("🐕🐕", 3, "🐕…"),
        ("🐕🐕", 4, "🐕🐕"),
        ("🐕🐕🐕", 4, "🐕…"),
        ("a 👩\u200d👧", 5, "a…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_what_is_too_long_ends_in_an_ellipsis_and_with_a_whole_character(text: str, most: int, left: str) -> None:
    assert cut(text, most) == left


def test_entities_are_where_their_words_are() -> None:
    text = compose([plain("🐕 "), bold("Done"), plain(" for "), mention("Mia", 7), plain(" "), code("7F3K")], 4096)
    assert text.words == "🐕 Done for Mia 7F3K"
    said = {str(entity.type): part(text.words, entity.offset, entity.length) for entity in text.entities}
    assert said == {"bold": "Done", "text_mention": "Mia", "code": "7F3K"}
    assert text.entities[1].user is not None
    assert text.entities[1].user.id == 7


def test_blocks_that_say_nothing_leave_no_empty_line() -> None:
    assert compose(paragraphs([[plain("a")], [plain("")], [], [plain("b")]]), 4096).words == "a\nb"


def test_a_time_is_one_that_clients_count_up() -> None:
    at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    (entity,) = compose([Piece("2 min ago", "date_time", moment=at)], 4096).entities
    assert entity.to_dict() == {
        "type": "date_time",
        "offset": 0,
        "length": 9,
        "unix_time": int(at.timestamp()),
        "date_time_format": "r",
    }
