// Theme, density and keys: remembered in cookies, so that the server already writes the right page.
import { on } from "./content.js";

const YEAR_SECONDS = 365 * 24 * 3600;
const html = document.documentElement;

export function remember(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
}

function press(group, value) {
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === value));
  }
}

on("click", "[data-theme-choice] button", (event, button) => {
  html.dataset.theme = button.value;
  remember("theme", button.value);
  press(button.parentElement, button.value);
  document.dispatchEvent(new CustomEvent("desk:settle"));
});

on("click", "[data-density-choice] button", (event, button) => {
  html.dataset.density = button.value;
  remember("density", button.value);
  document.querySelectorAll("[data-density-choice]").forEach((group) => press(group, button.value));
});

export const keysAreOn = () => html.dataset.keys !== "off";

on("click", "[data-keys-switch]", () => {
  const state = keysAreOn() ? "off" : "on";
  html.dataset.keys = state;
  remember("keys", state);
  document.querySelectorAll("[data-keys-switch]").forEach((one) => one.setAttribute("aria-checked", String(state === "on")));
  document.querySelectorAll("[data-keys-state]").forEach((one) => (one.textContent = state === "on" ? "On" : "Off"));
});
