// What a screen reader says aloud: only what somebody waits for, never each week.

let timer = 0;

/** Say something once; the same words again are said again. */
export function hear(words) {
  hush();
  timer = setTimeout(() => (document.querySelector("#heard").textContent = words), 60);
}

/** Forget what was said: it may be in another language by now, or tell what has since been covered. */
export function hush() {
  clearTimeout(timer);
  document.querySelector("#heard").textContent = "";
}
