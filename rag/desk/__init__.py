"""What people at the desk add by hand: corrections, notes, removed sources, kept answers. It outlives every rebuild of the index."""

from rag.desk.signature import sign, signed_by
from rag.desk.store import FILE, UPLOADS, DeskStore, Note

__all__ = ["FILE", "UPLOADS", "DeskStore", "Note", "sign", "signed_by"]
