/** @import { Frame } from "../types.js" */
import { set } from "./dom.js";

const SMALL = "(max-width: 666.98px), (max-height: 480px)";
const FOCUSABLE = "button:not([hidden], [disabled]), textarea, a[href], [tabindex='0']";

/**
 * On a small screen the panel is all there is: it ends where the keyboard begins, and the focus
 * goes round in it instead of to the page that lies behind.
 * @param {Frame} frame
 * @param {() => HTMLElement | null} shown the panel while it is open
 */
export function fillScreen(frame, shown) {
  const small = matchMedia(SMALL);
  const seen = new CSSStyleSheet();
  frame.shadow.adoptedStyleSheets = [...frame.shadow.adoptedStyleSheets, seen];

  const measure = () => {
    const view = window.visualViewport;
    if (!view) return;
    seen.replaceSync(`section{--seen-height:${view.height}px;--seen-top:${view.offsetTop}px}`);
  };
  window.visualViewport?.addEventListener("resize", measure);
  window.visualViewport?.addEventListener("scroll", measure);

  const update = () => {
    const panel = shown();
    if (panel) set(panel, "aria-modal", small.matches ? "true" : false);
    measure();
  };
  small.addEventListener("change", update);

  frame.section.addEventListener("keydown", (event) => {
    const panel = shown();
    if (event.key !== "Tab" || !panel || !small.matches) return;
    const stops = [...panel.querySelectorAll(FOCUSABLE)].filter((node) => node.checkVisibility());
    const first = /** @type {HTMLElement | undefined} */ (stops[0]);
    const last = /** @type {HTMLElement | undefined} */ (stops.at(-1));
    const end = event.shiftKey ? first : last;
    if (frame.shadow.activeElement !== end && frame.shadow.activeElement !== panel) return;
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  });
  return { update };
}
