"""Wenbao 问报."""
