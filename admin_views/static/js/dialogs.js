// Dialogs are the browser's own: focus stays inside, Esc closes, the focus goes back to where it was.
import { on } from "./content.js";

export function openDialog(dialog) {
  document.querySelectorAll(".pop:popover-open").forEach((popover) => popover.hidePopover());
  if (!dialog.open) dialog.showModal();
}

on("click", "[data-dialog]", (event, opener) => {
  const dialog = document.getElementById(opener.dataset.dialog);
  if (!dialog) return;
  event.preventDefault();
  openDialog(dialog);
});

on("click", "[data-close]", (event, closer) => {
  const dialog = closer.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});

// A click on the ground beside a dialog closes it, except where something was asked that needs an answer.
document.addEventListener("mousedown", (event) => {
  const dialog = event.target;
  if (!(dialog instanceof HTMLDialogElement) || dialog.matches("[role=alertdialog]")) return;
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) dialog.close();
});

// Something to type before the verb works.
on("input", "[data-typed-input]", (event, input) => {
  const form = input.closest("[data-typed]");
  const same = input.value.replaceAll(",", "").trim() === form.dataset.typed.replaceAll(",", "").trim();
  form.querySelector("[data-verb]").disabled = !same;
});
