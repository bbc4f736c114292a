"""Which parameters each method has here; a star marks what may not be missing. What is not emulated is not named."""

from collections.abc import Iterator

from tests.emulators.telegram.calls import Call

_SENT = (
    "chat_id* message_thread_id disable_notification protect_content allow_paid_broadcast message_effect_id "
    "reply_parameters reply_markup "
)
_CAPTION = "caption parse_mode caption_entities show_caption_above_media "
_FRAME = "duration width height thumbnail has_spoiler "
_EDITED = "chat_id* message_id* reply_markup "
_TEXT = "text* parse_mode entities link_preview_options "

PARAMETERS = {
    name: tuple(names.split())
    for name, names in {
        "getMe": "",
        "logOut": "",
        "close": "",
        "getUpdates": "offset limit timeout allowed_updates",
        "getFile": "file_id*",
        "setWebhook": "url* ip_address max_connections allowed_updates drop_pending_updates secret_token",
        "deleteWebhook": "drop_pending_updates",
        "getWebhookInfo": "",
        "sendMessage": _SENT + _TEXT,
        "sendPhoto": _SENT + _CAPTION + "photo* has_spoiler",
        "sendVideo": _SENT + _CAPTION + _FRAME + "video* cover start_timestamp supports_streaming",
        "sendAnimation": _SENT + _CAPTION + _FRAME + "animation*",
        "sendDocument": _SENT
        + "document* thumbnail caption parse_mode caption_entities disable_content_type_detection",
        "sendChatAction": "chat_id* message_thread_id action*",
        "forwardMessage": "chat_id* message_thread_id from_chat_id* message_id* video_start_timestamp "
        "disable_notification protect_content message_effect_id",
        "copyMessage": _SENT + _CAPTION + "from_chat_id* message_id* video_start_timestamp",
        "editMessageText": _EDITED + _TEXT,
        "editMessageCaption": _EDITED + _CAPTION,
        "editMessageMedia": _EDITED + "media*",
        "editMessageReplyMarkup": _EDITED,
        "deleteMessage": "chat_id* message_id*",
        "deleteMessages": "chat_id* message_ids*",
        "setMessageReaction": "chat_id* message_id* reaction is_big",
        "answerCallbackQuery": "callback_query_id* text show_alert url cache_time",
        "setMyCommands": "commands* scope language_code",
        "getMyCommands": "scope language_code",
        "deleteMyCommands": "scope language_code",
        "setChatMenuButton": "chat_id menu_button",
        "getChatMenuButton": "chat_id",
        "setMyName": "name language_code",
        "setMyDescription": "description language_code",
        "setMyShortDescription": "short_description language_code",
        "getMyName": "language_code",
        "getMyDescription": "language_code",
        "getMyShortDescription": "language_code",
        "getChat": "chat_id*",
        "getChatMember": "chat_id* user_id*",
        "getChatAdministrators": "chat_id*",
        "getChatMemberCount": "chat_id*",
        "leaveChat": "chat_id*",
    }.items()
}


def unknown(call: Call) -> Iterator[str]:
    """Parameters that the method does not have here. Files that something else attaches have names of their own."""
    known = {name.rstrip("*") for name in PARAMETERS[call.method]}
    for name in (*call.params, *call.files):
        attached = name in call.files and any(f"attach://{name}" in str(value) for value in call.params.values())
        if name not in known and not attached:
            yield name


def missing(call: Call) -> Iterator[str]:
    """What may not be missing, and is."""
    for name in PARAMETERS[call.method]:
        if name.endswith("*") and not call.has(name.rstrip("*")):
            yield name.rstrip("*")
