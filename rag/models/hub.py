"""Fetches model files from the Hugging Face hub or the endpoint in ``HF_ENDPOINT``."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from rag.errors import ModelError

log = logging.getLogger(__name__)

_TIMEOUT = 3.0  # seconds
_MODEL_FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]


def hub_answers(repository: str) -> bool:
    """Tells whether the hub confirms within three seconds that it has a repository."""
    import httpx

    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    try:
        return httpx.get(f"{endpoint}/api/models/{repository}", timeout=_TIMEOUT, follow_redirects=True).is_success
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.info("the hub does not answer (%s)", error)
        return False


def fetch_hub(repository: str, partial: Path, files: list[str]) -> None:
    """Downloads files of a repository to ``partial``; no names means all files of a model. Resumes.

    Raises :class:`ModelError` if the hub refuses or the connection breaks.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    endpoint = os.environ.get("HF_ENDPOINT")
    try:
        snapshot_download(repository, local_dir=partial, allow_patterns=files or _MODEL_FILES, endpoint=endpoint,
                          etag_timeout=_TIMEOUT, max_workers=2)
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise ModelError(f"{repository}: the hub broke off ({' '.join(str(error).split())[:200]}); try again, or name "
                         "a local model folder in config.yaml") from error
    shutil.rmtree(partial / ".cache", ignore_errors=True)
    if not any(file.is_file() for file in partial.rglob("*")):
        raise ModelError(f"{repository}: the hub has none of the files {files or _MODEL_FILES}; check the model's name")
