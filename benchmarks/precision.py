"""Milliseconds in which the generator's graph reads so many tokens at once, in bfloat16 and in float32 (``precision.md``).

    python benchmarks/precision.py          with nothing else on the machine
"""

from __future__ import annotations

import time

import openvino
from run import write_table

from rag.config import Generation
from rag.generate.openvino import prepare
from rag.generate.precision import _feed, _measured_seconds, precision_of
from rag.models import resolve

COUNTS = (1, 2, 4, 16, 32, 64, 128, 256, 512)
TRIES = 3


def main() -> None:
    """A line for each precision; the last column is the trial that the program makes."""
    folder = prepare(resolve(Generation().model))
    rows = []
    for name in ("bf16", "f32"):
        compiled = openvino.Core().compile_model(folder / "openvino_model.xml", "CPU", {"INFERENCE_PRECISION_HINT": name})
        request = compiled.create_infer_request()
        cells = []
        for count in COUNTS:
            tries = []
            for _ in range(TRIES):
                request.reset_state()
                _feed(request, compiled, 0, 8)
                began = time.perf_counter()
                _feed(request, compiled, 8, count)
                tries.append(time.perf_counter() - began)
            cells.append(f"{1000 * min(tries):.0f}")
        del request, compiled
        rows.append([name, *cells, f"{1000 * _measured_seconds(folder, name, 0):.0f}"])
    write_table("precision", f"Milliseconds for so many tokens at once, and for the trial; here {precision_of(folder)} is taken",
                ["precision", *map(str, COUNTS), "trial"], rows, "precision.py")


if __name__ == "__main__":
    main()
