// The page: who listens to what. Everything that is drawn follows from the state.
import { showChanged, showLines, showMoney, showSources, showSurvey, showWorse } from "./account.js";
import { chart } from "./charts.js";
import { goTo, playOrPause, startClock } from "./clock.js";
import { bindControls, showControls } from "./controls.js";
import { ask, embedded, showEmbedded } from "./feed.js";
import { gunzip } from "./film.js";
import { bindGuess, reveal, showAnswer, showGuess, startGuess, turnGuess } from "./guess.js";
import { hush } from "./hear.js";
import { showHundred } from "./hundred.js";
import { canRecord, recordVideo, saveFile, savePicture } from "./keep.js";
import { bindKeys } from "./keys.js";
import { showLegend, showSigns, showUnit } from "./legend.js";
import { painter } from "./map.js";
import { overlay } from "./overlay.js";
import { askPerson, choose, nextPerson, showPerson, tiesShown } from "./person.js";
import { change, covered, lastWeek, state, watch } from "./state.js";
import { reserve, saySum, saySumOfWeek, sayWeek } from "./story.js";
import { LANGUAGES, TAGS } from "./terms.js";
import { bindMap, closer, pan, zoom } from "./touch.js";
import { showTrouble, tell } from "./trouble.js";
import { isLarge, unitsOf } from "./units.js";
import { num, say, setWords, t, titleOf, translate } from "./words.js";

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
    return [arm, { stage, map, over: overlay(arm, map) }];
  }),
);
const charts = all(".chart").map((box, slot) => {
  box.addEventListener("pick", ({ detail }) => {
    const shown = state.shown.slice();
    shown[detail.slot] = detail.name;
    change({ shown });
  });
  return chart(box, slot);
});

// ---------------------------------------------------------------------------------------------- drawing
// Which sides are on the screen; asked once a change of layout, as each asking makes the browser lay out the page.
let seen = new Set();
const sees = (arm) => seen.has(arm);

const byHouseholds = () => isLarge(state.film) && state.view.zoom < NEAR;

function unitsNow() {
  const key = byHouseholds() ? "households" : "people";
  return (units[key] ||= unitsOf(state.film, byHouseholds()));
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
    maps[arm].over.draw(state.film, state.week, tiesShown(arm));
  }
}

const stories = ARMS.map((arm) => [arm, find(`#story-${arm}`)]);

function tellWeek() {
  sayWeek(stories, find("#when"), find("#scrub"));
  saySumOfWeek(find("#sum"));
  root.dataset.week = state.week;
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
  showChanged(find("#changed"));
  for (const at of all("figure.with figcaption b")) at.textContent = header.off ? t("With the programme: switched off") : t("With the programme");
  showLegend(find("#scale"), find("#shapes"), find("#unit"), byHouseholds());
}

function sayAll() {
  root.lang = TAGS[state.lang];
  translate(document.body);
  find("#lang").value = state.lang;
  showSigns(find("#signs"));
  if (!state.film) return;
  sayTitles();
  reserve(stories, find("#when"), find("#scrub"));
  saySum(find("#sum"));
  tellWeek();
  showMoney(find("#money"));
  showLines(find("#money"));
  showSurvey(find("#survey"));
  showWorse(find("#worse"));
  showSources(find("#sources"));
  showHundred(find("#hundred"));
  showGuess(find("#cover"));
  showAnswer(find("#answer"));
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
  root.dataset.side = covered() ? "without" : state.side;
  root.dataset.near = state.view.zoom > 1;
  const play = find("#play");
  say(play, state.playing ? t("▮▮ Pause") : t("▶ Play"));
  find("#guess").textContent = covered() ? t("Cancel the guess") : t("Guess first");
  find("#reveal").hidden = !covered();
  find("#differ").disabled = covered();
  find("#off").setAttribute("aria-pressed", String(state.off));
  find("#differ").setAttribute("aria-pressed", String(state.differ));
  for (const arm of ARMS) find(`#show-${arm}`).setAttribute("aria-pressed", String(state.arm === arm));
  for (const size of ["a", "b", "c"]) find(`#size-${size}`).setAttribute("aria-pressed", String(state.size === size));
  say(find("#busy"), state.busy ? t("computing both villages…") : "");
  find("#ties").setAttribute("aria-pressed", String(state.ties));
  find("#video").textContent = state.recording ? t("End the video") : t("Record a video");
  showTrouble(find("#mistakes"), live);
}

