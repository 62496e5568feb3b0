import { show } from "./dialogs.js";

const TYPED_IN = "input, textarea, select, [contenteditable]";

/**
 * One key, one deed: `data-key` names the key of a button or field; J and K walk the list; R and N
 * go to the composer; ? shows them all. Nothing happens while somebody types or a dialog is open.
 * @param {Document} page
 */
export function listenForKeys(page) {
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest(TYPED_IN) || page.querySelector("dialog[open]")) return;
    if (press(page, event.key)) event.preventDefault();
  });
}

/**
 * @param {Document} page
 * @param {string} key
 * @returns {boolean} whether the key meant something here
 */
function press(page, key) {
  if (key === "?") show(page, "shortcuts");
  else if (key === "j" || key === "k") return walk(page, key === "j" ? 1 : -1);
  else if (key === "r" || key === "n") return write(page, key === "r" ? "reply" : "note");
  else return act(page, key);
  return true;
}

/**
 * Open the row after or before the present one; without one, the first or the last.
 * @param {Document} page
 * @param {1 | -1} step
 */
function walk(page, step) {
  const rows = /** @type {HTMLElement[]} */ ([...page.querySelectorAll("[data-row]")]);
  const present = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = present < 0 ? rows.at(step > 0 ? 0 : -1) : rows[present + step];
  next?.click();
  return next !== undefined;
}

/**
 * @param {Document} page
 * @param {"reply" | "note"} kind
 */
function write(page, kind) {
  const composer = page.querySelector("[data-composer]");
  const choice = composer?.querySelector(`input[name="kind"][value="${kind}"]`);
  if (!(choice instanceof HTMLInputElement)) return false;
  choice.click();
  composer?.querySelector("textarea")?.focus();
  return true;
}

/**
 * @param {Document} page
 * @param {string} key
 */
function act(page, key) {
  const named = page.querySelector(`[data-key="${CSS.escape(key.toLowerCase())}"]`);
  if (named instanceof HTMLInputElement) named.focus();
  else if (named instanceof HTMLButtonElement) named.click();
  else return false;
  return true;
}
