// Content arrives with the page and later in side sheets; whoever wants to prepare it registers here once.
const preparations = [];

/** Run `prepare(root)` for the page and for every fragment that is put into it later. */
export function onContent(prepare) {
  preparations.push(prepare);
}

export function bringToLife(root) {
  for (const prepare of preparations) prepare(root);
}

/** Delegated listener: `act(event, element)` for every event inside an element that matches the selector. */
export function on(type, selector, act, options) {
  document.addEventListener(
    type,
    (event) => {
      const element = event.target instanceof Element ? event.target.closest(selector) : null;
      if (element) act(event, element);
    },
    options,
  );
}

/** A new element with attributes and children; strings become text, so nothing is ever parsed as markup. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") element.className = value;
    else if (key in element && typeof value === "function") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const sprite = document.querySelector('meta[name="icon-sprite"]')?.content ?? "";

export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", ("bi " + extra).trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", sprite + "#" + name);
  svg.append(use);
  return svg;
}

/** Whether someone is typing there, so that single keys mean letters. */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !/^(checkbox|radio|button|submit|reset|range)$/.test(target.type);
}

export function isVisible(element) {
  return element.getClientRects().length > 0;
}

export const count = (number) => Number(number ?? 0).toLocaleString("en-US");
