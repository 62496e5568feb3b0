import assert from "node:assert/strict";
import { test } from "node:test";
import { plain } from "../src/markdown/inline.js";
import { hostSet } from "../src/markdown/links.js";
import { Markdown, render } from "../src/markdown/render.js";
import { TinyElement } from "./tinydom.js";

const HOSTS = hostSet(["shop.example", "help.shop.example:8443", "bücher.example"]);

function root() {
  return new TinyElement("root");
}

/** @param {string} text */
function rendered(text) {
  const node = root();
  render(/** @type {any} */ (node), text, HOSTS);
  return node;
}

/** @param {string} text @returns {string} what is inside the root */
function html(text) {
  return rendered(text).childNodes.map(String).join("");
}

/** @param {string} text @param {number[]} cuts */
function inPieces(text, cuts) {
  const node = root();
  const markdown = new Markdown(/** @type {any} */ (node), HOSTS);
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    markdown.push(text.slice(from, cut));
    from = cut;
  }
  markdown.finish();
  return node.toString();
}

const RICH = `# Returns

You have **60 days** from *delivery*, see [Returns](https://shop.example/returns?a=1&b=2).
Second line with \`code **not bold**\` and snake_case_name, 2 * 3 * 4.

1. First
2. Second, with **bold
   over two lines**
   - nested one
   - nested two

3. Third after a blank

Between.

- alpha
- beta [bad](javascript:alert(1)) ![img](https://shop.example/x.png)

\`\`\`python
if x < 1:
    print("**raw**")
\`\`\`

***

Open **mark, [half](https://shop.example, https://shop.example/a. https://evil.example/b \\*not\\* 🏔️ done_`;

test("the subset becomes elements, a heading becomes a bold line", () => {
  assert.equal(
    html("# Hi\n\nA **b** *c* `d` __e__ _f_\nnext"),
    '<p><strong>"Hi"</></><p>"A "<strong>"b"</>" "<em>"c"</>" "<code>"d"</>" "<strong>"e"</>" "<em>"f"</><br></>"next"</>',
  );
});

test("lists nest, keep their numbers and go on over blank lines", () => {
  assert.equal(
    html("3. c\n\n4. d\n   - x\n   - y\n5. e"),
    '<ol start=3><li>"c"</><li>"d"<ul><li>"x"</><li>"y"</></></><li>"e"</></>',
  );
  assert.equal(html("- a\n- b\n\nend"), '<ul><li>"a"</><li>"b"</></><p>"end"</>');
  assert.equal(html("It is on the\n5. of May"), '<p>"It is on the"<br></>"5. of May"</>');
});

test("three stars are bold and italic at once", () => {
  assert.equal(html("***a*** b"), '<p><strong><em>"a"</></>" b"</>');
});

test("wherever a reply is cut into pieces, the page is the same", () => {
  const whole = inPieces(RICH, []);
  for (let cut = 1; cut < RICH.length; cut += 1) {
    assert.equal(inPieces(RICH, [cut]), whole, `cut at ${cut}`);
  }
  const everywhere = Array.from({ length: RICH.length - 1 }, (_, index) => index + 1);
  assert.equal(inPieces(RICH, everywhere), whole);
});

test("finished blocks are not drawn again while later words arrive", () => {
  const node = root();
  const markdown = new Markdown(/** @type {any} */ (node), HOSTS);
  markdown.push("First paragraph.\n\n- one\n- two\n\nNow");
  const [first, list] = node.childNodes;
  const item = /** @type {TinyElement} */ (list).childNodes[0];
  markdown.push(" more\nand more.\n\nAnother");
  assert.equal(node.childNodes[0], first);
  assert.equal(node.childNodes[1], list);
  assert.equal(/** @type {TinyElement} */ (list).childNodes[0], item);
});

test("while it is written, open marks already look as they are meant", () => {
  const node = root();
  const markdown = new Markdown(/** @type {any} */ (node), HOSTS);
  markdown.push("2. **A repair kit** by **po");
  assert.match(node.toString(), /<strong>"A repair kit"<\/>" by "<strong>"po"/);
  markdown.clear();
  markdown.push("see [Returns](https://shop.ex");
  assert.equal(node.textContent, "see Returns");
  markdown.clear();
  markdown.push("Yes.\n-");
  assert.equal(node.textContent, "Yes.");
});

test("when it ends, marks that were never closed are only characters", () => {
  assert.equal(rendered("a ** b `c *d [e](f").textContent, "a ** b `c *d [e](f");
});

test("a withdrawn reply leaves nothing behind", () => {
  const node = root();
  const markdown = new Markdown(/** @type {any} */ (node), HOSTS);
  markdown.push("1. Wrong\n2. Words");
  markdown.clear();
  markdown.push("Right");
  markdown.finish();
  assert.equal(node.toString(), '<root><p>"Right"</></>');
});

