"""Messages that Discord refuses, each with the name of its mistake."""

from typing import Any

from tests.emulators.discord import Flag

V2 = int(Flag.IS_COMPONENTS_V2)
BUTTON = {"type": 2, "style": 2, "label": "Cancel", "custom_id": "cancel:1"}
ROW = {"type": 1, "components": [BUTTON]}


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def gallery(*names: str) -> dict[str, Any]:
    return {"type": 12, "items": [{"media": {"url": f"attachment://{name}"}} for name in names]}


def button(**fields: Any) -> dict[str, Any]:
    return {"type": 1, "components": [BUTTON | fields]}


WRONG_BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "content of 2001 characters": ({"content": "x" * 2001}, "BASE_TYPE_MAX_LENGTH"),
    "content that is no text": ({"content": 5}, "STRING_TYPE_CONVERT"),
    "a nonce of 26 characters": ({"content": "x", "nonce": "n" * 26}, "NONCE_TYPE_TOO_LONG"),
    "eleven embeds": ({"embeds": [{"title": "x"}] * 11}, "BASE_TYPE_MAX_LENGTH"),
    "an embed's long title": ({"embeds": [{"title": "x" * 257}]}, "BASE_TYPE_BAD_LENGTH"),
    "an embed's long description": ({"embeds": [{"description": "x" * 4097}]}, "BASE_TYPE_BAD_LENGTH"),
    "an embed's field without a value": (
        {"embeds": [{"fields": [{"name": "x", "value": ""}]}]},
        "BASE_TYPE_BAD_LENGTH",
    ),
    "embeds of 6001 characters": (
        {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]},
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    "mentions parsed and listed": (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    "mentions of an unknown kind": ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "BASE_TYPE_CHOICES"),
    "a text display without the flag": ({"components": [text("x")]}, "UNION_TYPE_CHOICES"),
    "six rows": ({"components": [button(custom_id=f"{n}") for n in range(6)]}, "BASE_TYPE_BAD_LENGTH"),
    "a row of six buttons": (
        {"components": [{"type": 1, "components": [BUTTON | {"custom_id": f"{n}"} for n in range(6)]}]},
        "BASE_TYPE_BAD_LENGTH",
    ),
    "an empty row": ({"components": [{"type": 1, "components": []}]}, "BASE_TYPE_BAD_LENGTH"),
    "a label of 81 characters": ({"components": [button(label="x" * 81)]}, "BASE_TYPE_BAD_LENGTH"),
    "a custom id of 101 characters": ({"components": [button(custom_id="x" * 101)]}, "BASE_TYPE_BAD_LENGTH"),
    "a button without a custom id": ({"components": [button(custom_id=None)]}, "BASE_TYPE_REQUIRED"),
    "a button without a label": ({"components": [button(label=None)]}, "BUTTON_COMPONENT_MUST_HAVE_LABEL_OR_EMOJI"),
    "a button that acts and leads away": (
        {"components": [button(url="https://a.example")]},
        "BUTTON_COMPONENT_INVALID_FIELD",
    ),
    "a link with a custom id": (
        {"components": [button(style=5, url="https://a.example")]},
        "BUTTON_COMPONENT_INVALID_FIELD",
    ),
    "a custom id that stands twice": ({"components": [ROW, ROW]}, "COMPONENT_CUSTOM_ID_DUPLICATED"),
    "a menu beside a button": (
        {"components": [{"type": 1, "components": [BUTTON, {"type": 5, "custom_id": "u"}]}]},
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    "a menu of 26": (
        {
            "components": [
                {
                    "type": 1,
                    "components": [
                        {"type": 3, "custom_id": "s", "options": [{"label": "x", "value": f"{n}"} for n in range(26)]}
                    ],
                }
            ]
        },
        "BASE_TYPE_BAD_LENGTH",
    ),
    "a menu with one value twice": (
        {
            "components": [
                {
                    "type": 1,
                    "components": [{"type": 3, "custom_id": "s", "options": [{"label": "x", "value": "1"}] * 2}],
                }
            ]
        },
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    "V2 with content": (
        {"flags": V2, "content": "x", "components": [text("x")]},
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    "V2 with embeds": (
        {"flags": V2, "embeds": [{"title": "x"}], "components": [text("x")]},
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    "V2 of 41 components": ({"flags": V2, "components": [text("x")] * 41}, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
    "V2 of 41 components, nested": (
        {"flags": V2, "components": [{"type": 17, "components": [text("x")] * 40}]},
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ),
    "V2 of 4001 characters": (
        {"flags": V2, "components": [text("x" * 2001), text("x" * 2000)]},
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
    "an empty text display": ({"flags": V2, "components": [text("")]}, "BASE_TYPE_BAD_LENGTH"),
    "an empty gallery": ({"flags": V2, "components": [gallery()]}, "BASE_TYPE_BAD_LENGTH"),
    "a gallery of eleven": (
        {"flags": V2, "components": [{"type": 12, "items": [{"media": {"url": "https://a.example/a.png"}}] * 11}]},
        "BASE_TYPE_BAD_LENGTH",
    ),
    "a file that is not there": (
        {"flags": V2, "components": [gallery("out.mp4")]},
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    "a container in a container": (
        {"flags": V2, "components": [{"type": 17, "components": [{"type": 17, "components": [text("x")]}]}]},
        "UNION_TYPE_CHOICES",
    ),
    "an empty container": ({"flags": V2, "components": [{"type": 17, "components": []}]}, "BASE_TYPE_BAD_LENGTH"),
    "a section without its accessory": (
        {"flags": V2, "components": [{"type": 9, "components": [text("x")]}]},
        "BASE_TYPE_REQUIRED",
    ),
    "a section of four texts": (
        {"flags": V2, "components": [{"type": 9, "components": [text("x")] * 4, "accessory": BUTTON}]},
        "BASE_TYPE_BAD_LENGTH",
    ),
    "a file component that links": (
        {"flags": V2, "components": [{"type": 13, "file": {"url": "https://a.example/a.mp4"}}]},
        "UNFURLED_MEDIA_ITEM_ATTACHMENT_REQUIRED",
    ),
    "a number that stands twice": (
        {"flags": V2, "components": [text("x") | {"id": 5}, text("y") | {"id": 5}]},
        "COMPONENT_ID_DUPLICATED",
    ),
    "an attachment that was not sent": ({"content": "x", "attachments": [{"id": 0}]}, "ATTACHMENT_NOT_FOUND"),
}
