// Time: play, step, scrub. One week is one frame of the film.
import { change, lastWeek, state } from "./state.js";

let [before, owed, still] = [0, 0, 0];

export const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Go to a week. */
export function goTo(week) {
  change({ week: Math.min(Math.max(Math.round(week), 0), lastWeek()) });
}

/** Play from here, from the start when at the end; or pause. */
export function playOrPause() {
  if (!state.playing && state.week >= lastWeek()) change({ week: 0 });
  owed = 0;
  change({ playing: !state.playing });
}

/** Play from the first week, after a moment in which one can read. */
export function playFromStart() {
  owed = -1.5 * pace();
  change({ week: 0, playing: true });
}

const pace = () => (calm.matches ? Math.min(state.speed, 1) : state.speed);

/** Let time run while the film plays. */
export function startClock() {
  const tick = (now) => {
    const passed = Math.min((now - before) / 1000, 0.25);
    before = now;
    if (state.playing && state.film && !document.hidden) {
      owed += passed * pace();
      const weeks = Math.max(Math.floor(owed), 0);
      owed -= weeks;
      if (weeks) advance(weeks);
    } else if (state.kiosk && state.film && !document.hidden) {
      still += passed;
      if (still > 6) {
        still = 0;
        change({ week: 0, playing: true });
      }
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

function advance(weeks) {
  const next = Math.min(state.week + weeks, lastWeek());
  still = 0;
  change(next >= lastWeek() ? { week: next, playing: false } : { week: next });
}
