"""Streams text from an OpenAI-compatible endpoint over HTTP."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from rag.errors import GenerationError
from rag.generate.protocol import Prompt, Text


class Endpoint:
    """A generator behind ``POST {endpoint}/chat/completions``. The key comes from an environment variable and is never logged."""

    def __init__(self, endpoint: str, model: str, key_variable: str, *, timeout: float = 120.0) -> None:
        """``timeout``: seconds without data after which a call gives up.

        Raises :class:`GenerationError` if the endpoint is not an HTTP address."""
        if not endpoint.startswith(("http://", "https://")):
            raise GenerationError(f"generation.endpoint is {endpoint!r}; give the base address of an OpenAI-compatible "
                                  "server, for example http://127.0.0.1:8000/v1")
        self.name = f"openai:{model}"
        self._url = f"{endpoint.rstrip('/')}/chat/completions"
        self._model, self._key_variable, self._timeout = model, key_variable, timeout

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Text:
        """Yields pieces of the text as they arrive; see :class:`~rag.generate.Generator`."""
        import httpx

        body = {"model": self._model, "messages": prompt.messages(), "max_tokens": max_tokens, "temperature": 0,
                "stream": True, **({"stop": list(stop)} if stop else {})}
        key = os.environ.get(self._key_variable)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            timeout = httpx.Timeout(self._timeout, connect=5.0)
            with httpx.stream("POST", self._url, json=body, headers=headers, timeout=timeout) as response:
                if response.is_error:
                    response.read()
                    raise GenerationError(f"{self._url}: {_reason(response)}")
                for line in response.iter_lines():
                    yield from _text_of(line)
        except httpx.HTTPError as error:
            raise GenerationError(f"{self._url}: no answer ({error}); check generation.endpoint and that the server "
                                  "is up") from error
        return None


def _reason(response: Any) -> str:
    """Returns the status and the message of an error response."""
    hint = "; set the key's environment variable (generation.api_key_env)" if response.status_code in (401, 403) else ""
    return f"{response.status_code} {' '.join(response.text.split())[:200]}{hint}"


def _text_of(line: str) -> Iterator[str]:
    """Yields the text of a line of a server-sent stream. Raises :class:`GenerationError` for an error in it.

    >>> list(_text_of('data: {"choices": [{"delta": {"content": "47"}}]}')), list(_text_of("data: [DONE]"))
    (['47'], [])
    """
    data = line.removeprefix("data:").strip()
    if not line.startswith("data:") or data == "[DONE]":
        return
    try:
        chunk = json.loads(data)
    except json.JSONDecodeError as error:
        raise GenerationError(f"the endpoint sent a line that is no JSON: {data[:80]!r}") from error
    if "error" in chunk:
        raise GenerationError(f"the endpoint reports: {str(chunk['error'])[:200]}")
    for choice in chunk.get("choices") or ():
        text = (choice.get("delta") or {}).get("content")
        if text:
            yield text
