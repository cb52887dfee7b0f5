// One line at the bottom right. Stays ten seconds, waits while it is looked at; errors stay until they are closed.
import { icon, make, on, onContent } from "./content.js";
import { token } from "./http.js";

const SECONDS = 10;
const KEPT = "ld.toast";
const region = document.querySelector(".toasts");

function run(element) {
  const left = element.querySelector("[data-toast-left]");
  let seconds = SECONDS;
  const timer = setInterval(() => {
    if (!element.isConnected) return clearInterval(timer);
    if (element.matches(":hover, :focus-within") || document.hidden) return;
    seconds -= 1;
    if (left) left.textContent = seconds + " s";
    if (seconds <= 0) element.remove();
  }, 1000);
  if (left) left.textContent = seconds + " s";
}

/** Show a message. `undo`: address that takes it back by POST. `keep`: show it on the next page instead. */
export function toast({ message, undo = null, reference = null, stays = false, keep = false }) {
  if (keep) return sessionStorage.setItem(KEPT, JSON.stringify({ message, undo, reference, stays }));
  if (!region) return;
  const close = make("button", { type: "button", class: "icon-b sm", "aria-label": "Dismiss", "data-toast-close": true }, icon("x"));
  const text = make("span", {}, message, reference ? make("span", { class: "ref mono" }, reference) : null);
  const element = make("div", { class: "toast-x", "data-toast": true, role: stays ? "alert" : null });
  if (stays) element.append(icon("exclamation-octagon", "bad"));
  element.append(text);
  if (undo) {
    element.append(
      make(
        "form",
        { method: "post", action: undo },
        make("input", { type: "hidden", name: "csrf_token", value: token() }),
        make("button", { type: "submit", class: "link-b strong" }, "Undo"),
      ),
      make("span", { class: "left", "data-toast-left": true, "aria-hidden": "true" }),
    );
  }
  element.append(close);
  region.append(element);
  if (stays) return;
  say(undo ? message + " Undo is possible for ten seconds." : message);
  run(element);
}

function say(message) {
  const said = region.querySelector("[data-toast-said]");
  if (said) said.textContent = message;
}

on("click", "[data-toast-close]", (event, button) => button.closest("[data-toast]").remove());

onContent((root) => {
  if (root !== document || !region) return;
  const shown = [...region.querySelectorAll("[data-toast]:not([data-stays])")];
  shown.forEach(run);
  // A live region speaks of changes only, so what came with the page is said a moment later.
  if (shown.length) setTimeout(() => say(shown.map((one) => one.querySelector("span").textContent).join(" ")), 300);
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept) toast(JSON.parse(kept));
});