test("links lead to allowed hosts over https, others stay as they were written", () => {
  /** @param {string} text */
  const links = (text) =>
    rendered(text)
      .all.filter(({ tag }) => tag === "a")
      .map(({ attributes }) => attributes.get("href"));
  assert.deepEqual(links("[a](https://shop.example/x) https://shop.example/y."), [
    "https://shop.example/x",
    "https://shop.example/y",
  ]);
  assert.deepEqual(links("[a](https://help.shop.example:8443/) [b](https://BÜCHER.example/)"), [
    "https://help.shop.example:8443/",
    "https://xn--bcher-kva.example/",
  ]);
  for (const hostile of [
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert`1`)",
    "[a](java\tscript:alert)",
    "[a](data:text/html,<script>)",
    "[a](vbscript:x)",
    "[a](http://shop.example/)",
    "[a](//shop.example/)",
    "[a](/relative)",
    "[a](https://shop.example.evil.example/)",
    "[a](https://evil.example/shop.example)",
    "[a](https://shop.example@evil.example/)",
    "[a](https://user:secret@shop.example/)",
    "[a](https://shop.example:444/)",
    "[a](https://shop.example\\@evil.example/)",
    "[a](https://evil.example#https://shop.example/)",
    "[https://shop.example](https://evil.example)",
    "<https://evil.example>",
    "https://evil.example/?q=secret",
    "[a]: https://evil.example",
    "![a][b]",
  ]) {
    assert.deepEqual(
      links(hostile).filter((href) => !href?.startsWith("https://shop.example/")),
      [],
      hostile,
    );
  }
  assert.equal(rendered("[a](http://shop.example/)").textContent, "[a](http://shop.example/)");
});

test("links open elsewhere and tell nothing about this page", () => {
  const [link] = rendered("https://shop.example/").all.filter(({ tag }) => tag === "a");
  assert.equal(link?.attributes.get("rel"), "noopener noreferrer nofollow");
  assert.equal(link?.attributes.get("target"), "_blank");
});

test("images and markup are text, whatever they try", () => {
  const allowed = new Set(["p", "br", "strong", "em", "code", "pre", "ol", "ul", "li", "a"]);
  for (const hostile of [
    "![x](https://shop.example/p.png)",
    "![x](https://evil.example/p.png?d=secret)",
    "[![x](https://evil.example/a.png)](https://shop.example/)",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "**<iframe src=https://evil.example>**",
    "`<b>` <a href='javascript:x'>y</a>",
    "```\n<script>\n```",
    "&lt;b&gt; &#106;avascript",
    "| a |\n|---|\n| ![x](https://evil.example/) |",
  ]) {
    const node = rendered(hostile);
    for (const element of node.all) {
      assert.ok(allowed.has(element.tag), `${element.tag} in ${hostile}`);
      const names = [...element.attributes.keys()];
      assert.deepEqual(
        names.filter((name) => !["href", "target", "rel", "start"].includes(name)),
        [],
      );
    }
  }
  const image = "![x](https://shop.example/p.png)";
  assert.equal(rendered(image).textContent, image);
});

test("controls and marks that turn the reading order are taken out", () => {
  assert.equal(rendered("a\u202eb\u0000c\u001bd").textContent, "abcd");
});

test("hostile lengths and depths are rendered in full and stop nothing", () => {
  const size = 40_000;
  for (const piece of ["*a ", "**", "[", "![", "`", "_a_ ", "- ", "https://", "[a](", "\n", "> "]) {
    const text = piece.repeat(size / piece.length);
    const node = rendered(text);
    assert.ok(node.all.length <= size);
  }
  const deep = Array.from({ length: 50 }, (_, depth) => `${"  ".repeat(depth)}- x`).join("\n");
  /** @param {TinyElement} node @returns {number} */
  const depth = (node) =>
    1 + Math.max(0, ...node.childNodes.map((c) => (typeof c === "string" ? 0 : depth(c))));
  assert.ok(depth(rendered(deep)) < 12);
  const words = "x".repeat(100_000);
  assert.equal(rendered(words).textContent, words);
});

test("a line that is cut for its length is cut at the same place in any pieces", () => {
  const long = `${"word 🏔️ ".repeat(1500)}\n- end`;
  const cuts = [1, 3999, 4000, 4001, 4002, 8001, 9000];
  assert.ok(inPieces(long, cuts) === inPieces(long, []));
  const words = rendered(long).textContent.replaceAll(/\s/g, "");
  assert.ok(words === `${"word🏔️".repeat(1500)}end`, "no character is lost");
});

test("a message on one line has its words and not its marks", () => {
  assert.equal(plain("# Hi\n\n- **60 days** `now`\n- *two*"), "Hi 60 days now two");
});
