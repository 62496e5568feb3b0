/** @import { Accent, Frame, Panel } from "./types.js" */
import sheet from "./styles/launcher.css";
import { drawing } from "./views/drawing.js";

// The one script that every page of the site loads. It draws the launcher, and fetches the rest
// when a customer shows interest or something of theirs waits to be said.

const CHAT =
  "M2.6 4.6a2 2 0 0 1 2-2h6.8a2 2 0 0 1 2 2v4.5a2 2 0 0 1-2 2H7.1l-3.2 2.6v-2.7a2 2 0 0 1-1.3-1.9z";
const DOWN = "M3.6 6 8 10.4 12.4 6";
const ACCENT_ROLES = /** @type {const} */ ([
  "accent",
  "accent-hover",
  "accent-text",
  "accent-soft",
  "on-accent",
  "accent-border",
]);

/** @type {Record<string, [open: string, close: string, one: string, many: string, failed: string]>} */
const TEXTS = {
  en: [
    "Open chat",
    "Close chat",
    "1 unread message",
    "# unread messages",
    "The chat did not load. Press to try again.",
  ],
  de: [
    "Chat öffnen",
    "Chat schließen",
    "1 ungelesene Nachricht",
    "# ungelesene Nachrichten",
    "Der Chat wurde nicht geladen. Drücken, um es erneut zu versuchen.",
  ],
  es: [
    "Abrir el chat",
    "Cerrar el chat",
    "1 mensaje sin leer",
    "# mensajes sin leer",
    "El chat no se ha cargado. Pulse para reintentar.",
  ],
};

/** @type {HTMLScriptElement | null} */
const tag = document.querySelector("script[data-site-key]");
const script = /** @type {HTMLScriptElement | null} */ (document.currentScript ?? tag);
if (!script?.dataset.siteKey) throw new Error("The chat's script tag needs data-site-key.");
if (!window.chatbotWidget) start(script, script.dataset.siteKey);

/** @param {HTMLScriptElement} script @param {string} siteKey */
function start(script, siteKey) {
  const { dataset } = script;
  const source = new URL(script.src);
  const kept = remembered(siteKey, "look");
  const wish = dataset.locale || kept?.locale || navigator.language;
  const [openText, closeText, one, many, failed] =
    TEXTS[wish.slice(0, 2).toLowerCase()] ?? /** @type {typeof TEXTS[string]} */ (TEXTS.en);

  const host = document.createElement("chatbot-widget");
  const shadow = host.attachShadow({ mode: "open" });
  const accents = new CSSStyleSheet();
  const own = new CSSStyleSheet();
  own.replaceSync(sheet);
  shadow.adoptedStyleSheets = [own, accents];

  const section = document.createElement("section");
  section.setAttribute("aria-label", "Chat");
  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.className = "launcher";
  launcher.setAttribute("aria-expanded", "false");
  const badge = document.createElement("span");
  badge.className = "unread";
  badge.setAttribute("aria-hidden", "true");
  const trouble = document.createElement("p");
  trouble.className = "trouble";
  trouble.setAttribute("role", "status");
  section.append(trouble, launcher);
  shadow.append(section);

  let unread = 0;
  let opened = false;
  const label = () => {
    const count = unread === 1 ? one : many.replace("#", String(unread));
    const words = opened ? closeText : unread ? `${openText}, ${count}` : openText;
    launcher.setAttribute("aria-label", words);
    launcher.setAttribute("aria-expanded", String(opened));
    badge.textContent = unread > 99 ? "99+" : String(unread);
    badge.hidden = unread === 0 || opened;
    launcher.replaceChildren(drawing(opened ? DOWN : CHAT), badge);
    host.toggleAttribute("data-open", opened);
  };

  /** @type {Frame} */
  const frame = {
    origin: new URL(".", source).href.replace(/\/$/, ""),
    siteKey,
    identity: dataset.identity ?? null,
    locale: dataset.locale || null,
    host,
    shadow,
    section,
    launcher,
    setUnread(count) {
      if (count === unread) return;
      unread = count;
      label();
    },
    setOpen(open) {
      opened = open;
      label();
    },
    paint(accent) {
      accents.replaceSync(
        `section{${rules(accent.light)}}:host([data-theme=dark]) section{${rules(accent.dark)}}`,
      );
    },
  };

  /** @type {Promise<Panel> | null} */
  let loading = null;
  let tries = 0;
  const load = () => {
    if (!loading) {
      // A browser may remember that a module failed: another address is another chance.
      const address = `${frame.origin}/widget/panel.js${tries ? `?again=${tries}` : ""}`;
      tries += 1;
      trouble.textContent = "";
      loading = import(address).then((panel) => panel.mount(frame));
      loading.catch(() => {
        loading = null;
      });
    }
    return loading;
  };
  /** @param {(panel: Panel) => Promise<void> | void} act */
  const withPanel = (act) => {
    launcher.toggleAttribute("data-loading", true);
    load()
      .then(act, () => {
        trouble.textContent = failed;
      })
      .finally(() => launcher.removeAttribute("data-loading"));
  };
  const soon = () => void load().catch(() => {}); // only a guess: pressing says what failed
  launcher.addEventListener("pointerenter", soon, { once: true });
  launcher.addEventListener("focus", soon, { once: true });
  launcher.addEventListener("click", () => withPanel((panel) => panel.toggle()));

  window.chatbotWidget = {
    open: () => {
      // Who pressed something goes on in the panel; a page that opens it by itself moves nobody.
      const pressed = navigator.userActivation?.isActive ?? false;
      withPanel((panel) => panel.open(pressed));
    },
    close: () => void loading?.then((panel) => panel.close()),
    identify(identity) {
      frame.identity = identity;
      if (loading || !identity) withPanel((panel) => panel.identify(identity));
    },
  };

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () =>
    host.setAttribute("data-theme", dataset.theme || (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", theme);
  theme();
  frame.paint(kept?.accent ?? branded(dataset.accent));
  label();
  const show = () => {
    document.body.append(host);
    if (["outbox", "conversation", "handoff"].some((key) => remembered(siteKey, key))) soon();
  };
  if (document.body) show();
  else addEventListener("DOMContentLoaded", show, { once: true });
}

/** What the panel kept in this browser. @param {string} siteKey @param {string} key */
function remembered(siteKey, key) {
  try {
    return JSON.parse(localStorage.getItem(`chatbot:${siteKey}:${key}`) ?? "null");
  } catch {
    return null; // storage refused or not ours: as on a first visit
  }
}

/** @param {Partial<Accent> | undefined} accent */
function rules(accent) {
  return ACCENT_ROLES.filter((role) => CSS.supports("color", accent?.[role] ?? ""))
    .map((role) => `--${role}:${accent?.[role]};`)
    .join("");
}

/** Before the server's settings are known: the site's colour, with the ink that reads better on it. @param {string | undefined} colour */
function branded(colour) {
  const channels = /^#(..)(..)(..)$/.exec(colour ?? "")?.slice(1) ?? [];
  const [red = 0, green = 0, blue = 0] = channels.map(
    (hex) => (Number.parseInt(hex, 16) / 255) ** 2.2,
  );
  // At this luminance white and black contrast alike (WCAG 2.2, relative luminance).
  const ink = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
  const accent = channels.length
    ? { accent: String(colour), "accent-hover": String(colour), "on-accent": ink }
    : {};
  return { light: accent, dark: accent };
}
