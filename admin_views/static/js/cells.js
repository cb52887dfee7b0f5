// Arrow keys walk through the fields of a table like through a sheet; up and down keep the column.
import { on } from "./content.js";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function isAtEdge(input, step) {
  if (step[0]) return true;
  const { selectionStart, selectionEnd, value } = input;
  const isWhole = selectionStart === 0 && selectionEnd === value.length;
  return isWhole || (step[1] < 0 ? selectionEnd === 0 : selectionStart === value.length);
}

on("keydown", "[data-cells] input", (event, input) => {
  const step = STEPS[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !isAtEdge(input, step)) return;
  const cell = input.closest("td, th");
  if (!cell) return;
  const rows = [...input.closest("table").rows];
  const row = rows[rows.indexOf(cell.parentElement) + step[0]];
  const next = row?.cells[cell.cellIndex + step[1]]?.querySelector("input");
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.select();
});
