"""Signs the answers of this desk, so that only its own answers are saved, exported or shared in its name."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

_UNSIGNED_FIELDS = ("signature", "answer_id", "id")


def sign(receipt: Mapping[str, Any], secret: bytes) -> str:
    """Returns the HMAC-SHA256 [1]_ of an answer, in hexadecimal.

    The order of keys and the fields that the desk adds do not matter.

    >>> sign({"answer": "47个[1]", "refused": False}, b"k") == sign({"refused": False, "answer": "47个[1]", "id": "q1"}, b"k")
    True

    .. [1] RFC 2104, *HMAC: Keyed-Hashing for Message Authentication*.
    """
    signed = {key: value for key, value in receipt.items() if key not in _UNSIGNED_FIELDS}
    text = json.dumps(_canonical(signed), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _canonical(value: Any) -> Any:
    """Converts whole floats to integers, because browsers send 1.0 back as 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return value


def signed_by(receipt: Mapping[str, Any], secret: bytes) -> bool:
    """Tells whether an answer has the signature of this desk.

    >>> receipt = {"answer": "47个[1]"}
    >>> signed_by({**receipt, "signature": sign(receipt, b"k")}, b"k"), signed_by(receipt, b"k")
    (True, False)
    """
    signature = receipt.get("signature")
    return isinstance(signature, str) and hmac.compare_digest(signature.encode(), sign(receipt, secret).encode())
