"""What OpenAI's clients are told: an answer as a chat completion or as a response, whole or in events, with its citations."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import quote
from uuid import uuid4

from rag.records import Answer, Citation, Turn

if TYPE_CHECKING:
    from rag.doors.service.library import Library

_PIECE = re.compile(r".{1,24}", re.S)  # what one delta carries, characters
_MARK = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Asked:
    """A question with its history, who asks it, and where its quotations are to be found."""

    question: str
    history: tuple[Turn, ...]
    client: str
    base_url: str


class Door(Protocol):
    """What an answer is told with: the archive, the name of the model, and the tokens that were sent and answered."""

    @property
    def library(self) -> Library:
        """Returns the archive."""

    @property
    def name(self) -> str:
        """Returns the name of the model."""

    def usage(self, asked: Asked, answer: Answer) -> tuple[int, int] | None:
        """Tokens that were sent and that were answered, where they can be counted."""


def permalink(base_url: str, citation: Citation) -> str:
    """Returns the address of a quotation in the desk.

    >>> permalink("http://a", Citation(1, "f3", "", "", "", "", "", "text", "47个", 5, 8, ((5, 8),)))
    'http://a/#/article/f3?field=text&start=5&end=8'
    """
    item = f"&item={citation.item}" if citation.item else ""
    place = f"field={citation.field}&start={citation.start}&end={citation.end}{item}"
    return f"{base_url}/#/article/{quote(citation.article_id, safe='')}?{place}"


def url_citations(answer: Answer, base_url: str) -> list[dict[str, Any]]:
    """For each ``[1]`` of the answer where it stands in it, ``[start_index, end_index)``, and what it refers to."""
    cited = {citation.number: citation for citation in answer.citations}
    return [{"start_index": mark.start(), "end_index": mark.end(), "url": permalink(base_url, citation), "title": citation.title}
            for mark in _MARK.finditer(answer.text) if (citation := cited.get(int(mark[1])))]


class Chat:
    """An answer as a chat completion."""

    def __init__(self, door: Door, asked: Asked, counted: bool) -> None:
        self.door, self.asked, self._counted = door, asked, counted
        self._head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": door.name}

    def whole(self, answer: Answer) -> dict[str, Any]:
        """Returns the whole answer."""
        message = {"role": "assistant", "content": answer.text, "refusal": None, **self._beside(answer)}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {**self._head, "object": "chat.completion", "choices": [choice], **self._usage(answer)}

    def begin(self) -> Iterator[str]:
        """Returns what is told before the answer is there."""
        yield self._chunk({"role": "assistant", "content": ""})

    def end(self, answer: Answer) -> Iterator[str]:
        """Returns the answer in events."""
        for piece in _PIECE.findall(answer.text):
            yield self._chunk({"content": piece})
        yield self._chunk(self._beside(answer), "stop")
        if self._counted and (usage := self._usage(answer)):
            yield self._event({"choices": [], **usage})
        yield "data: [DONE]\n\n"

    def failed(self, error: dict[str, Any]) -> Iterator[str]:
        """Returns an error after the first event."""
        yield f"data: {ascii_json({'error': error})}\n\n"

    def _beside(self, answer: Answer) -> dict[str, Any]:
        cited = url_citations(answer, self.asked.base_url)
        return {"annotations": [{"type": "url_citation", "url_citation": one} for one in cited],
                "wenbao": self.door.library.receipt(answer)}

    def _usage(self, answer: Answer) -> dict[str, Any]:
        if (counted := self.door.usage(self.asked, answer)) is None:
            return {}
        return {"usage": {"prompt_tokens": counted[0], "completion_tokens": counted[1], "total_tokens": sum(counted)}}

    def _chunk(self, delta: dict[str, Any], finish: Literal["stop"] | None = None) -> str:
        return self._event({"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]})

    def _event(self, told: dict[str, Any]) -> str:
        return f"data: {ascii_json({**self._head, 'object': 'chat.completion.chunk', **told})}\n\n"


_PLAIN: Mapping[str, Any] = {
    "output": [], "error": None, "incomplete_details": None, "usage": None, "store": False, "previous_response_id": None,
    "instructions": None, "metadata": {}, "tools": [], "tool_choice": "none", "parallel_tool_calls": False, "temperature": None,
    "top_p": None, "text": {"format": {"type": "text"}},
}


class Responses:
    """An answer as a response with one message."""

    def __init__(self, door: Door, asked: Asked) -> None:
        self.door, self.asked, self._number = door, asked, -1
        self._id, self._message, self._created = f"resp_{uuid4().hex}", f"msg_{uuid4().hex}", int(time.time())

    def whole(self, answer: Answer) -> dict[str, Any]:
        """Returns the whole answer."""
        done = {"output": [self._item("completed", [self._part(answer)])], "completed_at": int(time.time())}
        return self._response("completed", **done, usage=self._usage(answer), wenbao=self.door.library.receipt(answer))

    def begin(self) -> Iterator[str]:
        """Returns what is told before the answer is there."""
        for name in ("created", "in_progress"):
            yield self._event(f"response.{name}", response=self._response("in_progress"))

    def end(self, answer: Answer) -> Iterator[str]:
        """Returns the answer in events."""
        item, part = {"output_index": 0}, {"item_id": self._message, "output_index": 0, "content_index": 0}
        whole, empty = self._part(answer), {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield self._event("response.output_item.added", **item, item=self._item("in_progress", []))
        yield self._event("response.content_part.added", **part, part=empty)
        for piece in _PIECE.findall(answer.text):
            yield self._event("response.output_text.delta", **part, delta=piece, logprobs=[])
        for at, cited in enumerate(whole["annotations"]):
            yield self._event("response.output_text.annotation.added", **part, annotation_index=at, annotation=cited)
        yield self._event("response.output_text.done", **part, text=answer.text, logprobs=[])
        yield self._event("response.content_part.done", **part, part=whole)
        yield self._event("response.output_item.done", **item, item=self._item("completed", [whole]))
        yield self._event("response.completed", response=self.whole(answer))

    def failed(self, error: dict[str, Any]) -> Iterator[str]:
        """Returns an error after the first event."""
        code = "rate_limit_exceeded" if error["type"] == "rate_limit_error" else "server_error"
        said = {"code": code, "message": error["message"]}
        yield self._event("response.failed", response=self._response("failed", error=said))

    def _part(self, answer: Answer) -> dict[str, Any]:
        cited = [{"type": "url_citation", **one} for one in url_citations(answer, self.asked.base_url)]
        return {"type": "output_text", "text": answer.text, "annotations": cited, "logprobs": []}

    def _item(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self._message, "type": "message", "role": "assistant", "status": status, "content": content}

    def _response(self, status: str, **more: Any) -> dict[str, Any]:
        return {"id": self._id, "object": "response", "created_at": self._created, "status": status, "model": self.door.name,
                **_PLAIN, **more}

    def _usage(self, answer: Answer) -> dict[str, Any] | None:
        if (counted := self.door.usage(self.asked, answer)) is None:
            return None
        return {"input_tokens": counted[0], "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": counted[1], "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": sum(counted)}

    def _event(self, name: str, **told: Any) -> str:
        self._number += 1
        return f"event: {name}\ndata: {ascii_json({'type': name, 'sequence_number': self._number, **told})}\n\n"


def ascii_json(value: Any) -> str:
    """JSON in ASCII, which every client reads alike."""
    return json.dumps(value, separators=(",", ":"))  # in ASCII: some clients take U+2028 for the end of a line
