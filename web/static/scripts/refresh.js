const LONGEST_WAIT_S = 60;

/**
 * Parts with `data-refresh="seconds"` are asked for again in that rhythm, only while the page is
 * seen. After failures the rhythm slows down; when the page or the network comes back it starts
 * at once.
 * @param {Document} page
 */
export function keepFresh(page) {
  for (const part of page.querySelectorAll("[data-refresh]")) keepPartFresh(page, part);
}

/**
 * @param {Document} page
 * @param {Element} part
 */
function keepPartFresh(page, part) {
  const rhythm = Number(part.getAttribute("data-refresh"));
  let failures = 0;
  let timer = 0;

  const later = () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, Math.min(LONGEST_WAIT_S, rhythm * 2 ** failures) * 1000);
  };
  const ask = () => {
    if (page.hidden) return;
    part.dispatchEvent(new CustomEvent("refresh"));
    later();
  };
  part.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== part) return;
    failures = /** @type {CustomEvent} */ (event).detail.successful ? 0 : failures + 1;
    later();
  });
  page.addEventListener("visibilitychange", () => !page.hidden && ask());
  window.addEventListener("online", ask);
  later();
}
