// Ticked rows and the bulk bar. Above a page's rows the filter is sent, never a list of ids.
import { count, make, on } from "./content.js";
import { openDialog } from "./dialogs.js";
import { ask } from "./http.js";
import { openSheet } from "./sheet.js";
import { toast } from "./toasts.js";

const TYPED_ABOVE = 50;
const bar = document.querySelector("[data-bulk]");
const boxes = () => [...document.querySelectorAll("[data-tick]")];
const ticked = () => boxes().filter((box) => box.checked);
let everything = false;
let last = null;

const total = () => Number(bar.dataset.total);
const howMany = () => (everything ? total() : ticked().length);

function show() {
  const chosen = ticked();
  const all = document.querySelector("[data-tick-all]");
  if (chosen.length < boxes().length) everything = false;
  for (const box of boxes()) box.closest("tr").classList.toggle("sel", box.checked);
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === boxes().length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  bar.hidden = chosen.length === 0;
  bar.elements.scope.value = everything ? "filter" : "ids";
  bar.querySelector("[data-bulk-count]").textContent = everything ? `All ${count(total())} selected` : `${count(chosen.length)} selected`;
  bar.querySelector("[data-bulk-all]").hidden = everything || chosen.length < boxes().length || total() <= boxes().length;
  const only = bar.querySelector("[data-bulk-only]");
  only.hidden = !everything;
  only.textContent = `Only these ${count(boxes().length)}`;
  const label = document.querySelector("[data-export-selected]");
  if (label) {
    label.textContent = `${count(howMany())} rows`;
    const choice = label.closest("label").querySelector("input");
    choice.disabled = chosen.length === 0;
    if (choice.disabled && choice.checked) document.querySelector("[data-export-what][value=filter]").checked = true;
  }
}

function tick(box, checked, range) {
  const all = boxes();
  if (range && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((one) => (one.checked = checked));
  } else box.checked = checked;
  last = box;
  show();
}

/** What every bulk request sends: [name, value] pairs. */
function selection() {
  const fields = [
    ["scope", everything ? "filter" : "ids"],
    ["filter", bar.elements.filter.value],
  ];
  if (!everything) ticked().forEach((box) => fields.push(["ids", box.value]));
  return fields;
}

function submit(url, more = []) {
  bar.querySelectorAll("[data-sent]").forEach((one) => one.remove());
  for (const [name, value] of [...selection().filter(([name]) => name === "ids"), ...more]) {
    bar.append(make("input", { type: "hidden", name, value, "data-sent": true }));
  }
  bar.action = url;
  bar.requestSubmit();
}

/** Ask before many rows change: how many, some of them, what is left out and why, and the count typed by hand. */
function question({ question: title, verb, count: number, sample = [], left_out = [] }, danger, onYes) {
  const dialog = document.getElementById("bulk-question");
  const form = dialog.querySelector("form");
  const body = dialog.querySelector(".body");
  const go = dialog.querySelector("[data-verb]");
  const mustType = number > TYPED_ABOVE;
  dialog.querySelector("h2").textContent = title;
  body.replaceChildren();
  if (sample.length) {
    const rest = number - sample.length;
    body.append(make("ul", { class: "sample" }, ...sample.map((line) => make("li", {}, line)), rest > 0 ? make("li", { class: "muted" }, `and ${count(rest)} more`) : ""));
  }
  if (left_out.length) {
    body.append(make("p", {}, "Left out:"), make("ul", { class: "sample" }, ...left_out.map((line) => make("li", {}, `${count(line.count)} · ${line.why}`))));
  }
  if (mustType) {
    form.dataset.typed = String(number);
    body.append(
      make("div", {}, make("label", { class: "form-label", for: "bulk-typed" }, `Type ${count(number)} to go on`), make("input", { class: "form-control", id: "bulk-typed", inputmode: "numeric", autocomplete: "off", "data-typed-input": true })),
    );
  } else delete form.dataset.typed;
  go.textContent = verb;
  go.disabled = mustType || number === 0;
  go.className = "btn " + (danger ? "btn-danger" : "btn-primary");
  form.onsubmit = () => onYes(mustType ? [["confirmed_count", String(number)]] : []);
  openDialog(dialog);
}

async function act(button) {
  const { bulkAction: url, preview, bulkSheet: form, danger } = button.dataset;
  if (form) return openSheet(form, selection());
  const label = button.textContent.trim();
  if (preview) {
    const body = new FormData();
    selection().forEach(([name, value]) => body.append(name, value));
    try {
      return question(await ask(preview, { method: "POST", body }), Boolean(danger), (more) => submit(url, more));
    } catch (problem) {
      return problem.elsewhere || toast({ message: problem.message, reference: problem.reference, stays: true });
    }
  }
  if (howMany() > TYPED_ABOVE || danger) {
    return question({ question: `${label} ${count(howMany())} ${bar.dataset.noun}?`, verb: label, count: howMany() }, Boolean(danger), (more) => submit(url, more));
  }
  submit(url);
}

if (bar) {
  on("click", "[data-tick]", (event, box) => tick(box, box.checked, event.shiftKey));
  on("desk:tick", "[data-tick]", (event, box) => tick(box, event.detail.range ? true : !box.checked, event.detail.range));
  on("change", "[data-tick-all]", (event, all) => {
    boxes().forEach((box) => (box.checked = all.checked));
    everything = false;
    show();
  });
  on("click", "[data-bulk-clear]", (event) => {
    event.preventDefault();
    boxes().forEach((box) => (box.checked = false));
    everything = false;
    setTimeout(show);
  });
  on("click", "[data-bulk-all]", () => ((everything = true), show()));
  on("click", "[data-bulk-only]", () => ((everything = false), show()));
  on("click", "[data-bulk-action], [data-bulk-sheet]", (event, button) => act(button));
  // A page that comes back from the browser's history keeps its ticks; the bar has to know of them.
  addEventListener("pageshow", show);
  show();
}

// An export of the ticked rows only.
on("click", "a[data-export]", (event, link) => {
  const what = document.querySelector("[data-export-what]:checked")?.value;
  if (what !== "ids" || everything) return;
  event.preventDefault();
  const url = new URL(link.href);
  url.searchParams.set("ids", ticked().map((box) => box.value).join("."));
  location.href = url;
});
