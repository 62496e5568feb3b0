import { de } from "./texts/de.js";
import { en } from "./texts/en.js";
import { es } from "./texts/es.js";

/** @typedef {typeof en} Texts */
/** @typedef {Record<string, string | number>} Fill */

/** @type {Record<string, Texts>} */
export const LANGUAGES = { en, de, es };

/**
 * The first language we speak among those wished for, most wanted first.
 * @param {(string | null | undefined)[]} wishes language tags such as `de-AT`
 * @returns {{language: string, locale: string}} `locale` adds the region that the first wish in this
 *   language names, for dates and numbers
 */
export function choose(wishes) {
  for (const wish of wishes) {
    const language = languageOf(wish);
    if (Object.hasOwn(LANGUAGES, language)) {
      const same = wishes.filter((other) => languageOf(other) === language);
      const regional = same.find((other) => /[-_]/.test(String(other))) ?? language;
      return { language, locale: known(regional.replaceAll("_", "-")) ?? language };
    }
  }
  return { language: "en", locale: "en" };
}

/** Words and times in one language. */
export class Words {
  /** @param {string} language @param {string} locale @param {string} [timeZone] for tests */
  constructor(language, locale, timeZone) {
    this.language = language;
    this.texts = LANGUAGES[language] ?? en;
    this.plural = new Intl.PluralRules(locale);
    const zone = timeZone ? { timeZone } : {};
    this.clock = new Intl.DateTimeFormat(locale, { timeStyle: "short", ...zone });
    this.day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", ...zone });
    this.full = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", ...zone });
    this.weekday = new Intl.DateTimeFormat(locale, { weekday: "long", ...zone });
    this.locale = locale;
  }

  /** @param {keyof Texts} key @param {Fill} fill */
  say(key, fill = {}) {
    const text = this.texts[key];
    if (typeof text === "string") return filled(text, fill);
    const forms = /** @type {{one: string, other: string}} */ (text);
    const form = this.plural.select(Number(fill.n)) === "one" ? forms.one : forms.other;
    return filled(form, fill);
  }

  /** One of a family of words, or what the server called it. @param {"ticket_status" | "status"} key @param {string} name */
  name(key, name) {
    /** @type {Record<string, string>} */
    const family = this.texts[key];
    return Object.hasOwn(family, name) ? String(family[name]) : name;
  }

  /** Our sentence for a known error, else the server's. @param {string} code @param {string} message */
  error(code, message) {
    /** @type {Record<string, string>} */
    const family = this.texts.errors;
    return Object.hasOwn(family, code) ? String(family[code]) : message;
  }

  /** "Today, 14:02" above a group of messages. @param {Date} date @param {Date} now */
  heading(date, now) {
    const time = this.clock.format(date);
    const away = daysBetween(date, now, this.day);
    if (away === 0) return this.say("today", { time });
    if (away === -1) return this.say("yesterday", { time });
    return `${this.day.format(date)}, ${time}`;
  }

  /** "11:30 today", for something to come. @param {Date} date @param {Date} now */
  due(date, now) {
    const time = this.clock.format(date);
    const away = daysBetween(date, now, this.day);
    if (away === 0) return this.say("at_today", { time });
    if (away === 1) return this.say("at_tomorrow", { time });
    const near = Math.abs(date.getTime() - now.getTime()) < 6 * DAY_MS;
    return near ? `${this.weekday.format(date)} ${time}` : `${this.day.format(date)}, ${time}`;
  }

  /** "4 hours": a length of time in its largest whole unit, rounded up. @param {number} seconds */
  length(seconds) {
    const [unit, size] =
      seconds >= 48 * 3600 ? ["day", 86_400] : seconds >= 5400 ? ["hour", 3600] : ["minute", 60];
    const style = { style: "unit", unit: String(unit), unitDisplay: "long" };
    const format = new Intl.NumberFormat(
      this.locale,
      /** @type {Intl.NumberFormatOptions} */ (style),
    );
    return format.format(Math.max(1, Math.ceil(seconds / Number(size))));
  }
}

const DAY_MS = 86_400_000;

/** Whole calendar days from `now` to `date`, if one at most; else NaN. @param {Date} date @param {Date} now @param {Intl.DateTimeFormat} day */
function daysBetween(date, now, day) {
  for (const away of [0, -1, 1]) {
    if (day.format(new Date(now.getTime() + away * DAY_MS)) === day.format(date)) return away;
  }
  return Number.NaN;
}

/** @param {string} text @param {Fill} fill */
function filled(text, fill) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(fill[name] ?? whole));
}

/** @param {string | null | undefined} tag */
function languageOf(tag) {
  return (tag ?? "").toLowerCase().split(/[-_]/)[0] ?? "";
}

/** @param {string} tag */
function known(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined; // not a language tag; the language alone will do
  }
}
