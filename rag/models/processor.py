"""Tells what arithmetic the processor has."""

from __future__ import annotations


def has_bfloat16() -> bool:
    """Tells whether OpenVINO reports native bfloat16 arithmetic."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
