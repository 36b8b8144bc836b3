// The page: who listens to what. Everything that is drawn follows from the state.
import { showLines, showMoney, showSources, showSurvey, showWorse } from "./account.js";
import { chart } from "./charts.js";
import { goTo, playOrPause, startClock } from "./clock.js";
import { bindControls, showControls } from "./controls.js";
import { ask, embedded, showEmbedded } from "./feed.js";
import { AROSE, BLOWS, eventOf, GATHERING, GROUP_FIGHT, gunzip, SETTLED, sessionsOf, VIOLENT } from "./film.js";
import { bindGuess, endGuess, reveal, showGuess, startGuess } from "./guess.js";
import { showHundred } from "./hundred.js";
import { saveFile, savePicture } from "./keep.js";
import { bindKeys } from "./keys.js";
import { painter } from "./map.js";
import { drawMark, SHAPES } from "./marks.js";
import { overlay } from "./overlay.js";
import { choose, nextPerson, showPerson, tiesShown } from "./person.js";
import { change, covered, lastWeek, state, watch } from "./state.js";
import { ATTITUDE_WORDS, EVENT_WORDS, labelWords, LANGUAGES, SESSION_WORDS, SHOCK_WORDS, TAGS } from "./terms.js";
import { bindMap, zoom } from "./touch.js";
import { isLarge, unitsOf } from "./units.js";
import { num, seasonOf, setWords, t, titleOf, translate } from "./words.js";

const find = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const root = document.documentElement;
const live = root.dataset.feed === "live";
const ARMS = ["without", "with"];
const NEAR = 1.9; // zoom at which households become people
let catalogue = null;
let units = {};

const maps = Object.fromEntries(
  ARMS.map((arm) => {
    const stage = find(`#map-${arm}`);
    const map = painter(stage.querySelector(".people"));
    return [arm, { stage, map, over: overlay(stage.querySelector(".events"), stage.querySelector(".signs"), arm, map) }];
  }),
);
const charts = all(".chart").map((box, slot) => {
  box.addEventListener("pick", ({ detail }) => change({ shown: state.shown.with(detail.slot, detail.name) }));
  return chart(box, slot);
});

// ---------------------------------------------------------------------------------------------- drawing
// Which sides are on the screen; asked once a change of layout, as each asking makes the browser lay out the page.
let seen = new Set();
const sees = (arm) => seen.has(arm);

function unitsNow() {
  const households = isLarge(state.film) && state.view.zoom < NEAR;
  const key = households ? "households" : "people";
  return (units[key] ||= unitsOf(state.film, households));
}

function refit() {
  if (!state.film) return;
  seen = new Set(ARMS.filter((arm) => !(arm === "with" && covered()) && maps[arm].stage.clientWidth > 0));
  for (const arm of ARMS) {
    const { map, over } = maps[arm];
    if (sees(arm)) {
      map.fit(state.film, unitsNow(), arm);
      over.fit(state.film);
    } else {
      map.cover();
      over.clear();
    }
  }
  paint();
}

function paint() {
  if (!state.film) return;
  for (const arm of ARMS) {
    if (!sees(arm)) continue;
    maps[arm].map.paint(state.week);
    maps[arm].over.draw(state.film, state.week, arm === "with" || covered() || state.arm === "without" ? tiesShown() : []);
  }
}

// ---------------------------------------------------------------------------------------------- words of this week
function tally(arm) {
  const { film, week } = state;
  const many = new Array(EVENT_WORDS.length).fill(0);
  for (const at of film.events[arm][week]) many[eventOf(film, arm, at).what]++;
  const said = sessionsOf(film, arm, week).map((one) => {
    const title = titleOf(one.label.title) || t(SHOCK_WORDS[one.label.kind] || labelWords(one.label.label, one.label.kind) || SESSION_WORDS[one.what]);
    const people = one.to - one.from;
    return people ? `${title} (${num(people)})` : title;
  });
  for (const what of [AROSE, SETTLED, VIOLENT, BLOWS, GROUP_FIGHT, GATHERING]) {
    if (many[what]) said.push(`${t(EVENT_WORDS[what])}: ${many[what]}`);
  }
  return said.length ? said.join(" · ") : t("a quiet week");
}

/** Write only what is new: writing makes the browser lay out the page. */
function say(at, words) {
  if (at.textContent !== words) at.textContent = words;
}

