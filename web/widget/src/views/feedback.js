/** @import { Words } from "../i18n.js" */
import { el, set } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Helpful or not, and after "not helpful" room for a word about it.
 * @param {object} parts
 * @param {Words} parts.words
 * @param {number | undefined} parts.vote what was pressed before
 * @param {(value: 1 | -1, comment?: string) => void} parts.give
 * @param {(text: string) => void} parts.announce
 * @returns {{buttons: HTMLElement, comment: HTMLElement}}
 */
export function feedback({ words, vote, give, announce }) {
  const comment = el("div", { class: "comment", hidden: true });
  const thanks = () => {
    const text = words.say("thanks");
    comment.replaceChildren(el("p", { class: "thanks" }, text));
    set(comment, "hidden", false);
    announce(text);
  };
  /** @param {1 | -1} value */
  const press = (value) => {
    set(up, "aria-pressed", String(value === 1));
    set(down, "aria-pressed", String(value === -1));
    give(value);
    set(comment, "hidden", value === 1);
    if (value === -1) comment.replaceChildren(form());
  };
  const form = () =>
    commentForm(words, words.say("what_missing"), (text) => {
      if (text) give(-1, text);
      if (text) thanks();
      else set(comment, "hidden", true);
    });
  /** @param {1 | -1} value @param {"helpful" | "not_helpful"} name @param {import("./icons.js").Icon} drawn */
  const button = (value, name, drawn) =>
    el(
      "button",
      {
        type: "button",
        "aria-label": words.say(name),
        "aria-pressed": String(vote === value),
        click: () => press(value),
      },
      icon(drawn, "small"),
    );
  const up = button(1, "helpful", "helpful");
  const down = button(-1, "not_helpful", "unhelpful");
  const buttons = el(
    "div",
    { class: "votes", role: "group", "aria-label": words.say("helpful_question") },
    up,
    down,
  );
  return { buttons, comment };
}

/**
 * A short free text with Send and Skip.
 * @param {Words} words
 * @param {string} label
 * @param {(text: string) => void} done "" when skipped
 */
export function commentForm(words, label, done) {
  const field = el("textarea", { rows: 2, maxlength: 1000, dir: "auto" });
  const form = el(
    "form",
    {
      class: "comment-form",
      submit: (event) => {
        event.preventDefault();
        done(field.value.trim());
      },
    },
    el("label", {}, el("span", {}, label), field),
    el(
      "div",
      { class: "row" },
      el("button", { type: "submit", class: "button main" }, words.say("send_comment")),
      el("button", { type: "button", class: "button", click: () => done("") }, words.say("skip")),
    ),
  );
  return form;
}
