/**
 * Phrasings as chips: what is typed becomes one on Enter, on pasting lines, or by the button. The
 * text area is a field of the form itself, so nothing is lost where this script does not run.
 * @param {Element} fieldset
 */
export function offerChips(fieldset) {
  const list = /** @type {HTMLElement} */ (fieldset.querySelector("[data-chips-list]"));
  const entry = /** @type {HTMLTextAreaElement} */ (fieldset.querySelector("[data-chips-entry]"));
  const add = /** @type {HTMLButtonElement} */ (fieldset.querySelector("[data-chips-add]"));
  const count = /** @type {HTMLElement} */ (fieldset.querySelector("[data-chips-count]"));
  const sign = fieldset.querySelector("[data-chips-sign]")?.innerHTML;
  add.hidden = false;

  const told = () => {
    const words = count.textContent?.replace(/^\s*\d+/, "") ?? "";
    count.textContent = `${list.querySelectorAll(".chip").length}${words}`;
    entry.form?.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const take = () => {
    for (const line of entry.value.split("\n")) {
      const words = line.trim().replace(/\s+/g, " ");
      if (words && !holds(list, words)) list.append(chip(words, sign));
    }
    entry.value = "";
    told();
  };
  add.addEventListener("click", () => {
    take();
    entry.focus();
  });
  entry.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    take();
  });
  entry.addEventListener("paste", () =>
    window.setTimeout(() => entry.value.includes("\n") && take()),
  );
  list.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-chip-remove]");
    if (!button) return;
    const gone = /** @type {HTMLElement} */ (button.closest(".chip"));
    const next = gone.nextElementSibling ?? gone.previousElementSibling;
    gone.remove();
    told();
    const beside = next?.querySelector("button") ?? entry;
    beside.focus();
  });
}

/**
 * @param {HTMLElement} list
 * @param {string} words
 */
function holds(list, words) {
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (list.querySelectorAll("input"));
  return [...fields].some((field) => field.value.toLowerCase() === words.toLowerCase());
}

/**
 * @param {string} words
 * @param {string | undefined} sign
 */
function chip(words, sign) {
  const made = document.createElement("span");
  made.className = "chip";
  const text = document.createElement("span");
  text.className = "cut";
  text.textContent = words;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "phrasing";
  field.value = words;
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("data-chip-remove", "");
  button.setAttribute("aria-label", `Remove “${words}”`);
  if (sign) button.innerHTML = sign;
  else button.textContent = "×";
  made.append(text, field, button);
  return made;
}