function sayWeek() {
  const { film, week } = state;
  const last = lastWeek();
  const scrub = find("#scrub");
  if (Number(scrub.max) !== last) scrub.max = last;
  if (Number(scrub.value) !== week) scrub.value = week;
  const when = week === 0 ? t("before the first week") : t("week {n} of {all}, {season}", { n: week, all: film.weeks, season: seasonOf(film.header.start, week) });
  scrub.setAttribute("aria-valuetext", when);
  say(find("#when"), when);
  for (const arm of ARMS) say(find(`#story-${arm}`), arm === "with" && covered() ? "" : week ? tally(arm) : "");
  root.dataset.week = week;
}

// ---------------------------------------------------------------------------------------------- the rest of the page
function sayTitles() {
  const { header } = state.film;
  find("#title").textContent = titleOf(header.title, header.scenario);
  find("#about").textContent = titleOf(header.description);
  find("#people").textContent = t("{n} people · luck no. {seed} · {programme}", {
    n: num(header.people), seed: header.seed, programme: titleOf(header.programme.title, header.programme.name),
  });
  document.title = `${titleOf(header.title, header.scenario)} – ${t("a village seen twice")}`;
  legend();
}

function swatch(shape, kind) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 44;
  canvas.setAttribute("aria-hidden", "true");
  drawMark(canvas.getContext("2d"), shape, kind, 22, 22, 16);
  return canvas;
}

function legend() {
  const entry = (picture, words) => {
    const at = document.createElement("li");
    at.append(picture, words);
    return at;
  };
  const headed = (words) => Object.assign(document.createElement("li"), { textContent: words, className: "head" });
  find("#scale").replaceChildren(headed(t("Attitude to others:")), ...ATTITUDE_WORDS.map((word, kind) => entry(swatch(0, kind), t(word))));
  const { header, planes } = state.film;
  const many = new Array(header.communities.length).fill(0);
  for (const one of planes.community) many[one]++;
  find("#shapes").replaceChildren(
    headed(t("Community:")),
    ...header.communities.map((one, at) => (many[at] ? entry(swatch(at % SHAPES, 2), titleOf(one.title, one.key)) : "")).filter(Boolean),
  );
  find("#unit").textContent = isLarge(state.film) && state.view.zoom < NEAR ? t("One mark is a household; come closer to see people.") : t("One mark is a person. Large marks are leaders.");
}

function sayAll() {
  root.lang = TAGS[state.lang];
  translate(document.body);
  find("#lang").value = state.lang;
  if (!state.film) return;
  sayTitles();
  sayWeek();
  showMoney(find("#money"));
  showLines(find("#money"));
  showSurvey(find("#survey"));
  showWorse(find("#worse"));
  showSources(find("#sources"));
  showHundred(find("#hundred"));
  showGuess(find("#cover"));
  showPerson(find("#person"));
  if (live) showControls(find("#controls"), catalogue);
  for (const one of charts) one.redraw();
}

function sayState() {
  root.dataset.lang = state.lang;
  root.dataset.mode = state.mode;
  root.dataset.arm = state.arm;
  root.dataset.size = state.size;
  root.dataset.playing = state.playing;
  root.dataset.busy = state.busy;
  root.dataset.kiosk = state.kiosk;
  root.dataset.ready = Boolean(state.film);
  const play = find("#play");
  play.textContent = state.playing ? t("▮▮ Pause") : t("▶ Play");
  find("#guess").textContent = state.mode === "open" ? t("Guess first") : t("End the guess");
  find("#reveal").hidden = state.mode !== "asking";
  find("#differ").disabled = covered();
  find("#off").setAttribute("aria-pressed", String(state.off));
  find("#differ").setAttribute("aria-pressed", String(state.differ));
  for (const arm of ARMS) find(`#show-${arm}`).setAttribute("aria-pressed", String(state.arm === arm));
  for (const size of ["a", "b", "c"]) find(`#size-${size}`).setAttribute("aria-pressed", String(state.size === size));
  find("#busy").textContent = state.busy ? t("computing both villages…") : "";
  find("#mistakes").replaceChildren(...state.mistakes.map((said) => Object.assign(document.createElement("p"), { textContent: typeof said === "string" ? said : said.message || JSON.stringify(said) })));
}

watch((changed) => {
  const any = (...names) => names.some((name) => changed.has(name));
  if (any("film")) units = {};
  if ([...changed].some((name) => name !== "week")) sayState(); // not at every frame of a film
  if (!state.film) return any("lang") ? sayAll() : undefined;
  if (any("film") && state.week > lastWeek()) state.week = lastWeek();
  if (any("film", "lang", "mode", "size", "fans")) sayAll();
  if (any("film", "mode", "size", "view", "arm", "kiosk", "lang")) refit();
  else if (any("week", "differ", "person", "playing", "told")) paint();
  if (any("week")) {
    sayWeek();
    for (const one of charts) one.move();
    showMoney(find("#money"));
    if (covered()) showGuess(find("#cover"));
  }
  if (any("week", "person", "told")) showPerson(find("#person"));
  if (any("view")) legend();
  if (any("shown")) for (const one of charts) one.redraw();
  if (any("guess")) showGuess(find("#cover"));
  if (any("villages", "counted", "guess")) showHundred(find("#hundred"));
});

