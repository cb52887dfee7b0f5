// "?" lists every key that does something on this page.
import { make, on } from "./content.js";
import { openDialog } from "./dialogs.js";
import { allKeys, bind } from "./keys.js";

const NAMES = { ArrowDown: "↓", ArrowUp: "↑", " ": "Space" };
const ALWAYS = [
  ["Ctrl+K", "Search everything"],
  ["Esc", "Close and go back"],
];

function show() {
  const dialog = document.getElementById("keys-list");
  if (!dialog) return;
  const list = dialog.querySelector("dl");
  list.replaceChildren();
  for (const [keys, label] of [...ALWAYS, ...allKeys()]) {
    const parts = keys.split("+").map((key) => make("kbd", { class: "always" }, NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)));
    list.append(make("dt", {}, ...parts), make("dd", {}, label));
  }
  openDialog(dialog);
}

bind("?", "List of keys", show);
on("click", "[data-keys-list]", show);
