// One tooltip for the page: data-tip, and the labels of the folded navigation. Esc puts it away.
import { on } from "./content.js";

const tip = document.getElementById("tip");
const WAIT_MS = 350;
let timer = null;

function show(element, words, beside) {
  if (element.getAttribute("aria-expanded") === "true") return;
  tip.textContent = words;
  tip.showPopover();
  const at = element.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = beside ? at.right + 8 : at.left + at.width / 2 - width / 2;
  const below = at.bottom + 6 + height < innerHeight;
  const top = beside ? at.top + at.height / 2 - height / 2 : below ? at.bottom + 6 : at.top - 6 - height;
  tip.style.left = Math.max(8, Math.min(left, innerWidth - width - 8)) + "px";
  tip.style.top = top + "px";
}

function hide() {
  clearTimeout(timer);
  if (tip.matches(":popover-open")) tip.hidePopover();
}

function soon(element, words, beside = false) {
  clearTimeout(timer);
  timer = setTimeout(() => element.isConnected && show(element, words, beside), WAIT_MS);
}

if (tip && "showPopover" in tip) {
  const folded = () => document.documentElement.hasAttribute("data-folded") && innerWidth >= 768;
  for (const start of ["mouseover", "focusin"]) {
    on(start, "[data-tip]", (event, element) => soon(element, element.dataset.tip));
    on(start, ".nav-x .it", (event, item) => folded() && soon(item, item.dataset.label, true));
  }
  for (const stop of ["mouseout", "focusout", "click"]) on(stop, "[data-tip], .nav-x .it", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
