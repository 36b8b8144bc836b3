// The facilitator's keys, so that a whole session runs without a mouse.
import { goTo, playOrPause } from "./clock.js";
import { endGuess, reveal, startGuess } from "./guess.js";
import { change, lastWeek, state } from "./state.js";

/** Listen to keys; `acts` holds what other parts of the page do. */
export function bindKeys(acts) {
  const keys = {
    " ": playOrPause,
    arrowright: (event) => goTo(state.week + (event.shiftKey ? 4 : 1)),
    arrowleft: (event) => goTo(state.week - (event.shiftKey ? 4 : 1)),
    home: () => goTo(0),
    end: () => goTo(lastWeek()),
    g: () => (state.mode === "open" ? startGuess() : endGuess()),
    r: reveal,
    l: acts.nextLanguage,
    f: acts.fullScreen,
    t: acts.nextSize,
    d: () => change({ differ: !state.differ }),
    p: acts.nextPerson,
    s: acts.sources,
    k: () => change({ kiosk: !state.kiosk }),
    "+": () => acts.zoom(1.5),
    "=": () => acts.zoom(1.5),
    "-": () => acts.zoom(1 / 1.5),
    "?": acts.help,
    escape: () => change({ person: -1, kiosk: false }),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const on = event.target.closest("input, select, textarea, button, summary, a");
    const key = event.key.toLowerCase();
    const typing = on && on.matches("select, textarea, input:not([type=radio])");
    const pressing = on && on.matches("button, summary, a") && (key === " " || key === "enter");
    const moving = on && on.matches("input, select") && /^(arrow|home|end| )/.test(key);
    const open = document.querySelector("dialog[open]");
    if (pressing || moving || (typing && !on.matches("[type=range], select")) || (open && key !== "?")) return;
    if (on && on.matches("select")) return; // letters search in a list
    const act = keys[key] || keys[BY_PLACE[event.code]];
    if (!act || (event.repeat && !key.startsWith("arrow"))) return;
    event.preventDefault();
    act(event);
  });
}

// With a Cyrillic keyboard the key in the place of G gives another letter: the place counts then.
const BY_PLACE = Object.fromEntries([..."grlftdpsk"].map((letter) => [`Key${letter.toUpperCase()}`, letter]));
BY_PLACE.Slash = "?";
