// Which columns, in which order: drag, or Alt and the arrows. The choice goes into the address as cols=a,b,c.
import { on } from "./content.js";

let dragged = null;

function say(popover, words) {
  popover.querySelector("[data-columns-said]").textContent = words;
}

function move(item, step) {
  const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(item);
  else other.after(item);
  item.querySelector("input").focus();
  const all = [...item.parentElement.children];
  say(item.closest("[data-columns]"), `${item.textContent.trim()}, place ${all.indexOf(item) + 1} of ${all.length}`);
}

on("keydown", "[data-column]", (event, item) => {
  if (!event.altKey || !/^Arrow(Up|Down)$/.test(event.key)) return;
  event.preventDefault();
  move(item, event.key === "ArrowUp" ? -1 : 1);
});

on("pointerdown", "[data-column]", (event, item) => {
  item.draggable = event.pointerType === "mouse";
});

on("dragstart", "[data-column]", (event, item) => {
  dragged = item;
  event.dataTransfer.effectAllowed = "move";
});

on("dragover", "[data-column]", (event, item) => {
  if (!dragged || dragged === item || dragged.parentElement !== item.parentElement) return;
  event.preventDefault();
  const box = item.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) item.before(dragged);
  else item.after(dragged);
});

document.addEventListener("dragend", () => (dragged = null));

function go(columns) {
  const url = new URL(location.href);
  if (columns === null) url.searchParams.delete("cols");
  else url.searchParams.set("cols", columns.join(","));
  location.href = url.href.replaceAll("%2C", ",");
}

on("click", "[data-columns-apply]", (event, button) => {
  const shown = [...button.closest("[data-columns]").querySelectorAll("[data-column]")].filter((item) => item.querySelector("input").checked);
  go(shown.map((item) => item.dataset.column));
});

on("click", "[data-columns-reset]", () => go(null));
