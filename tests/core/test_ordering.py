"""What is typed behind a prompt: options at the very end, and nothing inside a prompt acts as one."""

import pytest

from core.errors import Refusal
from core.model import Habits, Shape
from core.ordering import OptionError, Order, fill_in, read_order
from tests.stand_ins import catalogue


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("a dog", Order("a dog")),
        ("a dog length:10 shape:portrait", Order("a dog", 10, Shape.PORTRAIT)),
        ("a dog\nmodel:best\tstyle:anime ", Order("a dog", model="best", style="anime")),
        ("a length:10 dog", Order("a length:10 dog")),
        ("a dog length:5 length:10", Order("a dog", 10)),
        ("", Order("")),
        ("length:5", Order("", 5)),
    ],
)
def test_only_what_stands_at_the_very_end_is_an_option(words: str, order: Order) -> None:
    assert read_order(words) == order


@pytest.mark.parametrize(("words", "kind"), [("a dog length:ten", "length"), ("a dog shape:round", "shape")])
def test_an_option_that_says_nothing_is_named(words: str, kind: str) -> None:
    with pytest.raises(OptionError) as wrong:
        read_order(words)
    assert (wrong.value.kind, wrong.value.option) == (kind, words.removeprefix("a dog "))


@pytest.mark.parametrize("words", ["a dog length:0", "a dog model:", "a dog style:none"])
def test_what_was_said_does_not_give_way(words: str) -> None:
    with pytest.raises(Refusal):
        fill_in(read_order(words), Habits(), catalogue())