// ---------------------------------------------------------------------------------------------- what one can press
const press = (id, act) => find(`#${id}`).addEventListener("click", act);
const nextOf = (list, now) => list[(list.indexOf(now) + 1) % list.length];
const acts = {
  nextLanguage: () => change({ lang: nextOf(Object.keys(LANGUAGES), state.lang) }),
  nextSize: () => change({ size: nextOf(["a", "b", "c"], state.size) }),
  nextPerson: () => choose(nextPerson(), live),
  fullScreen: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen().catch(() => undefined)),
  help: () => (find("#help").open ? find("#help").close() : find("#help").showModal()),
  sources: () => find("#sources").showModal(),
  zoom,
};

function bind() {
  press("play", playOrPause);
  press("back", () => goTo(state.week - 1));
  press("step", () => goTo(state.week + 1));
  press("reset", () => change({ week: 0, playing: false }));
  find("#scrub").addEventListener("input", (event) => change({ playing: false, week: Number(event.target.value) }));
  find("#speed").addEventListener("change", (event) => change({ speed: Number(event.target.value) }));
  find("#lang").addEventListener("change", (event) => change({ lang: event.target.value }));
  for (const size of ["a", "b", "c"]) press(`size-${size}`, () => change({ size }));
  for (const arm of ARMS) press(`show-${arm}`, () => change({ arm }));
  press("guess", () => (state.mode === "open" ? startGuess() : endGuess()));
  press("reveal", reveal);
  press("full", acts.fullScreen);
  press("loop", () => change({ kiosk: !state.kiosk }));
  press("leave", () => change({ kiosk: false, playing: false }));
  press("ask", acts.help);
  press("from", acts.sources);
  press("differ", () => change({ differ: !state.differ }));
  press("someone", acts.nextPerson);
  press("unperson", () => change({ person: -1 }));
  press("print", () => window.print());
  press("picture", () => savePicture(ARMS.filter(sees).map((arm) => [arm, ...maps[arm].stage.querySelectorAll("canvas")])));
  for (const at of all("dialog .close")) at.addEventListener("click", () => at.closest("dialog").close());
  find("#hundred select").addEventListener("change", (event) => change({ counted: event.target.value }));
  bindGuess(find("#cover"));
  bindKeys(acts);
  for (const arm of ARMS) bindMap(maps[arm], live);
  if (live) {
    bindControls(find("#controls"));
    press("save", saveFile);
  }
  let wait = 0;
  const sizes = new ResizeObserver(() => {
    cancelAnimationFrame(wait);
    wait = requestAnimationFrame(() => {
      refit();
      for (const one of charts) one.redraw();
    });
  });
  for (const at of all(".stage, .plot")) sizes.observe(at);
}

// ---------------------------------------------------------------------------------------------- start
function hallSettings() {
  const asked = new URLSearchParams(location.search);
  const first = asked.get("lang") || root.dataset.first || "en";
  const size = matchMedia("(max-width: 700px)").matches ? "a" : root.dataset.size;
  return { lang: first in LANGUAGES ? first : "en", size: size || "a", kiosk: asked.has("kiosk") };
}

async function start() {
  setWords(await unpackedWords());
  bind();
  change(hallSettings());
  sayAll();
  startClock();
  const bytes = embedded("film");
  if (bytes) {
    await showEmbedded(bytes);
    if (state.film) change({ counted: firstCounted() });
    return;
  }
  const reply = await fetch("/scenarios.json");
  const told = await reply.json();
  catalogue = told.scenarios || told;
  const first = told.first || catalogue[0];
  change({ scenario: first.name || first.scenario, programme: first.programme || "project", seed: first.seed || 1 });
  ask();
}

async function unpackedWords() {
  const bytes = embedded("words");
  if (typeof DecompressionStream === "undefined") return {};
  return JSON.parse(new TextDecoder().decode(await gunzip(bytes)));
}

function firstCounted() {
  const known = state.villages ? Object.keys(state.villages.values) : [];
  return known.includes(state.counted) ? state.counted : known[0] || "violent";
}

start();
