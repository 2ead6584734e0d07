// The line between the view and the reading pane: drawn with the pointer or the arrow keys, and remembered.

import { byId } from "./dom.js";
import { keep, setting } from "./store.js";

const [LEAST, MOST, USUAL, STEP] = [25, 65, 41, 2];
let share = setting("pane", USUAL);

// Wires the line; shares are in per cent of the window.
export function start() {
  const line = byId("divider");
  line.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    move(share + step);
  });
  line.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
    line.onpointermove = (moved) => move((1 - moved.clientX / innerWidth) * 100);
  });
  line.addEventListener("pointerup", () => {
    line.onpointermove = null;
  });
  line.addEventListener("dblclick", () => move(USUAL));
  move(share);
}

// Gives the pane this share of the window.
function move(wanted) {
  share = Math.round(Math.min(MOST, Math.max(LEAST, wanted)));
  byId("pane").style.setProperty("--share", `${share}vw`);
  const told = { "aria-valuenow": share, "aria-valuemin": LEAST, "aria-valuemax": MOST };
  for (const [name, value] of Object.entries(told)) byId("divider").setAttribute(name, String(value));
  keep("pane", share === USUAL ? null : share);
}
