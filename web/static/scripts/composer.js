const TYPING_EVERY_MS = 3000;

/**
 * Sends without leaving the page; what cannot be sent stays in the field with the reason below it.
 * @param {HTMLFormElement} form
 */
export function wireComposer(form) {
  const field = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button.button-primary"));
  const verb = /** @type {HTMLElement} */ (form.querySelector("[data-send]"));
  const unsent = /** @type {HTMLElement} */ (form.querySelector("[data-unsent]"));
  const label = /** @type {HTMLElement} */ (form.querySelector(`label[for="${field.id}"]`));
  let typed = 0;

  const kind = () => String(new FormData(form).get("kind"));
  form.addEventListener("change", () => {
    form.dataset.kind = kind();
    verb.textContent = kind() === "note" ? "Add note" : "Send";
    label.textContent = kind() === "note" ? "Private note" : "Reply";
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    if (event.key === "Escape") field.blur();
  });
  field.addEventListener("input", () => {
    if (kind() !== "reply" || Date.now() - typed < TYPING_EVERY_MS) return;
    typed = Date.now();
    post(form.action.replace(/say$/, "typing"), form).catch(() => {
      // Nobody is told that somebody types: that is all that is lost.
    });
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.setAttribute("aria-disabled", "true");
    const wrong = await post(form.action, form).catch(
      () => "The connection is gone: your words are still here, send them again in a moment.",
    );
    button.removeAttribute("aria-disabled");
    unsent.hidden = !wrong;
    unsent.textContent = wrong;
    if (wrong) return;
    field.value = "";
    form.dispatchEvent(new CustomEvent("sent"));
    field.focus();
  });
}

/**
 * @param {string} address
 * @param {HTMLFormElement} form
 * @returns {Promise<string>} why it was not taken; empty when it was
 */
async function post(address, form) {
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  const response = await fetch(address, {
    method: "POST",
    body,
    headers: { accept: "application/json" },
  });
  if (response.ok) return "";
  if (response.status === 401) {
    window.location.assign(`/login?next=${encodeURIComponent(window.location.pathname)}`);
    return "You were signed out: sign in again, your words are kept.";
  }
  const answer = await response.json().catch(() => ({}));
  return answer.detail ?? "That could not be sent: try again.";
}
