// All that a viewer can change lives here; nothing of it is kept elsewhere or told to another browser.

export const state = {
  film: null,
  week: 0,
  playing: false,
  speed: 4, // weeks a second
  arm: "with", // the map a phone shows
  lang: "en",
  size: "a",
  mode: "open", // guess: open, asking, revealed
  guess: { way: "", villages: 50 },
  answer: false, // what was guessed stands beside what the model counts
  differ: false, // pale out everybody who is the same on both sides
  kiosk: false,
  shown: ["violent", "attitude", "trust", "marriages"],
  counted: "violent", // the measure of the hundred villages
  person: -1,
  side: "with", // the map on which a person was chosen
  ties: false, // ties between quarters, drawn over the map
  held: false, // an arrow key is held down
  recording: false,
  view: { zoom: 1, x: 0.5, y: 0.5 },
  // what is asked of the server
  scenario: "",
  programme: "",
  seed: 1,
  off: false,
  choices: {},
  earlier: [], // changes that count from earlier weeks: {from_week, choices}
  since: "now", // a moved control counts from this week on, or from the start
  fromWeek: 0,
  shocks: {},
  busy: false,
  mistakes: [],
  villages: null,
  fans: 0, // how often ranges came; a number, so that each coming is a change
};

const listeners = [];

/** Call `then(changed)` with the set of changed names after every change. */
export function watch(then) {
  listeners.push(then);
}

/** Change some of the state and tell everybody once. */
export function change(patch) {
  const changed = new Set();
  for (const [name, value] of Object.entries(patch)) {
    if (state[name] !== value || typeof value === "object") {
      state[name] = value;
      changed.add(name);
    }
  }
  if (changed.size) for (const then of listeners) then(changed);
}

/** Return the last week that may be shown: while the hall guesses, the end of year one. */
export function lastWeek() {
  const weeks = state.film ? state.film.weeks : 0;
  return state.mode === "asking" ? Math.min(52, Math.floor(weeks / 2) || weeks, weeks) : weeks;
}

/** Whether the side with the programme must stay unseen. */
export function covered() {
  return state.mode === "asking";
}
