// Guess first: the hall sees only the side without, guesses, and then both run from week 0.
import { change, lastWeek, state } from "./state.js";
import { measureTitle } from "./charts.js";
import { num, t } from "./words.js";

/** Cover the side with the programme and start at week 0. */
export function startGuess() {
  change({ mode: "asking", week: 0, playing: false, person: -1, differ: false, guess: { way: "", villages: 50 }, arm: "without" });
}

/** Uncover, and start both sides from week 0. */
export function reveal() {
  if (state.mode !== "asking") return;
  change({ mode: "revealed", week: 0, playing: false, arm: "with" });
}

/** Leave the guess. */
export function endGuess() {
  change({ mode: "open", arm: "with" });
}

/** Show the cover with its questions; they can be answered once the year has been seen. */
export function showGuess(cover) {
  cover.hidden = state.mode !== "asking";
  if (cover.hidden) return;
  const seen = state.week >= lastWeek();
  for (const at of cover.querySelectorAll(".wait")) at.hidden = seen;
  cover.querySelector("form").hidden = !seen;
  cover.querySelector("legend").textContent = t("With the programme, what would you expect here: {measure}?", {
    measure: measureTitle(state.film, state.counted),
  });
  for (const radio of cover.querySelectorAll("[name=way]")) radio.checked = radio.value === state.guess.way;
  cover.querySelector("[name=villages]").value = state.guess.villages;
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
