// Builds dist/ from src/. With --check it builds nothing, and fails when dist/ is not what src/
// makes or weighs more than promised.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const PARTS = [
  { from: "src/loader.js", to: "dist/widget.js", format: "iife", gzipBytes: 4 * 1024 },
  { from: "src/panel.js", to: "dist/panel.js", format: "esm", gzipBytes: 30 * 1024 },
];

/** Style sheets become strings, for `CSSStyleSheet.replaceSync`. @type {import("esbuild").Plugin} */
const sheets = {
  name: "sheets",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transform(source, { loader: "css", minify: true, target: TARGET });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const TARGET = ["chrome105", "firefox121", "safari16.4"];
const checking = process.argv.includes("--check");
const problems = [];

for (const { from, to, format, gzipBytes } of PARTS) {
  const { outputFiles } = await build({
    entryPoints: [from],
    bundle: true,
    minify: true,
    write: false,
    charset: "utf8",
    legalComments: "none",
    format: /** @type {"iife" | "esm"} */ (format),
    target: TARGET,
    plugins: [sheets],
  });
  const text = outputFiles[0]?.text ?? "";
  const weight = gzipSync(text, { level: 9 }).length;
  process.stdout.write(`${to}: ${text.length} characters, ${weight} bytes gzipped\n`);
  if (weight > gzipBytes)
    problems.push(`${to} weighs ${weight} bytes gzipped, more than ${gzipBytes}`);
  if (checking) {
    const kept = await readFile(to, "utf8").catch(() => "");
    if (kept !== text) problems.push(`${to} is not what ${from} makes: run npm run build`);
  } else {
    await mkdir("dist", { recursive: true });
    await writeFile(to, text);
  }
}

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
