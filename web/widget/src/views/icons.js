import { drawing } from "./drawing.js";

/** Drawn on a 16 px grid with one stroke; those in `TURNED` point the other way when read from the right. */
const PATHS = {
  back: "M10 3.5 5.5 8l4.5 4.5",
  close: "M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4",
  bot: "M4.6 5.2h6.8a2 2 0 0 1 2 2v3.9a2 2 0 0 1-2 2H4.6a2 2 0 0 1-2-2V7.2a2 2 0 0 1 2-2zM8 5.2V2.6M6 8.4v1.3M10 8.4v1.3M1 8.2v2.2M15 8.2v2.2",
  person:
    "M8 8.2a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM2.8 13.5c.5-2.4 2.5-3.8 5.2-3.8s4.7 1.4 5.2 3.8",
  send: "M8 13.2V2.9M3.9 7 8 2.9 12.1 7",
  stop: "M5.2 5.2h5.6v5.6H5.2z",
  book: "M3.2 12.9V3.7A1.7 1.7 0 0 1 4.9 2h7.9v9.3H4.7a1.6 1.6 0 0 0 0 3.2h8.1v-3.2",
  helpful:
    "M5.4 7.1 8 2.2c1 .1 1.6.8 1.6 1.7v2.5h2.7c.8 0 1.3.7 1.2 1.4l-.8 4.5c-.1.6-.6 1-1.2 1H5.4zM5.4 7.1H2.6v6.2h2.8",
  unhelpful:
    "M10.6 8.9 8 13.8c-1-.1-1.6-.8-1.6-1.7V9.6H3.7c-.8 0-1.3-.7-1.2-1.4l.8-4.5c.1-.6.6-1 1.2-1h6.1zM10.6 8.9h2.8V2.7h-2.8",
  retry: "M13.1 8.2A5.1 5.1 0 1 1 11.4 4.3L13 5.8M13 2.6v3.2H9.8",
  warning: "M8 2.4 14.4 13.3H1.6zM8 6.6v3M8 11.4v.1",
  ticket:
    "M1.9 4.4h12.2v2.4a1.3 1.3 0 0 0 0 2.5v2.4H1.9V9.3a1.3 1.3 0 0 0 0-2.5zM9.7 5.1v.9M9.7 7.6v.9M9.7 10v.9",
  down: "M4 6.2 8 10.2l4-4",
  next: "M6 4l4 4-4 4",
  bolt: "M9 1.7 3.4 9.1h4.3l-.8 5.2 5.7-7.4H8.2z",
  clock: "M8 13.9A5.9 5.9 0 1 0 8 2.1a5.9 5.9 0 0 0 0 11.8zM8 4.9v3.3l2.2 1.4",
  offline:
    "M2 2l12 12M4.9 9.6c.6-.5 1.3-.9 2-1M11.2 9.5l-.7-.6M2.4 7c.6-.6 1.4-1.1 2.2-1.5M13.6 7C12 5.4 9.6 4.4 7.3 4.6M8 12.3v.1",
};

const TURNED = new Set(["back", "next"]);

/** @typedef {keyof typeof PATHS} Icon */

/** @param {Icon} name @param {string} extra more classes, such as `small` */
export function icon(name, extra = "") {
  return drawing(PATHS[name], TURNED.has(name) ? `turned ${extra}` : extra);
}
