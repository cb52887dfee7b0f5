// "+ Filter": find a field, choose it, give its value. Empty values never reach the address.
import { on, onContent } from "./content.js";
import { place } from "./menus.js";

function toList(menu) {
  menu.querySelectorAll("[data-filter-form]").forEach((form) => (form.hidden = true));
  menu.querySelector("[data-filter-list]").hidden = false;
  menu.querySelector("[data-filter-find]").hidden = false;
}

on("click", "[data-filter-field]", (event, item) => {
  const menu = item.closest("[data-filter-menu]");
  const form = document.getElementById(item.dataset.filterField);
  menu.querySelector("[data-filter-list]").hidden = true;
  menu.querySelector("[data-filter-find]").hidden = true;
  form.hidden = false;
  place(menu);
  form.querySelector("input:not([type=hidden]), select")?.focus();
});

on("click", "[data-filter-back]", (event, button) => {
  const menu = button.closest("[data-filter-menu]");
  toList(menu);
  place(menu);
  menu.querySelector("[data-filter-find] input").focus();
});

on("input", "[data-filter-find] input", (event, input) => {
  const wanted = input.value.trim().toLowerCase();
  for (const item of input.closest("[data-filter-menu]").querySelectorAll("[data-filter-field]")) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
  }
});

on("keydown", "[data-filter-find] input", (event, input) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  [...input.closest("[data-filter-menu]").querySelectorAll("[data-filter-field]")].find((item) => !item.hidden)?.click();
});

on("change", "[data-filter-operator]", (event, select) => {
  const value = select.form.querySelector("[data-filter-value]");
  if (value) value.name = select.value;
});

on("submit", "[data-filter-form], form[role=search]", (event, form) => {
  for (const control of form.elements) if (control.name && control.value === "") control.disabled = true;
});

document.addEventListener(
  "toggle",
  (event) => {
    if (event.newState === "closed" && event.target instanceof Element && event.target.matches("[data-filter-menu]")) toList(event.target);
  },
  true,
);

// A page from the browser's history comes back with the controls that were disabled for sending.
onContent(() => {
  addEventListener("pageshow", () => document.querySelectorAll("[data-filter-form] :disabled, form[role=search] :disabled").forEach((control) => (control.disabled = false)));
});
