// The facilitator's keys, so that a whole session runs without a mouse.
import { goTo, playOrPause } from "./clock.js";
import { reveal, turnGuess } from "./guess.js";
import { change, lastWeek, state } from "./state.js";

/** Listen to keys; `acts` holds what other parts of the page do. */
export function bindKeys(acts) {
  const keys = {
    " ": playOrPause,
    arrowright: (event) => goTo(state.week + (event.shiftKey ? 4 : 1)),
    arrowleft: (event) => goTo(state.week - (event.shiftKey ? 4 : 1)),
    home: () => goTo(0),
    end: () => goTo(lastWeek()),
    g: turnGuess,
    r: reveal,
    l: acts.nextLanguage,
    f: acts.fullScreen,
    t: acts.nextSize,
    b: () => change({ ties: !state.ties }),
    v: acts.video,
    d: () => change({ differ: !state.differ }),
    p: acts.nextPerson,
    s: acts.sources,
    k: () => change({ kiosk: !state.kiosk }),
    "+": acts.closer,
    "=": acts.closer,
    "-": () => acts.zoom(1 / 1.5),
    "?": acts.help,
    escape: () => change({ person: -1, kiosk: false }),
  };
  document.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (event.ctrlKey && PAN[key] && state.view.zoom > 1) {
      event.preventDefault();
      acts.pan(...PAN[key]);
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const on = event.target.closest("input, select, textarea, button, summary, a");
    const typing = on && on.matches("select, textarea, input:not([type=radio])");
    const pressing = on && on.matches("button, summary, a") && (key === " " || key === "enter");
    const moving = on && on.matches("input, select") && (/^(arrow|home|end)/.test(key) || (key === " " && !on.matches("[type=range]")));
    const open = document.querySelector("dialog[open]");
    if (pressing || moving || (typing && !on.matches("[type=range], select")) || (open && key !== "?")) return;
    if (on && on.matches("select")) return; // letters search in a list
    const act = keys[key] || keys[BY_PLACE[event.code]];
    if (!act || (event.repeat && !key.startsWith("arrow"))) return;
    event.preventDefault();
    if (event.repeat && !state.held) change({ held: true });
    act(event);
  });
  for (const [at, name] of [[document, "keyup"], [window, "blur"]]) at.addEventListener(name, () => state.held && change({ held: false }));
  // Who clicks with a mouse and then presses Space wants to play, not to press the same button once more.
  let pointed = false;
  document.addEventListener("pointerdown", () => (pointed = true), true);
  document.addEventListener("keydown", () => (pointed = false), true);
  const leave = (event) => {
    const at = event.target.closest("button, summary, select, input[type=range]");
    if (pointed && at && !at.closest("dialog")) at.blur();
  };
  document.addEventListener("click", (event) => event.target.closest("button, summary") && leave(event));
  document.addEventListener("change", leave);
}

const PAN = { arrowleft: [-0.2, 0], arrowright: [0.2, 0], arrowup: [0, -0.2], arrowdown: [0, 0.2] };

// With a Cyrillic keyboard the key in the place of G gives another letter: the place counts then.
const BY_PLACE = Object.fromEntries([..."grlftdpskbv"].map((letter) => [`Key${letter.toUpperCase()}`, letter]));
BY_PLACE.Slash = "?";
