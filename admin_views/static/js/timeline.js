// Chips above a timeline show one kind of entry; a day head without entries goes with them.
import { on } from "./content.js";

on("click", "[data-timeline] .chip[data-kind]", (event, chip) => {
  const block = chip.closest("[data-timeline]");
  block.querySelectorAll(".chip[data-kind]").forEach((one) => one.setAttribute("aria-pressed", String(one === chip)));
  let head = null;
  let shown = 0;
  const close = () => head && (head.hidden = shown === 0);
  for (const entry of block.querySelectorAll(".tl > li")) {
    if (entry.classList.contains("day")) {
      close();
      head = entry;
      shown = 0;
    } else {
      entry.hidden = chip.dataset.kind !== "" && entry.dataset.kind !== chip.dataset.kind;
      shown += entry.hidden ? 0 : 1;
    }
  }
  close();
});
