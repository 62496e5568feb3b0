const SVG = "http://www.w3.org/2000/svg";

/**
 * A decorative drawing of one stroke, on a grid of 16.
 * @param {string} path
 * @param {string} extra more classes
 */
export function drawing(path, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const stroke = document.createElementNS(SVG, "path");
  stroke.setAttribute("d", path);
  svg.append(stroke);
  return svg;
}
