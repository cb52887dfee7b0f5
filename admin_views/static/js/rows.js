// Rows by keyboard: j and k move, Enter opens, x ticks, Shift+x ticks everything up to here.
import { isVisible, on } from "./content.js";
import { bind } from "./keys.js";

const table = () => document.activeElement?.closest?.("table[data-rows]") ?? [...document.querySelectorAll("table[data-rows]")].find(isVisible);
const rowsOf = (one) => [...one.tBodies[0].rows].filter(isVisible);
const current = () => document.querySelector("table[data-rows] tr.cur");

export function makeCurrent(row, focus = true) {
  current()?.classList.remove("cur");
  row.classList.add("cur");
  const link = row.querySelector("th a, td a") ?? row;
  if (link === row) row.tabIndex = -1;
  if (focus) link.focus();
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const here = table();
  if (!here) return false;
  const rows = rowsOf(here);
  if (rows.length === 0) return false;
  const at = rows.indexOf(current());
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step));
  makeCurrent(rows[next]);
}

function open(event) {
  const row = current();
  if (!row || (event.target instanceof Element && event.target.closest("a, button, summary, [role=option]"))) return false;
  const url = row.dataset.url ?? row.querySelector("th a, td a")?.href;
  if (!url) return false;
  location.href = url;
}

function tickCurrent(range) {
  const box = current()?.querySelector("[data-tick]");
  if (!box) return false;
  box.dispatchEvent(new CustomEvent("desk:tick", { bubbles: true, detail: { range } }));
}

if (document.querySelector("table[data-rows]")) {
  bind("j", "Next row", () => move(1));
  bind("k", "Row before", () => move(-1));
  bind("Enter", "Open the row", open);
  if (document.querySelector("[data-tick]")) {
    bind("x", "Tick the row", () => tickCurrent(false));
    bind("Shift+x", "Tick every row up to this one", () => tickCurrent(true));
  }
  on("focusin", "table[data-rows] tbody tr", (event, row) => row !== current() && makeCurrent(row, false));
}
