// Popovers are the browser's own; this places them beside their button, says whether they are open and moves through them by arrows.
import { isTyping, isVisible } from "./content.js";

const GAP = 4;
const EDGE = 8;

function buttonOf(popover) {
  return [...document.querySelectorAll(`[popovertarget="${popover.id}"]`)].find(isVisible) ?? null;
}

function place(popover) {
  const button = buttonOf(popover);
  if (!button) return;
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const fromRight = at.left + width > innerWidth - EDGE || at.left > innerWidth / 2;
  const left = fromRight ? at.right - width : at.left;
  const below = at.bottom + GAP + height <= innerHeight - EDGE || at.top < height;
  popover.style.left = Math.max(EDGE, Math.min(left, innerWidth - width - EDGE)) + "px";
  popover.style.top = Math.max(EDGE, below ? Math.min(at.bottom + GAP, innerHeight - height - EDGE) : at.top - GAP - height) + "px";
}

document.addEventListener(
  "toggle",
  (event) => {
    const popover = event.target;
    if (!(popover instanceof HTMLElement) || !popover.matches(".pop")) return;
    const open = event.newState === "open";
    buttonOf(popover)?.setAttribute("aria-expanded", String(open));
    if (!open) return;
    place(popover);
    popover.querySelector("[autofocus], input:not([disabled]):not([type=radio]):not([type=checkbox]), .mi, button, a")?.focus();
  },
  true,
);

addEventListener("resize", () => document.querySelectorAll(".pop:popover-open").forEach(place));
addEventListener("scroll", () => document.querySelectorAll(".pop:popover-open").forEach(place), { passive: true });

document.addEventListener("keydown", (event) => {
  if (!/^(ArrowDown|ArrowUp|Home|End)$/.test(event.key) || event.altKey) return;
  const popover = event.target instanceof Element ? event.target.closest(".pop") : null;
  if (!popover || (isTyping(event.target) && event.target.matches("select, textarea, [type=date], [type=number]"))) return;
  const items = [...popover.querySelectorAll(".mi, .mi input")].filter((one) => isVisible(one) && one.matches("a, button, input:not([disabled])"));
  if (items.length === 0) return;
  const here = items.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowUp: here < 0 ? items.length - 1 : here - 1, Home: 0, End: items.length - 1 }[event.key];
  items[(next + items.length) % items.length].focus();
  event.preventDefault();
});

export { place };
