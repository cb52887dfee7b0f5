// New Lease and Quick Lease: the schedule beside the form, asked for while one types. An older answer never overwrites a newer one.
import { bringToLife, on } from "./content.js";
import { send } from "./http.js";

const WAIT_MS = 250;
const form = document.querySelector("[data-lease-form]");
let timer = null;
let controller = null;

/** Fields that another type of contract or another rhythm has are put away, and sent empty. */
function fit() {
  const type = form.elements.contract_type?.value ?? "lease";
  const frequency = form.elements.frequency.value;
  for (const part of form.querySelectorAll("[data-for-type]")) part.hidden = !part.dataset.forType.split(" ").includes(type);
  for (const part of form.querySelectorAll("[data-for-frequency]")) part.hidden = part.dataset.forFrequency !== frequency;
  for (const part of form.querySelectorAll("[data-for-type], [data-for-frequency]")) {
    for (const field of part.querySelectorAll("input, select")) field.disabled = part.hidden;
  }
}

async function look() {
  controller?.abort();
  controller = new AbortController();
  const place = form.querySelector("[data-preview]");
  try {
    const answer = await send(form.dataset.leaseForm, { method: "POST", body: new FormData(form), signal: controller.signal, fragment: true, json: false });
    if (!answer.ok) return;
    const isOpen = place.querySelector("details")?.open;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...document.importNode(parsed.body, true).childNodes);
    if (isOpen) place.querySelector("details")?.setAttribute("open", "");
    bringToLife(place);
  } catch (problem) {
    if (problem.name !== "AbortError") throw problem;
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, WAIT_MS);
}

if (form) {
  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  fit();
  if (form.elements.payment.value) look();
  on("input", "[data-lease-form]", (event) => {
    if (event.target.name !== "customer") later();
  });
  // A draft that is discarded takes its schedule with it; the fields are empty a moment after the event.
  form.addEventListener("reset", () => setTimeout(() => {
    fit();
    look();
  }));
  on("change", "[data-lease-form] select", () => {
    fit();
    later();
  });
}
