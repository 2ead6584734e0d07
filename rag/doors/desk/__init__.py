"""What people at the desk add by hand: corrections, notes, removed sources, kept answers. It outlives every rebuild of the index."""

from rag.doors.desk.signature import sign, signed_by
from rag.doors.desk.store import FILE, UPLOADS, DeskStore, Note

__all__ = ["FILE", "UPLOADS", "DeskStore", "Note", "sign", "signed_by"]
