// The collector's loop: Esc leaves the note so that keys mean outcomes again, and a page that is left lets its account go.
import { token } from "./http.js";

const note = document.getElementById("work-note");
note?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") note.blur();
});

// A short text goes behind what stands in the note already; in the open menu its digit chooses it.
function writeShortText(choice) {
  const before = note.value.trimEnd();
  note.value = (before ? before + " " : "") + choice.dataset.noteText;
  choice.closest("[popover]")?.hidePopover();
  note.focus();
  note.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const choice = event.target instanceof Element ? event.target.closest("[data-note-text]") : null;
  if (choice && note) writeShortText(choice);
});
document.getElementById("note-templates")?.addEventListener("keydown", (event) => {
  const choice = event.currentTarget.querySelector(`[data-digit="${CSS.escape(event.key)}"]`);
  if (!choice) return;
  event.preventDefault();
  event.stopPropagation();
  writeShortText(choice);
});

const held = document.querySelector("[data-held-until]");
let isGoingOn = false;

// An outcome, Next and the forms in the sheet lead on by themselves; only whoever goes elsewhere gives the account up.
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) isGoingOn = true;
});

addEventListener("pageshow", (event) => {
  // A page that comes back from the browser's memory holds nothing any more.
  if (event.persisted) location.reload();
});

addEventListener("pagehide", () => {
  if (isGoingOn || !held) return;
  const body = new FormData();
  body.append("csrf_token", token());
  body.append("until_at", held.dataset.heldUntil);
  navigator.sendBeacon(held.dataset.leaveUrl, body);
});
