"""How Telegram tells the bot of accounts, chats and messages."""

from typing import Any

from tests.emulators.telegram.chats import Chat, Topic
from tests.emulators.telegram.files import Files, StoredFile
from tests.emulators.telegram.messages import Media, Message
from tests.emulators.telegram.world import User


def user_json(user: User) -> dict[str, Any]:
    """A User."""
    told: dict[str, Any] = {"id": user.id, "is_bot": user.is_bot, "first_name": user.first_name}
    for name in ("last_name", "username", "language_code"):
        if (value := getattr(user, name)) is not None:
            told[name] = value
    return told | ({"is_premium": True} if user.is_premium else {})


def chat_json(chat: Chat) -> dict[str, Any]:
    """A Chat."""
    told: dict[str, Any] = {"id": chat.id, "type": str(chat.type)}
    if chat.user is not None:
        told["first_name"] = chat.user.first_name
        if chat.user.last_name is not None:
            told["last_name"] = chat.user.last_name
    else:
        told["title"] = chat.title
    if chat.username is not None:
        told["username"] = chat.username
    return told | ({"is_forum": True} if chat.is_forum else {})


def message_json(message: Message, files: Files, *, deep: bool = True) -> dict[str, Any]:
    """A Message; `deep` is whether it tells what it replies to."""
    look, chat = message.look, message.chat
    told: dict[str, Any] = {
        "message_id": message.id if message.told_id is None else message.told_id,
        "date": int(message.date.timestamp()),
        "chat": chat_json(chat),
    }
    if message.sender is not None:
        told["from"] = user_json(message.sender)
    if message.sender_chat is not None:
        told["sender_chat"] = chat_json(message.sender_chat)
    if message.author_signature is not None:
        told["author_signature"] = message.author_signature
    if message.edited_at is not None:
        told["edit_date"] = int(message.edited_at.timestamp())
    told |= _place(message.topic, message.thread_id)
    if deep and message.reply_to is not None and not message.reply_to.deleted:
        told["reply_to_message"] = message_json(message.reply_to, files, deep=False)
    elif deep and message.reply_to is None and message.topic is not None and message.id != message.topic.id:
        # within a topic every message replies to the one that made it
        made = chat.every_message.get(message.topic.id)
        if made is not None:
            told["reply_to_message"] = message_json(made, files, deep=False)
    if message.album is not None:
        told["media_group_id"] = message.album
    if message.is_automatic_forward:
        told["is_automatic_forward"] = True
    if message.forwarded_from is not None:
        told["forward_origin"] = _origin(message.forwarded_from)
    if message.protected:
        told["has_protected_content"] = True
    if look.media is None:
        if look.text:
            told["text"] = look.text
            if look.entities:
                told["entities"] = list(look.entities)
    else:
        told |= media_json(look.media, files)
        if look.text:
            told["caption"] = look.text
            if look.entities:
                told["caption_entities"] = list(look.entities)
        if look.caption_above:
            told["show_caption_above_media"] = True
        if look.media.has_spoiler:
            told["has_media_spoiler"] = True
    if look.preview:
        told["link_preview_options"] = look.preview
    if look.keyboard:
        told["reply_markup"] = {"inline_keyboard": [list(row) for row in look.keyboard]}
    return told | look.service


def _place(topic: Topic | None, thread_id: int | None) -> dict[str, Any]:
    if topic is not None:
        return {"message_thread_id": topic.id, "is_topic_message": True}
    return {} if thread_id is None else {"message_thread_id": thread_id}


def _origin(source: Message) -> dict[str, Any]:
    told: dict[str, Any] = {"date": int(source.date.timestamp())}
    if source.sender is None:
        return told | {"type": "channel", "chat": chat_json(source.chat), "message_id": source.id}
    if source.sender_chat is not None:
        return told | {"type": "chat", "sender_chat": chat_json(source.sender_chat)}
    return told | {"type": "user", "sender_user": user_json(source.sender)}


def _size_json(stored: StoredFile, kind: str, width: int, height: int, files: Files) -> dict[str, Any]:
    told = {"file_id": files.id(stored, kind), "file_unique_id": stored.unique_id, "file_size": stored.size}
    return told | {"width": width, "height": height}


def media_json(media: Media, files: Files) -> dict[str, Any]:
    """The part of a Message that is its photo, video, animation or document."""
    if media.kind == "photo":
        return {"photo": [_size_json(stored, "photo", width, height, files) for stored, width, height in media.sizes]}
    told: dict[str, Any] = {
        "file_id": files.id(media.file, media.kind),
        "file_unique_id": media.file.unique_id,
        "file_size": media.file.size,
        "file_name": media.file.filename,
        "mime_type": media.file.mime_type,
    }
    if media.kind in {"video", "animation"}:
        told |= {"width": media.width, "height": media.height, "duration": media.duration}
    if media.thumbnail is not None:
        told["thumbnail"] = _size_json(media.thumbnail, "thumbnail", *media.thumbnail_size, files)
    if media.cover is not None:
        told["cover"] = [_size_json(media.cover, "photo", *media.cover_size, files)]
    if media.kind == "animation":
        # an animation is told twice, for clients that know no animations
        return {"animation": told, "document": told}
    return {media.kind: told}
