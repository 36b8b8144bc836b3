// A hundred smaller villages, each lived twice: in how many was there less, in how many more?
import { endTitle, svg } from "./charts.js";
import { covered, state } from "./state.js";
import { hear } from "./hear.js";
import { num, t } from "./words.js";

let awaited = null; // villages that were seen coming in

/** Return {less, same, more, pairs} of a measure over the villages known so far; nothing when there are none. */
export function counted(villages, name) {
  const pairs = ((villages && villages.values[name]) || []).filter(([without, withIt]) => without !== null && withIt !== null);
  if (!pairs.length) return null;
  const differ = pairs.map(([without, withIt]) => withIt - without).sort((a, b) => a - b);
  const less = differ.filter((one) => one < -1e-9).length;
  const more = differ.filter((one) => one > 1e-9).length;
  return { less, same: differ.length - less - more, more, differ };
}

/** Show the row: dots, the sentence, and what the hall had guessed. */
export function showHundred(box) {
  const [dots, said, guessed] = ["dots", "said", "guessed"].map((name) => box.querySelector(`.${name}`));
  const pick = box.querySelector("select");
  const film = state.film;
  if (!film || covered()) {
    dots.replaceChildren();
    said.textContent = covered() ? t("Covered until the guess is revealed.") : "";
    guessed.textContent = "";
    sayKey(box, 0);
    box.querySelector(".pick").hidden = true;
    return;
  }
  const known = film.names.filter((name) => counted(state.villages, name));
  box.querySelector(".pick").hidden = known.length < 2;
  const key = JSON.stringify([known, state.lang, film.header.scenario]);
  if (pick.dataset.key !== key) {
    // not at every village that comes in: somebody may be choosing
    pick.dataset.key = key;
    pick.replaceChildren(
      ...known.map((name) => Object.assign(document.createElement("option"), { value: name, textContent: endTitle(film, name) })),
    );
  }
  pick.value = state.counted;
  sayKey(box, film.header.measures[film.names.indexOf(state.counted)].better);
  box.querySelector(".title").textContent = known.includes(state.counted) ? endTitle(film, state.counted) : "";
  const count = counted(state.villages, state.counted);
  if (!count) {
    dots.replaceChildren();
    said.textContent = state.villages ? t("The villages are being computed…") : t("Not computed for this file.");
    guessed.textContent = "";
    return;
  }
  const title = endTitle(film, state.counted);
  const n = count.less + count.same + count.more;
  dots.replaceChildren(row(count, n, film.header.measures[film.names.indexOf(state.counted)].better));
  said.textContent = t("{measure} with the programme: less in {less} of {n} villages, the same in {same}, more in {more}.", {
    measure: title, less: count.less, same: count.same, more: count.more, n,
  });
  if (!state.villages.done) awaited = state.villages;
  else if (awaited === state.villages) {
    // Once, at the end; what an opened file holds is there to be read.
    hear(said.textContent);
    awaited = null;
  }
  guessed.textContent =
    state.mode === "revealed" && state.guess.way && state.guess.measure === state.counted
      ? t("The hall had guessed: {way}, in {villages} of 100 villages.", {
          way: { less: t("less"), same: t("the same"), more: t("more") }[state.guess.way],
          villages: num(state.guess.villages),
        })
      : "";
}

/** Say what the two shapes mean, and which of them is the better. */
function sayKey(box, better) {
  const judged = (words, sign) => (better ? `${words} (${sign === better ? t("better") : t("worse")})` : words);
  const [less, , more] = box.querySelectorAll(".key > span");
  less.textContent = `● ${judged(t("less"), -1)}`;
  more.textContent = `△ ${judged(t("more"), 1)}`;
}

// The shape says less or more; the colour says whether that is better, as more of one thing is good and of another bad.
function row(count, n, better) {
  const [less, more] = better < 0 ? ["better", "worse"] : better > 0 ? ["worse", "better"] : ["neither", "neither"];
  const root = svg("svg", { viewBox: "0 0 500 21", class: "row", "aria-hidden": "true", preserveAspectRatio: "xMinYMid" });
  const perRow = 50;
  for (let at = 0; at < n; at++) {
    const x = 5 + (at % perRow) * 10;
    const y = 5 + Math.floor(at / perRow) * 11;
    if (at < count.less) root.append(svg("circle", { cx: x, cy: y, r: 4, class: less }));
    else if (at < count.less + count.same) root.append(svg("path", { d: `M${x - 4} ${y}h8`, class: "same" }));
    else root.append(svg("path", { d: `M${x} ${y - 4.4}l4.4 8h-8.8z`, class: more }));
  }
  return root;
}
