// What the pages do beyond showing: every part works on the page as it is, and each does one thing.
import { offerChips } from "./chips.js";
import { openDialogs } from "./dialogs.js";
import { keepDrafts } from "./drafts.js";
import { listenForKeys } from "./keys.js";
import { keepFresh } from "./refresh.js";
import { followThread } from "./thread.js";

openDialogs(document);
listenForKeys(document);
keepFresh(document);
keepDrafts(document, window.sessionStorage, window.location);
for (const fieldset of document.querySelectorAll("[data-chips]")) offerChips(fieldset);
for (const thread of document.querySelectorAll("[data-conversation]")) followThread(thread);
for (const messages of document.querySelectorAll("[data-messages], .rests .messages")) {
  messages.scrollTop = messages.scrollHeight;
}
