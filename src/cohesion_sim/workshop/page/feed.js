// Where films come from: the server of this machine, asked anew after every change, or the bytes in this very file.
import { decode, gunzip } from "./film.js";
import { change, state } from "./state.js";
import { t } from "./words.js";

const PAUSE = 180; // milliseconds without a further change before the server is asked
let [timer, running, again, listening] = [0, false, false, null];

/** Return bytes embedded in the page: its words, and in a file the film; nothing when they are not there. */
export function embedded(name) {
  const at = document.getElementById(name);
  if (!at) return null;
  const text = atob(at.textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes;
}

/** Show the film of this file. */
export async function showEmbedded(bytes) {
  if (typeof DecompressionStream === "undefined") {
    change({ mistakes: [t("This browser is too old to unpack the film. Please open the file in a newer one.")] });
    return;
  }
  const film = decode(await gunzip(bytes));
  change({ film, ...asked(film), ...firstShown(film), villages: kept(film) });
}

/** Return what the header says was asked. */
function asked(film) {
  const { scenario, programme, seed } = film.header;
  return { scenario, programme: programme.name, seed };
}

/** Return what is shown first: what the scenario puts first, then what every hall asks about. */
function firstShown(film) {
  const names = [(film.header.headline || [])[0], "violent", "attitude", "trust", "marriages"].filter((name) => film.names.includes(name));
  return { shown: [...new Set(names)].slice(0, 4) };
}

function kept(film) {
  const known = film.header.villages_of_100 || film.header.hundred;
  if (!known) return null;
  const values = {};
  for (const [name, one] of Object.entries(known)) if (one && one.values) values[name] = one.values;
  return { n: known.n, values };
}

/** Return the body of every request: all that this viewer has chosen. */
export function body() {
  const { scenario, programme, seed, choices, fromWeek, earlier, shocks, off } = state;
  return { scenario, programme, seed, choices, from_week: fromWeek, earlier, shocks, off };
}

/** Ask for a new film soon. Requests are queued one deep: the last wish always comes true, none is lost silently. */
export function ask() {
  clearTimeout(timer);
  change({ busy: true });
  timer = setTimeout(run, PAUSE);
}

async function run() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  if (listening) listening.abort();
  try {
    const reply = await post("/twin", body());
    const bytes = new Uint8Array(await reply.arrayBuffer());
    const film = decode(await gunzip(bytes));
    const other = !state.film || state.film.header.scenario !== film.header.scenario;
    change({ film, mistakes: [], villages: kept(film), ...(other ? firstShown(film) : {}) });
  } catch (trouble) {
    change({ mistakes: trouble.mistakes || [t("The program on this computer does not answer. Is its window still open?")] });
    change({ busy: again });
    return;
  } finally {
    running = false;
    if (again) {
      again = false;
      run();
    }
  }
  if (!running) {
    change({ busy: false });
    hundred();
  }
}

/** Send a body; throw with the mistakes the server names. */
export async function post(path, what, signal) {
  const reply = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(what),
    signal,
  });
  if (reply.ok) return reply;
  const said = await reply.json().catch(() => ({}));
  throw Object.assign(new Error("refused"), { mistakes: said.mistakes });
}

/** Listen to the hundred villages, pair by pair, until they are done or something else is asked. */
async function hundred() {
  const mine = new AbortController();
  listening = mine;
  const villages = { n: 0, values: {} };
  change({ villages });
  try {
    const reply = await post("/villages", body(), mine.signal);
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.trim()) take(villages, JSON.parse(line));
      if (listening !== mine) return;
      change({ villages });
    }
  } catch (trouble) {
    if (listening === mine && trouble.mistakes) change({ mistakes: trouble.mistakes });
  }
}

function take(villages, line) {
  if (line.values) {
    villages.n++;
    for (const [name, pair] of Object.entries(line.values)) (villages.values[name] ||= []).push(pair);
  }
  if (line.fans) {
    const { planes, weeks, names } = state.film;
    for (const arm of ["without", "with"]) {
      const plane = new Float32Array(names.length * 5 * (weeks + 1)).fill(NaN);
      for (const [name, rows] of Object.entries(line.fans[arm] || {})) {
        const at = names.indexOf(name);
        rows.forEach((row, q) => row.forEach((one, week) => (plane[(at * 5 + q) * (weeks + 1) + week] = one ?? NaN)));
      }
      planes[`fan.${arm}`] = plane;
    }
    change({ fans: true });
  }
}
