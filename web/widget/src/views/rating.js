/** @import { Words } from "../i18n.js" */
import { el, set } from "./dom.js";
import { commentForm } from "./feedback.js";

const SCORES = [1, 2, 3, 4, 5];

/**
 * The question at the end of a conversation: one to five, then a word if wanted.
 * @param {object} parts
 * @param {Words} parts.words
 * @param {number | undefined} parts.score given before
 * @param {(score: number, comment?: string) => void} parts.give
 * @param {(text: string) => void} parts.announce
 * @param {() => void} parts.grown
 */
export function rating({ words, score, give, announce, grown }) {
  const more = el("div", {});
  const thank = () => {
    const thanks = words.say("rate_thanks");
    more.replaceChildren(el("p", { class: "thanks" }, thanks));
    announce(thanks);
  };
  const buttons = SCORES.map((n) =>
    el(
      "button",
      {
        type: "button",
        "aria-label": words.say("rate", { n }),
        "aria-pressed": String(n === score),
        click: () => {
          for (const [index, button] of buttons.entries()) {
            set(button, "aria-pressed", String(index + 1 === n));
          }
          give(n);
          more.replaceChildren(
            commentForm(words, words.say("rate_comment"), (text) => {
              if (text) give(n, text);
              thank();
            }),
          );
          grown();
        },
      },
      String(n),
    ),
  );
  if (score) more.append(el("p", { class: "thanks" }, words.say("rate_thanks")));
  return el(
    "li",
    { class: "rating" },
    el("p", { class: "rating-question", id: "rating" }, words.say("rate_question")),
    el("div", { class: "scores", role: "group", "aria-labelledby": "rating" }, ...buttons),
    el(
      "p",
      { class: "ends", "aria-hidden": "true" },
      el("span", {}, words.say("rate_low")),
      el("span", {}, words.say("rate_high")),
    ),
    more,
  );
}
