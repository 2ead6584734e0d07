"""``desk.sqlite`` beside the index: corrections, notes, removed sources, saved answers, and names mentioned in articles.

Entries refer to content (article ids, source names, quotations), so they stay valid after a rebuild.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import StoreError

FILE = "desk.sqlite"
UPLOADS = "uploads"  # folder beside it for pages added at the desk
_SCHEMA = """
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS corrections (
    article_id TEXT NOT NULL, source TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, made TEXT NOT NULL,
    PRIMARY KEY (article_id, field));
CREATE TABLE IF NOT EXISTS removed (source TEXT PRIMARY KEY, made TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
    note_id TEXT PRIMARY KEY, source TEXT NOT NULL, article_id TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    quote TEXT NOT NULL, text TEXT NOT NULL, tags TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (answer_id TEXT PRIMARY KEY, receipt TEXT NOT NULL, kept TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS examples (generation TEXT PRIMARY KEY, questions TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mentions (article_id TEXT PRIMARY KEY, zones TEXT NOT NULL, persons TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Note:
    """A note on the span ``[start:end]`` of a raw page; ``quote`` is the text of the span when the note was written."""

    note_id: str
    source: str
    article_id: str
    start: int
    end: int
    quote: str
    text: str
    tags: tuple[str, ...]
    created: str


class DeskStore:
    """An open ``desk.sqlite``; safe to use from several threads.

    >>> desk = DeskStore(":memory:")
    >>> desk.remove("seeds/a.txt"); desk.removed()
    {'seeds/a.txt'}
    """

    def __init__(self, file: Path | str) -> None:
        """Raises :class:`StoreError` if the file is damaged or cannot be written."""
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(file, check_same_thread=False, timeout=10)
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise StoreError(f"{file}: notes and corrections cannot be opened ({error}); move the file away to begin anew") from error

    @classmethod
    def open(cls, folder: Path) -> DeskStore:
        """Opens or creates the file in an index folder. Raises :class:`StoreError` if the folder cannot be created."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be made ({error.strerror}); set index.dir to another folder") from error
        return cls(folder / FILE)

    @contextmanager
    def _writing(self) -> Any:
        with self._lock, self._connection:
            yield self._connection

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def secret(self) -> bytes:
        """Returns the key that signs the answers of this desk; created once."""
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO secrets VALUES ('signature', ?)", (secrets.token_bytes(32),))
        return bytes(self._rows("SELECT value FROM secrets WHERE name = 'signature'")[0][0])

    # -- corrections and removed sources --------------------------------------------------------------------

    def correct(self, article_id: str, source: str, field: str, value: str | None) -> None:
        """Stores a correction of ``title``, ``byline`` or ``date``; ``None`` deletes it."""
        with self._writing() as connection:
            connection.execute("DELETE FROM corrections WHERE article_id = ? AND field = ?", (article_id, field))
            if value is not None:
                connection.execute("INSERT INTO corrections VALUES (?, ?, ?, ?, ?)", (article_id, source, field, value, _now()))

    def corrections(self) -> dict[str, dict[str, dict[str, str]]]:
        """Returns source → article id → field → corrected value."""
        out: dict[str, dict[str, dict[str, str]]] = {}
        for article_id, source, field, value in self._rows(
                "SELECT article_id, source, field, value FROM corrections ORDER BY article_id, field"):
            out.setdefault(source, {}).setdefault(article_id, {})[field] = value
        return out

    def remove(self, source: str) -> None:
        """Marks a source as removed; its file stays."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO removed VALUES (?, ?)", (source, _now()))

    def restore(self, source: str) -> None:
        """Withdraws the removal of a source."""
        with self._writing() as connection:
            connection.execute("DELETE FROM removed WHERE source = ?", (source,))

    def removed(self) -> set[str]:
        """Returns the names of the removed sources."""
        return {name for (name,) in self._rows("SELECT source FROM removed")}

    def last_removed(self) -> str:
        """Returns the source that was removed last and not restored, or ``""``."""
        rows = self._rows("SELECT source FROM removed ORDER BY made DESC, rowid DESC LIMIT 1")
        return rows[0][0] if rows else ""

    # -- notes ----------------------------------------------------------------------------------------------

    def add_note(self, source: str, article_id: str, span: tuple[int, int], quote: str, text: str, tags: Iterable[str]) -> Note:
        """Stores a note on a span of the raw page."""
        note = Note(secrets.token_urlsafe(12), source, article_id, span[0], span[1], quote, text, tuple(dict.fromkeys(tags)), _now())
        with self._writing() as connection:
            connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (
                note.note_id, source, article_id, note.start, note.end, quote, text, json.dumps(note.tags, ensure_ascii=False),
                note.created))
        return note

    def notes(self, note_id: str = "") -> list[Note]:
        """Returns all notes, newest first, or the one with an id."""
        where, values = ("WHERE note_id = ?", (note_id,)) if note_id else ("", ())
        rows = self._rows(f"SELECT * FROM notes {where} ORDER BY created DESC, rowid DESC", values)
        return [_note(row) for row in rows]

    def change_note(self, note_id: str, text: str | None, tags: Iterable[str] | None) -> Note:
        """Changes the text or the tags of a note. Raises :class:`StoreError` for an unknown id."""
        with self._writing() as connection:
            if text is not None:
                connection.execute("UPDATE notes SET text = ? WHERE note_id = ?", (text, note_id))
            if tags is not None:
                kept = json.dumps(list(dict.fromkeys(tags)), ensure_ascii=False)
                connection.execute("UPDATE notes SET tags = ? WHERE note_id = ?", (kept, note_id))
        found = self.notes(note_id)
        if not found:
            raise StoreError("no such note; it may have been deleted: reload the list")
        return found[0]

    def delete_note(self, note_id: str) -> bool:
        """Deletes a note; returns ``False`` if it did not exist."""
        with self._writing() as connection:
            return bool(connection.execute("DELETE FROM notes WHERE note_id = ?", (note_id,)).rowcount)

    # -- kept answers ---------------------------------------------------------------------------------------

    def keep_answer(self, receipt: Mapping[str, Any]) -> str:
        """Stores an answer and returns its random id; the same answer gets the same id."""
        serialised = json.dumps(receipt, ensure_ascii=False, sort_keys=True)
        with self._writing() as connection:
            found = connection.execute("SELECT answer_id FROM answers WHERE receipt = ?", (serialised,)).fetchone()
            answer_id = found[0] if found else secrets.token_urlsafe(16)
            connection.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", (answer_id, serialised, _now()))
        return answer_id

    def kept_answer(self, answer_id: str) -> tuple[dict[str, Any], str]:
        """Returns a stored answer and its time. Raises :class:`StoreError` for an unknown id."""
        rows = self._rows("SELECT receipt, kept FROM answers WHERE answer_id = ?", (answer_id,))
        if not rows:
            raise StoreError("no such answer was kept here; ask the question again")
        return json.loads(rows[0][0]), rows[0][1]

    # -- examples and names that articles mention --------------------------------------------------------------------------

    def examples(self, generation: str) -> list[str] | None:
        """Returns the example questions tested on a generation of the index; ``None`` if it was not tested."""
        rows = self._rows("SELECT questions FROM examples WHERE generation = ?", (generation,))
        return json.loads(rows[0][0]) if rows else None

    def keep_examples(self, generation: str, questions: Sequence[str]) -> None:
        """Stores the example questions of a generation and deletes older ones."""
        with self._writing() as connection:
            connection.execute("DELETE FROM examples")
            connection.execute("INSERT INTO examples VALUES (?, ?)", (generation, json.dumps(list(questions), ensure_ascii=False)))

    def mentions(self, article_ids: Iterable[str]) -> dict[str, tuple[list[str], list[str]]]:
        """Returns article id → its places and persons, for the articles processed so far."""
        wanted, found = list(article_ids), {}
        for at in range(0, len(wanted), 500):
            batch = wanted[at : at + 500]
            placeholders = ", ".join("?" * len(batch))
            for article_id, zones, persons in self._rows(f"SELECT * FROM mentions WHERE article_id IN ({placeholders})", batch):
                found[article_id] = (json.loads(zones), json.loads(persons))
        return found

    def add_mentions(self, found: Mapping[str, tuple[Sequence[str], Sequence[str]]]) -> None:
        """Stores the places and persons of articles."""
        with self._writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO mentions VALUES (?, ?, ?)", [
                (article_id, json.dumps(list(zones), ensure_ascii=False), json.dumps(list(persons), ensure_ascii=False))
                for article_id, (zones, persons) in found.items()])


def _note(row: tuple[Any, ...]) -> Note:
    note_id, source, article_id, start, end, quote, text, tags, created = row
    return Note(note_id, source, article_id, start, end, quote, text, tuple(json.loads(tags)), created)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
