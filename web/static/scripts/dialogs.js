/**
 * Buttons with `data-dialog` open the dialog of that id, `data-close` shuts the one around it,
 * and `data-dismiss` takes a toast away.
 * @param {Document} page
 */
export function openDialogs(page) {
  page.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const opener = target.closest("[data-dialog]");
    if (opener) show(page, opener.getAttribute("data-dialog") ?? "");
    target.closest("[data-close]")?.closest("dialog")?.close();
    target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
  });
}

/**
 * @param {Document} page
 * @param {string} id
 */
export function show(page, id) {
  const dialog = page.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}
