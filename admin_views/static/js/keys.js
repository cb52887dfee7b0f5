// Single keys. Bound by scripts with bind(), or by a page with data-key on a button or link.
import { isTyping, isVisible } from "./content.js";
import { keysAreOn } from "./preferences.js";

const bound = new Map();

/** Bind a key; `label` stands in the list of keys. `act` may return false to let the key pass. */
export function bind(key, label, act) {
  bound.set(key, { label, act });
}

function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.shiftKey && /^[a-z]$/.test(key) ? "Shift+" + key : key;
}

/** Where keys act: the open dialog, or the page. */
function stage() {
  const open = [...document.querySelectorAll("dialog[open]")];
  return open.at(-1) ?? document;
}

export function elementFor(key) {
  return [...stage().querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && isVisible(one)) ?? null;
}

export function labelOf(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, .key, svg, .sr").forEach((one) => one.remove());
  return element.getAttribute("aria-label") ?? copy.textContent.trim();
}

/** All keys that do something now: [key, label]. */
export function allKeys() {
  const listed = [...bound].map(([key, { label }]) => [key, label]);
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-key]")) {
    if (!isVisible(element) || seen.has(element.dataset.key)) continue;
    seen.add(element.dataset.key);
    listed.push([element.dataset.key, labelOf(element)]);
  }
  return listed;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!keysAreOn() || isTyping(event.target)) return;
  const key = nameOf(event);
  const element = elementFor(key);
  if (element) {
    event.preventDefault();
    element.focus();
    if (element.getAttribute("aria-disabled") !== "true") element.click();
    return;
  }
  if (stage() !== document) return;
  const binding = bound.get(key);
  if (binding && binding.act(event) !== false) event.preventDefault();
});

// A disabled button stays reachable so that its reason can be read; it only does nothing.
document.addEventListener(
  "click",
  (event) => {
    if (event.target instanceof Element && event.target.closest('[aria-disabled="true"]')) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);