watch((changed) => {
  const any = (...names) => names.some((name) => changed.has(name));
  if (any("film")) [units, state.person] = [{}, samePeople() ? state.person : -1];
  if ([...changed].some((name) => name !== "week")) sayState(); // not at every frame of a film
  if (!state.film) return any("lang") ? sayAll() : undefined;
  if (any("film") && state.week > lastWeek()) state.week = lastWeek();
  if (any("lang", "mode")) hush();
  if (any("film", "lang", "mode", "size", "fans")) sayAll();
  if (any("film", "mode", "size", "view", "arm", "kiosk", "lang")) refit();
  else {
    if (any("ties") || (any("person") && state.ties)) for (const arm of ARMS) if (sees(arm)) maps[arm].over.still(state.film);
    if (any("week", "differ", "person", "playing", "told", "held", "ties")) paint();
  }
  if (any("week")) {
    tellWeek();
    for (const one of charts) one.move();
    showMoney(find("#money"));
    if (covered()) {
      showGuess(find("#cover"));
      // On a phone the questions wait on the other side.
      if (narrow.matches && state.arm === "without" && state.week >= lastWeek()) {
        change({ arm: "with" });
        find("#cover").scrollIntoView();
      }
    }
  }
  if (any("week", "person", "told")) showPerson(find("#person"));
  if (live && any("week", "person", "film", "playing", "busy", "side", "mode")) askPerson();
  if (any("view")) showUnit(find("#unit"), byHouseholds());
  if (live && any("choices", "shocks", "programme", "scenario", "off")) showControls(find("#controls"), catalogue);
  if (any("shown")) for (const one of charts) one.redraw();
  if (any("guess")) showGuess(find("#cover"));
  if (any("villages", "counted", "guess")) {
    showHundred(find("#hundred"));
    saySum(find("#sum"));
  }
  if (any("counted")) showSurvey(find("#survey"));
  if (any("villages", "guess", "answer")) showAnswer(find("#answer"));
});

// A person is the same row only in the same place with the same luck.
let lived = "";
function samePeople() {
  const { scenario, seed, people } = state.film.header;
  const before = lived;
  lived = JSON.stringify([scenario, seed, people]);
  return before === lived;
}

// ---------------------------------------------------------------------------------------------- what one can press
const press = (id, act) => find(`#${id}`).addEventListener("click", act);
const narrow = matchMedia("(max-width: 45rem)");
const nextOf = (list, now) => list[(list.indexOf(now) + 1) % list.length];
const acts = {
  nextLanguage: () => change({ lang: nextOf(Object.keys(LANGUAGES), state.lang) }),
  nextSize: () => change({ size: nextOf(["a", "b", "c"], state.size) }),
  nextPerson: () => state.film && choose(nextPerson(), narrow.matches ? state.arm : "with"),
  video: () => recordVideo(shownNow),
  fullScreen: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen().catch(() => undefined)),
  help: () => (find("#help").open ? find("#help").close() : find("#help").showModal()),
  sources: () => find("#sources").showModal(),
  closer,
  zoom,
  pan,
};
const shownNow = () => ARMS.filter(sees).map((arm) => [arm, maps[arm].stage.querySelector("canvas")]);

function bind() {
  press("play", playOrPause);
  press("back", () => goTo(state.week - 1));
  press("step", () => goTo(state.week + 1));
  press("reset", () => change({ week: 0, playing: false }));
  find("#scrub").addEventListener("input", (event) => change({ playing: false, week: Number(event.target.value) }));
  find("#speed").addEventListener("change", (event) => change({ speed: Number(event.target.value) }));
  find("#lang").addEventListener("change", (event) => change({ lang: event.target.value }));
  for (const size of ["a", "b", "c"]) press(`size-${size}`, () => change({ size }));
  for (const arm of ARMS) press(`show-${arm}`, () => change({ arm, side: arm }));
  press("guess", turnGuess);
  press("reveal", reveal);
  press("unanswer", () => change({ answer: false }));
  press("full", acts.fullScreen);
  press("loop", () => change({ kiosk: !state.kiosk }));
  press("leave", () => change({ kiosk: false, playing: false }));
  press("ask", acts.help);
  press("from", acts.sources);
  press("differ", () => change({ differ: !state.differ }));
  press("ties", () => change({ ties: !state.ties }));
  press("someone", acts.nextPerson);
  press("unperson", () => change({ person: -1 }));
  press("print", () => window.print());
  press("picture", () => savePicture(shownNow()));
  press("video", acts.video);
  find("#video").hidden = !canRecord();
  const more = find(".more");
  document.addEventListener("click", (event) => more.contains(event.target) || (more.open = false));
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !more.open) return;
    more.open = false;
    more.querySelector("summary").focus();
  });
  for (const at of all("dialog .close")) at.addEventListener("click", () => at.closest("dialog").close());
  find("#hundred select").addEventListener("change", (event) => change({ counted: event.target.value }));
  bindGuess(find("#cover"));
  bindKeys(acts);
  for (const arm of ARMS) bindMap(maps[arm], arm);
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

/** Whether the page opens covered: asked for in the address, or by the file itself. */
function guessFirst() {
  return new URLSearchParams(location.search).has("guess") || location.hash === "#guess" || "guess" in root.dataset;
}

async function start() {
  for (const at of all("noscript")) at.remove(); // which says how it ends
  setWords(await unpackedWords());
  bind();
  change(hallSettings());
  if (guessFirst()) startGuess();
  sayAll();
  startClock();
  const bytes = embedded("film");
  if (bytes) {
    await showEmbedded(bytes);
    if (state.film) change({ counted: firstCounted() });
    return;
  }
  try {
    const reply = await fetch("/scenarios.json");
    if (!reply.ok) throw Object.assign(new Error("refused"), { status: reply.status });
    const told = await reply.json();
    catalogue = told.scenarios || told;
    const first = told.first || catalogue[0];
    change({ scenario: first.name || first.scenario, programme: first.programme || "", seed: first.seed || 1 });
    ask();
  } catch (trouble) {
    tell(trouble);
  }
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
