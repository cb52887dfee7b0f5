// What arrives after a list: counts behind the tabs, the exact count, sums at the foot, and menus when they are opened.
import { bringToLife, count, on } from "./content.js";
import { ask, send } from "./http.js";
import { place } from "./menus.js";

const grid = document.querySelector("[data-grid]");

function put(selector, text) {
  for (const element of grid.querySelectorAll(selector)) element.textContent = text;
}

function fill(answer) {
  for (const [key, text] of Object.entries(answer.tabs)) put(`[data-tab-count="${CSS.escape(key)}"]`, text);
  const asks = grid.querySelector("[data-total-ask]");
  if (asks) asks.hidden = answer.totals !== null;
  for (const [key, text] of Object.entries(answer.totals ?? {})) put(`[data-total="${CSS.escape(key)}"]`, text);
  if (!answer.count) return;
  put("[data-total-rows]", answer.count);
  if (!answer.is_exact) return;
  const pager = grid.querySelector("[data-pager-text]");
  if (pager) pager.textContent = pager.textContent.replace(/ of .+$/, ` of ${answer.count}`);
  const bar = grid.querySelector("[data-bulk]");
  if (!bar) return;
  bar.dataset.total = String(answer.rows);
  const [long, short] = bar.querySelectorAll("[data-bulk-all] span");
  long.textContent = `Select all ${count(answer.rows)} that match`;
  short.textContent = `All ${count(answer.rows)}`;
}

async function load(more = "") {
  try {
    fill(await ask(grid.dataset.summaryUrl + more, { background: more === "" }));
  } catch {
    // The list stands without these figures.
  }
}

if (grid) {
  load();
  on("click", "[data-total-ask]", (event, button) => {
    button.disabled = true;
    load((grid.dataset.summaryUrl.includes("=") ? "&" : "") + "totals=1");
  });
}

// A menu is fetched the first time that it opens.
async function open(menu) {
  const address = menu.dataset.fetch;
  delete menu.dataset.fetch;
  try {
    const response = await send(address, { fragment: true, json: false });
    if (!response.ok) throw new Error(response.statusText);
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    menu.replaceChildren(...document.importNode(parsed.querySelector(".pop"), true).childNodes);
    bringToLife(menu);
    place(menu);
    menu.querySelector("input:not([type=checkbox]), .mi, button")?.focus();
  } catch {
    menu.dataset.fetch = address;
    menu.hidePopover();
  }
}

document.addEventListener(
  "toggle",
  (event) => {
    if (event.newState === "open" && event.target instanceof HTMLElement && event.target.dataset.fetch) open(event.target);
  },
  true,
);
