// Small behaviours of one or two lines each.
import { on, onContent } from "./content.js";

onContent((root) => {
  // A strict style policy forbids style attributes in markup, so widths come as data and are set here.
  for (const segment of root.querySelectorAll("[data-percent]")) segment.style.width = segment.dataset.percent + "%";
  // Sideways only: tabs far down a page must not pull it there.
  for (const tabs of root.querySelectorAll("[data-tabs]")) {
    const [box, tab] = [tabs, tabs.querySelector("[aria-current]")].map((one) => one?.getBoundingClientRect());
    if (tab) tabs.scrollLeft += tab.left + tab.width / 2 - box.left - box.width / 2;
  }
  root.querySelector("[data-focus-first]")?.focus();
  if (root === document && document.querySelector(".dispo")) document.documentElement.setAttribute("data-foot-bar", "");
});

// A box that scrolls sideways can be reached by keyboard, and says what it holds.
const sideways = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    // A table with a sticky head stands free until it is wider than its panel.
    if (box.matches(".free")) box.classList.toggle("boxed", box.firstElementChild.offsetWidth > box.clientWidth + 1);
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    box.toggleAttribute("data-scrolls", scrolls);
    if (!scrolls) box.removeAttribute("tabindex");
    else box.tabIndex = 0;
    const caption = box.querySelector("caption");
    if (!caption) continue;
    if (scrolls) {
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", caption.textContent + ", scrolls sideways");
    } else {
      box.removeAttribute("role");
      box.removeAttribute("aria-label");
    }
  }
});
onContent((root) => root.querySelectorAll(".tw, .step").forEach((box) => sideways.observe(box)));

on("click", "[data-print]", () => print());

on("click", "[data-reveal]", (event, button) => {
  const input = document.getElementById(button.dataset.reveal);
  const hidden = input.type === "password";
  input.type = hidden ? "text" : "password";
  button.setAttribute("aria-label", button.getAttribute("aria-label").replace(hidden ? "Show" : "Hide", hidden ? "Hide" : "Show"));
  button.querySelector("use").setAttribute("href", button.querySelector("use").getAttribute("href").replace(hidden ? /#eye$/ : /#eye-slash$/, hidden ? "#eye-slash" : "#eye"));
});

// Ctrl and Enter sends the form that one is typing in.
on("keydown", "form textarea, form input", (event, control) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && control.form?.method === "post") control.form.requestSubmit();
});

// A second press on the same button must not send a form twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sending) return event.preventDefault();
  form.dataset.sending = "yes";
  addEventListener("pageshow", () => delete form.dataset.sending, { once: true });
  setTimeout(() => delete form.dataset.sending, 8000);
});
