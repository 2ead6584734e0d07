"""Stores what users add at the desk: corrections, notes, removed sources, saved answers. A rebuild of the index keeps it."""

from rag.doors.desk.signature import sign, signed_by
from rag.doors.desk.store import FILE, UPLOADS, DeskStore, Note

__all__ = ["FILE", "UPLOADS", "DeskStore", "Note", "sign", "signed_by"]
