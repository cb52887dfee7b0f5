// Links with data-sheet open in a sheet at the side, so that the row stays visible. Without scripts they are ordinary pages.
import { bringToLife, make, on } from "./content.js";
import { openDialog } from "./dialogs.js";
import { RequestFailed, send, wentElsewhere } from "./http.js";
import { follow } from "./jobs.js";
import { toast } from "./toasts.js";

const sheet = document.getElementById("side-sheet");
let address = null;
let extras = [];

function fill(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const found = parsed.querySelector("[data-fragment]") ?? parsed.querySelector("main") ?? parsed.body;
  const title = found.dataset?.title || parsed.querySelector("h1")?.textContent || parsed.title;
  sheet.querySelector("#side-sheet-title").textContent = title.trim();
  const inside = sheet.querySelector(".in");
  inside.replaceChildren(...document.importNode(found, true).childNodes);
  bringToLife(inside);
  const first = inside.querySelector("[data-focus-first], [autofocus], .is-invalid") ?? inside.querySelector("input:not([type=hidden]), select, textarea, button");
  first?.focus();
}

/** Open an address in the sheet. `fields`: [name, value] pairs added to what its form sends (a selection of rows). */
export async function openSheet(url, fields = []) {
  address = url;
  extras = fields;
  try {
    const response = await send(url, { fragment: true, json: false });
    if (isJson(response)) return refuse(response.status, await response.json());
    const html = await response.text();
    openDialog(sheet);
    fill(html);
  } catch {
    location.href = url;
  }
}

const isJson = (response) => (response.headers.get("Content-Type") ?? "").includes("json");

function refuse(status, answer) {
  const problem = new RequestFailed(status, answer);
  if (!wentElsewhere(problem)) toast({ message: problem.message, reference: problem.reference, stays: true });
}

async function settle(response) {
  // The PIN was given again: what was asked for first can be opened now.
  if (response.status === 204) return openSheet(address, extras);
  if (isJson(response)) {
    const answer = await response.json();
    if (!response.ok) return refuse(response.status, answer);
    sheet.close();
    if (answer.job_url) follow(answer.job_url, answer.title ?? answer.toast ?? "");
    else if (answer.toast) toast({ message: answer.toast, undo: answer.undo_url, keep: Boolean(answer.redirect || answer.refresh) });
    if (answer.redirect) location.assign(answer.redirect);
    else if (answer.refresh) location.reload();
    return;
  }
  if (response.redirected && response.ok) {
    // The page of a fragment leaves the messages of the session unread, so the next real page shows them.
    if (response.url.split("#")[0] === location.href.split("#")[0]) return location.reload();
    return location.assign(response.url);
  }
  fill(await response.text());
}

if (sheet) {
  on("click", "a[data-sheet]", (event, link) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    openSheet(link.href);
  });

  sheet.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || form.method === "get") return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    for (const [name, value] of extras) body.append(name, value);
    event.submitter?.setAttribute("disabled", "");
    try {
      const target = form.getAttribute("action") || address;
      await settle(await send(target, { method: "POST", body, fragment: true }));
    } catch {
      toast({ message: "The server could not be reached. Nothing was sent; try again.", stays: true });
    } finally {
      event.submitter?.removeAttribute("disabled");
    }
  });

  sheet.addEventListener("close", () => {
    sheet.querySelector(".in").replaceChildren(make("span"));
    address = null;
    extras = [];
  });
}
