// A finger or a mouse on a map: tap a person, pull, come closer. Both sides move together.
import { choose } from "./person.js";
import { change, state } from "./state.js";

/** Come closer by a factor, or go back; round the middle of what is seen, or another. */
export function zoom(factor, { x, y } = state.view) {
  const next = Math.min(Math.max(state.view.zoom * factor, 1), 12);
  const half = 0.5 / next;
  const within = (at) => Math.min(Math.max(at, half), 1 - half);
  change({ view: { zoom: next, x: within(x), y: within(y) } });
}

/** Take a step closer to somebody's home: the middle of a village is an empty square. */
export function closer() {
  zoom(1.5, state.film ? home() : state.view);
}

/** Show the whole village again. */
export function whole() {
  change({ view: { zoom: 1, x: 0.5, y: 0.5 } });
}

/** Return the home of the person who is read about when it is in sight, else the home next to the middle. */
function home() {
  const { zoom: scale, x: cx, y: cy } = state.view;
  const { x, y } = state.film.planes;
  const at = (person) => ({ x: x[person] / 65535, y: y[person] / 65535 });
  if (state.person >= 0) {
    const mine = at(state.person);
    if (Math.abs(mine.x - cx) * scale <= 0.5 && Math.abs(mine.y - cy) * scale <= 0.5) return mine;
  }
  let [best, found] = [Infinity, 0];
  for (let person = 0; person < state.film.n; person++) {
    const gap = (x[person] / 65535 - cx) ** 2 + (y[person] / 65535 - cy) ** 2;
    if (gap < best) [best, found] = [gap, person];
  }
  return at(found);
}

/** Move the part of the village that is seen, by parts of the map; nothing is left to see beyond its borders. */
export function pan(dx, dy) {
  const { zoom: scale, x, y } = state.view;
  if (scale === 1) return;
  const half = 0.5 / scale;
  const within = (at) => Math.min(Math.max(at, half), 1 - half);
  change({ view: { zoom: scale, x: within(x + dx / scale), y: within(y + dy / scale) } });
}

/** Listen to the map of a side. */
export function bindMap({ stage, map }, arm) {
  const at = new Map();
  let [moved, spread] = [0, 0];
  const gap = () => {
    const [a, b] = [...at.values()];
    return b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  stage.querySelector(".nearer").addEventListener("click", closer);
  stage.querySelector(".farther").addEventListener("click", () => zoom(1 / 1.5));
  stage.querySelector(".whole").addEventListener("click", whole);
  const canvas = stage.querySelector(".events");
  canvas.addEventListener("pointerdown", (event) => {
    at.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    canvas.setPointerCapture(event.pointerId);
    if (at.size === 1) moved = 0;
    spread = gap();
  });
  canvas.addEventListener("pointermove", (event) => {
    const from = at.get(event.pointerId);
    if (!from) return;
    const [dx, dy] = [event.offsetX - from.x, event.offsetY - from.y];
    at.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    moved += Math.abs(dx) + Math.abs(dy);
    if (at.size === 2 && spread) {
      const now = gap();
      zoom(now / spread);
      spread = now;
    } else if (state.view.zoom > 1) {
      pan(-dx / canvas.clientWidth, -dy / canvas.clientHeight);
    }
  });
  const leave = (event) => {
    at.delete(event.pointerId);
    if (event.type === "pointerup" && moved < 8 && !at.size) choose(map.personAt(event.offsetX, event.offsetY), arm);
  };
  canvas.addEventListener("pointerup", leave);
  canvas.addEventListener("pointercancel", leave);
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && state.view.zoom === 1) return; // the wheel moves the page
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    },
    { passive: false },
  );
}
