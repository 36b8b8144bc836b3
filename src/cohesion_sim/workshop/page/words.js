// Words, numbers and titles in the language of the page.
import { state } from "./state.js";

let dictionaries = {};

/** Take the dictionaries: {language: {English: words}}. */
export function setWords(all) {
  dictionaries = all;
}

/** Return the words for an English text, its {places} filled in. */
export function t(text, places) {
  const mine = dictionaries[state.lang] || {};
  const said = mine[text] || text;
  return places ? said.replace(/\{(\w+)\}/g, (all, name) => (name in places ? places[name] : all)) : said;
}

/** Return a title of a scenario file in the language of the page; what it lacks is looked up by its English words. */
export function titleOf(titles, name) {
  const known = titles || {};
  const english = known.en || name || "";
  return (known[state.lang] || t(english)).replaceAll("‘", "ʻ");
}

/** Return a number as it is written in the language of the page. */
export function num(value, decimals = 0) {
  if (!Number.isFinite(value)) return "–";
  const fixed = Math.abs(value).toFixed(decimals);
  const [whole, rest] = fixed.split(".");
  const english = state.lang === "en";
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, english ? "," : "\u00a0");
  const minus = value < 0 && Number(fixed) !== 0 ? "−" : "";
  return minus + grouped + (rest ? (english ? "." : ",") + rest : "");
}

/** Return the decimals in which a number is written that moves by this step. */
export function decimalsOf(step) {
  return step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
}

/** Write only what is new: writing makes the browser lay out, and a screen reader say it again. */
export function say(at, words) {
  if (at.textContent !== words) at.textContent = words;
}

/** Return the season of a week that starts `week` weeks after the first day. */
export function seasonOf(start, week) {
  const day = new Date(`${start}T12:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 7 * Math.max(week - 1, 0));
  return [t("winter"), t("spring"), t("summer"), t("autumn")][Math.floor(((day.getUTCMonth() + 1) % 12) / 3)];
}

/** Fill every element that names its English words. */
export function translate(root) {
  for (const at of root.querySelectorAll("[data-t]")) at.textContent = t(at.dataset.t);
  // Several of a kind have a number behind their name.
  for (const at of root.querySelectorAll("[data-label]")) {
    at.setAttribute("aria-label", [t(at.dataset.label), at.dataset.nth].filter(Boolean).join(" "));
  }
}
