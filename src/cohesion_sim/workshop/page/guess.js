// Guess first: the hall sees only the side without, guesses, and then both run from week 0.
import { endTitle } from "./charts.js";
import { playFromStart } from "./clock.js";
import { hear } from "./hear.js";
import { counted } from "./hundred.js";
import { change, covered, lastWeek, state } from "./state.js";
import { num, t } from "./words.js";

/** Cover the side with the programme and start at week 0. */
export function startGuess() {
  change({ mode: "asking", week: 0, playing: false, person: -1, differ: false, guess: { way: "", villages: 50 }, arm: "without" });
}

/** Uncover, say what was guessed and what the model counts, and play both sides from week 0. */
export function reveal() {
  if (!covered() || !state.film) return;
  change({ mode: "revealed", week: 0, arm: "with", guess: { ...state.guess, measure: state.counted }, answer: true });
  const card = document.querySelector("#answer");
  if (!document.activeElement.checkVisibility() || document.activeElement === document.body) card.focus({ preventScroll: true }); // the pressed button is gone
  card.scrollIntoView({ block: "nearest" });
  hear(card.querySelector("p").textContent);
  playFromStart();
}

/** Show what was guessed beside what the model counts, until it is closed. */
export function showAnswer(card) {
  const { film, guess } = state;
  card.hidden = !film || state.mode !== "revealed" || !state.answer;
  const count = card.hidden ? null : counted(state.villages, guess.measure);
  const told = [];
  if (!card.hidden && guess.way) {
    told.push(t("You said: {way}, in {villages} of 100 villages.", { way: wayOf(guess.way), villages: num(guess.villages) }));
  }
  if (count) {
    const n = count.less + count.same + count.more;
    told.push(t("The model: less in {less} of {n}, the same in {same}, more in {more}.", { ...count, n }));
  } else if (!card.hidden) told.push(state.villages ? t("The villages are being computed…") : t("Not computed for this file."));
  card.querySelector("b").textContent = card.hidden ? "" : `${raised(endTitle(film, guess.measure))}.`;
  card.querySelector("span").textContent = told.join(" ");
}

const raised = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const wayOf = (way) => ({ less: t("less"), same: t("the same"), more: t("more") })[way];

/** Let the hall guess, also once more; while it guesses, give it up. */
export function turnGuess() {
  if (covered()) change({ mode: "open", arm: "with", answer: false });
  else startGuess();
}

/** Show the cover with its questions; they can be answered once the year has been seen. */
export function showGuess(cover) {
  cover.hidden = state.mode !== "asking";
  if (cover.hidden) return;
  const seen = state.week >= lastWeek();
  for (const at of cover.querySelectorAll(".wait")) at.hidden = seen;
  cover.querySelector("form").hidden = !seen;
  cover.querySelector("legend").textContent = t("What do you think the programme will change: {measure}?", {
    measure: endTitle(state.film, state.counted),
  });
  for (const radio of cover.querySelectorAll("[name=way]")) radio.checked = radio.value === state.guess.way;
  cover.querySelector("[name=villages]").value = state.guess.villages;
  cover.querySelector("form button").disabled = !state.guess.way;
  cover.querySelector("output").textContent = num(state.guess.villages);
}

/** Listen to the answers. */
export function bindGuess(cover) {
  const form = cover.querySelector("form");
  form.addEventListener("input", () => {
    const way = new FormData(form).get("way") || "";
    change({ guess: { way, villages: Number(form.elements.villages.value) } });
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    reveal();
  });
}
