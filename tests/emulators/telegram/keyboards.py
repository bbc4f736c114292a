"""What Telegram accepts as a keyboard below a message."""

from typing import Any

from tests.emulators.telegram.entities import units
from tests.emulators.telegram.errors import bad_request

MOST_BUTTONS = 100
ROW_BUTTONS = 8
DATA_BYTES = 64
PLACEHOLDER_UNITS = 64
"""`input_field_placeholder`: 1-64 characters; an empty one is none."""
_ACTIONS = (
    *("url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat"),
    *("switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay"),
)
_STYLES = frozenset({"danger", "success", "primary"})

Keyboard = tuple[tuple[dict[str, Any], ...], ...]


def read_markup(markup: Any) -> tuple[Keyboard, dict[str, Any] | None]:
    """The inline keyboard, and what stands below the field for writing instead.

    Raises TelegramError for what is no keyboard.
    """
    if markup is None:
        return (), None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"]), None
    if not {"keyboard", "remove_keyboard", "force_reply"} & set(markup):
        if markup == {}:
            return (), None
        raise bad_request("can't parse reply keyboard markup JSON object")
    placeholder = markup.get("input_field_placeholder", "")
    if not isinstance(placeholder, str) or units(placeholder) > PLACEHOLDER_UNITS:
        raise bad_request("REPLY_MARKUP_INVALID")
    return (), markup


def _inline(rows: Any) -> Keyboard:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup should be an Array of Arrays')
    keyboard = tuple(tuple(_button(button) for button in row) for row in rows if row)
    if any(len(row) > ROW_BUTTONS for row in keyboard) or sum(map(len, keyboard)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return keyboard


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: Button text must be non-empty")
    given = [name for name in _ACTIONS if name in button]
    if len(given) != 1:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if given == ["callback_data"]:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    if given == ["url"] and not str(button["url"]).startswith(("http://", "https://", "tg://")):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if button.get("style") not in {None, *_STYLES}:
        raise bad_request("can't parse inline keyboard button: invalid button style specified")
    return button
