// The navigation: folds with "[", remembers open groups, is a drawer on phones.
import { on } from "./content.js";
import { bind } from "./keys.js";
import { remember } from "./preferences.js";

const html = document.documentElement;
const drawerWidth = matchMedia("(max-width: 767.98px)");

function fold() {
  const next = html.hasAttribute("data-folded") ? "open" : "folded";
  html.dataset.nav = next;
  remember("nav", next);
  document.dispatchEvent(new CustomEvent("desk:settle"));
}

on("click", "[data-nav-fold]", () => (drawerWidth.matches ? closeDrawer() : fold()));
if (document.getElementById("navigation")) bind("[", "Fold or open the navigation", fold);

on("click", ".grp-h", (event, head) => {
  const open = head.getAttribute("aria-expanded") !== "true";
  head.setAttribute("aria-expanded", String(open));
  head.closest(".grp").classList.toggle("open", open);
  const keys = [...document.querySelectorAll(".grp.open")].map((group) => group.dataset.group);
  remember("nav_groups", keys.join(".") || "none");
});

const opener = document.querySelector("[data-drawer-open]");
const behind = document.querySelector(".page");

function openDrawer() {
  html.setAttribute("data-drawer", "");
  opener.setAttribute("aria-expanded", "true");
  behind.inert = true;
  (document.querySelector("#navigation a[aria-current]") ?? document.querySelector("#navigation a")).focus();
}

function closeDrawer() {
  if (!html.hasAttribute("data-drawer")) return;
  html.removeAttribute("data-drawer");
  opener.setAttribute("aria-expanded", "false");
  behind.inert = false;
  opener.focus();
}

opener?.addEventListener("click", openDrawer);
on("click", "[data-drawer-close]", closeDrawer);
document.addEventListener("keydown", (event) => event.key === "Escape" && closeDrawer());
drawerWidth.addEventListener("change", closeDrawer);
