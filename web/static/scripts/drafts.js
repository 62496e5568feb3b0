const PREFIX = "draft:";

/**
 * Keeps what is typed into forms with `data-draft` until it was taken: a failed save, an expired
 * session or a closed tab lose nothing. The composer gets its words back by itself; an editor
 * offers them, since somebody else may have changed the thing meanwhile.
 * @param {Document} page
 * @param {Storage} storage
 * @param {Location} place
 */
export function keepDrafts(page, storage, place) {
  const saved = new URLSearchParams(place.search).has("done");
  const forms = /** @type {NodeListOf<HTMLFormElement>} */ (
    page.querySelectorAll("form[data-draft]")
  );
  for (const form of forms) {
    const key = PREFIX + form.getAttribute("data-draft");
    if (saved) forget(storage, key.replace(/-\d+$/, ""));
    const kept = storage.getItem(key);
    if (kept !== null && kept !== snapshot(form))
      giveBack(form, kept, () => storage.removeItem(key));
    form.addEventListener("input", () => storage.setItem(key, snapshot(form)));
    form.addEventListener("sent", () => storage.removeItem(key));
  }
}

/**
 * @param {Storage} storage
 * @param {string} beginning
 */
function forget(storage, beginning) {
  for (const key of Object.keys(storage)) if (key.startsWith(beginning)) storage.removeItem(key);
}

/**
 * The fields that people fill in, as one text.
 * @param {HTMLFormElement} form
 */
function snapshot(form) {
  const own = ["csrf", "queue", "list", "view", "revision", "seen", "kind"];
  return JSON.stringify([...new FormData(form)].filter(([name]) => !own.includes(name)));
}

/**
 * @param {HTMLFormElement} form
 * @param {string} kept
 * @param {() => void} discard
 */
function giveBack(form, kept, discard) {
  if (form.hasAttribute("data-composer")) {
    restore(form, kept);
    return;
  }
  const banner = document.createElement("div");
  banner.className = "banner banner-info";
  banner.setAttribute("role", "status");
  const words = document.createElement("span");
  words.className = "fill";
  words.textContent = "You changed this before and did not save it.";
  const back = verb("Bring it back", () => {
    restore(form, kept);
    banner.remove();
  });
  const away = verb("Forget it", () => {
    discard();
    banner.remove();
  });
  banner.append(words, back, away);
  const first = form.querySelector(".scroll, .card") ?? form;
  first.prepend(banner);
}

/**
 * @param {string} words
 * @param {() => void} does
 */
function verb(words, does) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "verb";
  button.textContent = words;
  button.addEventListener("click", does);
  return button;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} kept
 */
function restore(form, kept) {
  /** @type {[string, string][]} */
  const fields = JSON.parse(kept);
  const chips = form.querySelector("[data-chips-list]");
  if (chips) {
    chips.replaceChildren();
    const entry = /** @type {HTMLTextAreaElement} */ (form.querySelector("[data-chips-entry]"));
    const phrasings = fields.filter(([name]) => name === "phrasing").map(([, value]) => value);
    entry.value = phrasings.filter(Boolean).join("\n");
    /** @type {HTMLButtonElement} */ (form.querySelector("[data-chips-add]")).click();
  }
  for (const [name, value] of fields) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = true;
    else if (name !== "phrasing" && field && "value" in field) field.value = value;
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}
