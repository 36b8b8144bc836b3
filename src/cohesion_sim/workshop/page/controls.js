// What can be chosen on the live page: the programme, its sessions, seats and the like, and what-if shocks.
import { ask } from "./feed.js";
import { hear } from "./hear.js";
import { change, state } from "./state.js";
import { fieldWords, labelWords, shockWords } from "./terms.js";
import { decimalsOf, num, t, titleOf } from "./words.js";

let built = "";
let shows = []; // of each control: brings its value up to date

/** Build the controls of the film's programme when it is another one; otherwise only bring values up to date. */
export function showControls(box, catalogue) {
  const film = state.film;
  if (!film) return;
  const { header } = film;
  const key = JSON.stringify([header.scenario, header.programme.name, state.lang, (header.choices || []).map((one) => one.name)]);
  if (key !== built) {
    built = key;
    shows = [];
    showProgrammes(box, catalogue);
    box.querySelector(".choices").replaceChildren(...(header.choices || []).map(choice));
    box.querySelector(".shocks").replaceChildren(...(header.shocks || []).map(shock));
  }
  box.querySelector("#programme").value = state.programme;
  box.querySelector("#scenario").value = state.scenario;
  for (const show of shows) show();
}

function showProgrammes(box, catalogue) {
  const pick = box.querySelector("#programme");
  const { scenario } = state.film.header;
  const known = (catalogue || []).find((one) => one.name === scenario || one.scenario === scenario);
  const list = known ? known.programmes : [state.film.header.programme];
  pick.replaceChildren(
    ...list.map((one) => Object.assign(document.createElement("option"), { value: one.name, textContent: titleOf(one.title, one.name) })),
  );
  const places = box.querySelector("#scenario");
  places.parentElement.hidden = !catalogue || catalogue.length < 2;
  places.replaceChildren(
    ...(catalogue || []).map((one) => Object.assign(document.createElement("option"), { value: one.name, textContent: titleOf(one.title, one.name) })),
  );
}

/** Return one number with a smaller and a larger button: large enough for a thumb, and typed by nobody. */
function choice(one) {
  const at = document.createElement("div");
  at.className = "choice";
  at.setAttribute("role", "group");
  const now = () => state.choices[one.name] ?? one.planned ?? one.value;
  const kind = t(labelWords(one.label, one.kind));
  const meaning = t(fieldWords(one));
  const label = document.createElement("span");
  label.className = "name";
  label.append(Object.assign(document.createElement("b"), { textContent: kind }), ` ${meaning}`);
  at.setAttribute("aria-label", `${kind} ${meaning}`);
  const value = document.createElement("output");
  const show = () => (value.textContent = num(now(), decimalsOf(one.step)));
  const button = (sign, text, words) => {
    const press = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    press.setAttribute("aria-label", `${words}: ${kind} ${meaning}`);
    press.addEventListener("click", () => {
      const next = Math.min(Math.max(now() + sign * one.step, one.low), one.high);
      const rounded = Number(next.toFixed(4));
      if (rounded === now()) return;
      change(moved(one.name, rounded));
      ask();
    });
    return press;
  };
  shows.push(show);
  at.append(label, button(-1, "−", t("less")), value, button(1, "+", t("more")));
  return at;
}

/**
 * Return the state after a control is moved: it rests on what counted in that week, so a wish for a later week does not
 * slip into earlier ones; what was changed for later weeks is undone, and all controls show it.
 */
function moved(name, value) {
  const week = weekOfChange();
  const all = [...state.earlier, { from_week: state.fromWeek, choices: state.choices }];
  const until = all.filter((one) => one.from_week <= week && Object.keys(one.choices).length);
  if (all.some((one) => one.from_week > week && Object.keys(one.choices).length)) hear(t("What was changed for later weeks is undone."));
  const base = until.length ? until[until.length - 1].choices : {};
  return { earlier: until.filter((one) => one.from_week < week).slice(-20), choices: { ...base, [name]: value }, fromWeek: week };
}

/** Return the week from which a moved control counts. */
function weekOfChange() {
  const inside = state.week > 0 && state.week < state.film.weeks;
  return state.since === "now" && inside ? state.week : 0;
}

function shock(one) {
  const at = document.createElement("button");
  at.type = "button";
  at.className = "shock";
  const now = () => state.shocks[one.key] ?? { on: false, week: one.week }; // the header tells of the last film, not of the wish
  const show = () => {
    at.setAttribute("aria-pressed", String(now().on));
    at.textContent = `${now().on ? "✓ " : ""}${t(shockWords(one))}, ${t("week {n}", { n: now().week })}`;
  };
  at.addEventListener("click", () => {
    const on = !now().on;
    const week = on && state.week > 0 && state.week < state.film.weeks ? state.week : now().week;
    change({ shocks: { ...state.shocks, [one.key]: { on, week } } });
    ask();
  });
  shows.push(show);
  return at;
}

/** Listen to the selects of the programme and of what counts from when. */
export function bindControls(box) {
  box.querySelector("#programme").addEventListener("change", (event) => {
    change({ programme: event.target.value, choices: {}, earlier: [], fromWeek: 0 });
    ask();
  });
  box.querySelector("#scenario").addEventListener("change", (event) => {
    change({ scenario: event.target.value, programme: "", choices: {}, earlier: [], shocks: {}, fromWeek: 0, off: false, week: 0, person: -1 });
    ask();
  });
  box.querySelector("#since").addEventListener("change", (event) => change({ since: event.target.value }));
  box.querySelector("#off").addEventListener("click", () => {
    change({ off: !state.off });
    ask();
  });
  box.querySelector("#undo").addEventListener("click", () => {
    change({ choices: {}, earlier: [], shocks: {}, off: false, fromWeek: 0 });
    ask();
  });
  box.querySelector("#luck").addEventListener("click", () => {
    change({ seed: state.seed + 1, person: -1 });
    ask();
  });
}
