/** @import { Clock, Frame, Panel, Settings, News } from "./types.js" */
import { Chat } from "./chat.js";
import { choose, Words } from "./i18n.js";
import { watchPresence } from "./presence.js";
import { pageStorage, Store } from "./storage.js";
import cards from "./styles/cards.css";
import home from "./styles/home.css";
import frameAndHead from "./styles/panel.css";
import thread from "./styles/thread.css";
import tokens from "./styles/tokens.css";
import words from "./styles/words.css";
import write from "./styles/write.css";
import { fillScreen } from "./views/fullscreen.js";
import { PanelView } from "./views/panel.js";

/** On a first visit the panel waits so long for the company's name and colours. */
const KNOWN_WITHIN_MS = 500;

/** @type {Clock} */
const clock = {
  now: () => Date.now(),
  after: (ms, then) => window.setTimeout(then, ms),
  cancel: (timer) => window.clearTimeout(timer),
};

/**
 * Put the panel beside the launcher; it stays hidden until it is opened.
 * @param {Frame} frame
 * @returns {Panel}
 */
export function mount(frame) {
  const { shadow, section, launcher } = frame;
  const sheets = [tokens, frameAndHead, write, thread, words, cards, home].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  shadow.adoptedStyleSheets = [...sheets, ...shadow.adoptedStyleSheets];

  const store = new Store(pageStorage(), frame.siteKey);
  let opened = false;
  /** Called when the settings are known. */
  let known = () => {};
  const chat = new Chat({
    origin: frame.origin,
    siteKey: frame.siteKey,
    identity: frame.identity,
    locale: frame.locale ?? navigator.language,
    store,
    clock,
    random: Math.random,
    newId: newUuid,
    fetch: globalThis.fetch,
    open: (url, protocol) => new WebSocket(url, protocol),
    tell,
  });
  let settings = /** @type {Settings | null} */ (store.get("look"));
  let view = build();
  const screen = fillScreen(frame, () => (opened ? view.node : null));

  function build() {
    const wishes = [frame.locale, settings?.locale, ...navigator.languages];
    const { language, locale } = choose(wishes);
    const words = new Words(language, locale);
    const made = new PanelView({
      chat,
      words,
      settings: settings ?? unknownYet(words),
      close,
      seen,
    });
    made.node.lang = language;
    made.node.dir = getComputedStyle(frame.host).direction;
    section.prepend(made.node);
    return made;
  }

  /** The settings are others than those remembered: draw anew, and give the focus back. */
  function rebuild() {
    const held = view.node.contains(shadow.activeElement);
    const at = view.at;
    view.node.remove();
    view = build();
    view.go(at);
    setHidden(!opened);
    if (held) view.composer.focus();
  }

  /** @param {boolean} hidden */
  function setHidden(hidden) {
    view.node.hidden = hidden;
  }

  /** @param {News} news */
  function tell(news) {
    if (news.kind === "session") {
      const before = JSON.stringify(settings);
      settings = news.session.settings;
      store.set("look", settings);
      frame.paint(settings.accent ?? {});
      if (JSON.stringify(settings) !== before) rebuild();
      known();
      if (opened && view.at === "home") view.refreshHome();
    }
    view.show(news);
    seen();
  }

  /** Mark as read what is before the customer's eyes, and count the rest on the launcher. */
  function seen() {
    const looking = opened && !document.hidden && view.at === "thread";
    if (looking && view.transcript.follow.following) chat.read();
    frame.setUnread(chat.unread);
  }

  /** @param {boolean} pressed whether somebody asked for it, who then goes on here */
  async function open(pressed) {
    if (opened) return;
    opened = true;
    chat.connection.start();
    if (!settings) {
      await new Promise((done) => {
        known = () => done(null);
        clock.after(KNOWN_WITHIN_MS, known);
      });
    }
    if (opened) show(pressed);
  }

  /** @param {boolean} pressed */
  function show(pressed) {
    setHidden(false);
    view.node.classList.add("arriving");
    frame.setOpen(true);
    screen.update();
    view.go(view.at);
    view.composer.fit();
    // Focusing the field on a phone would bring up the keyboard over what there is to read.
    if (pressed && matchMedia("(pointer: coarse)").matches) view.node.focus();
    else if (pressed) view.composer.focus();
    seen();
  }

  function close() {
    if (!opened) return;
    const held = view.node.contains(shadow.activeElement);
    opened = false;
    setHidden(true);
    frame.setOpen(false);
    screen.update();
    if (held) launcher.focus();
  }

  const outstanding = () =>
    opened ||
    chat.outbox.all().length > 0 ||
    store.get("conversation") !== null ||
    chat.wantsPerson;
  watchPresence(chat, outstanding, seen);
  if (outstanding() && !document.hidden) chat.connection.start();
  return {
    open,
    close,
    toggle: () => (opened ? close() : open(true)),
    identify: (identity) => chat.identify(identity),
  };
}

/** What a first visit shows before the server has answered. @param {Words} words @returns {Settings} */
function unknownYet(words) {
  return {
    company: words.say("help"),
    bot_name: words.say("assistant"),
    greeting: "",
    link_hosts: [],
    answer_within_s: 0,
    locale: words.locale,
  };
}

/** `crypto.randomUUID` is for secure pages only; a shop may try the widget on plain http. */
function newUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (Number(bytes[6]) & 0x0f) | 0x40;
  bytes[8] = (Number(bytes[8]) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
