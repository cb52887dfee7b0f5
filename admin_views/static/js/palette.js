// Ctrl+K or "/": people, accounts, payments from the server; pages and the actions of this page from the page itself.
import { icon, isVisible, make, on } from "./content.js";
import { openDialog } from "./dialogs.js";
import { ask } from "./http.js";
import { bind, labelOf } from "./keys.js";

const WAIT_MS = 90;
const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("#palette-list");
let timer = null;
let controller = null;
let options = [];
let chosen = 0;

function pages(words) {
  const links = [...document.querySelectorAll("#navigation .scroll a.it")].map((link) => ({
    label: link.dataset.label,
    url: link.href,
    icon: link.querySelector("use").getAttribute("href").split("#")[1],
    found: (link.dataset.label + " " + (link.dataset.words ?? "")).toLowerCase(),
  }));
  return links.filter((link) => words.every((word) => link.found.includes(word)));
}

function actions(words) {
  const pressable = [...document.querySelectorAll("main [data-key], .dispo [data-key]")].filter((one) => one.getAttribute("aria-disabled") !== "true");
  const found = pressable.map((element) => ({ label: labelOf(element), key: element.dataset.key, icon: "lightning", press: element }));
  return found.filter((one) => isVisible(one.press) && words.every((word) => one.label.toLowerCase().includes(word)));
}

/** The text with what was searched for in <mark>; digits match through the punctuation of phone numbers. */
function marked(text, words) {
  const patterns = words.map((word) => (/^\d+$/.test(word) ? [...word].join("[\\s().-]*") : word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  if (patterns.length === 0) return [text];
  return text.split(new RegExp(`(${patterns.join("|")})`, "gi")).map((part, index) => (index % 2 ? make("mark", {}, part) : part));
}

function row(item, words) {
  const person = item.kind === "customer" || item.kind === "account";
  const initials = item.label.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const text = make("span", { class: "grow" }, person ? make("b", {}, ...marked(item.label, words)) : make("span", {}, ...marked(item.label, words)));
  if (item.detail) text.append(make("span", { class: "m" }, ...marked(item.detail, words)));
  const id = "palette-" + options.length;
  const element = make("a", { class: "o" + (item.detail ? " two" : ""), role: "option", id, tabindex: "-1", href: item.url ?? "#", "aria-selected": "false" });
  element.append(person ? make("span", { class: "ava", "aria-hidden": "true" }, initials) : icon(item.icon ?? "arrow-right-short"), text);
  if (item.status) element.append(make("span", { class: "st " + (item.status.tone ?? "") }, item.status.label));
  if (item.figure) element.append(make("b", { class: "num" }, item.figure));
  if (item.key) element.append(make("kbd", {}, item.key.toUpperCase()));
  options.push({ element, item });
  return element;
}

function choose(index) {
  options[chosen]?.element.setAttribute("aria-selected", "false");
  chosen = options.length ? (index + options.length) % options.length : 0;
  const now = options[chosen]?.element;
  if (!now) return input.removeAttribute("aria-activedescendant");
  now.setAttribute("aria-selected", "true");
  now.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", now.id);
}

function draw(groups, words, waiting) {
  options = [];
  list.replaceChildren();
  groups.filter((group) => group.items.length).forEach((group, index) => {
    const head = make("div", { class: "g", id: "palette-group-" + index, role: "presentation" }, group.title);
    list.append(make("div", { role: "group", "aria-labelledby": head.id }, head, ...group.items.map((item) => row(item, words))));
  });
  if (options.length === 0) list.append(make("div", { class: "none", role: "presentation" }, waiting ? "Searching…" : "Nothing is called that. Try a phone number, an account number or the last four of a card."));
  choose(0);
  const summary = waiting ? "" : options.length === 1 ? "1 result" : `${options.length} results`;
  dialog.querySelector("[data-palette-said]").textContent = summary;
}

function local(words) {
  return [
    { title: "Do, on this page", items: actions(words) },
    { title: "Pages", items: pages(words) },
  ];
}

function search() {
  clearTimeout(timer);
  controller?.abort();
  const onlyHere = input.value.startsWith(">");
  const typed = input.value.replace(/^>/, "").trim();
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const url = document.body.dataset.searchUrl;
  const here = local(words);
  if (onlyHere || !url || typed.length < 2) return draw(here, words, false);
  if (here.some((group) => group.items.length) || options.length === 0) draw(here, words, true);
  timer = setTimeout(async () => {
    controller = new AbortController();
    try {
      const answer = await ask(url + "?q=" + encodeURIComponent(typed), { signal: controller.signal });
      draw([...answer.groups, ...local(words)], words, false);
    } catch (problem) {
      if (problem.name !== "AbortError") draw(here, words, false);
    }
  }, WAIT_MS);
}

function go(option, newTab) {
  if (!option) return;
  dialog.close();
  if (option.item.press) return option.item.press.click();
  if (newTab) window.open(option.item.url, "_blank", "noopener");
  else location.href = option.item.url;
}

function open() {
  openDialog(dialog);
  input.select();
  search();
}

if (dialog) {
  on("click", "[data-palette-open]", open);
  bind("/", "Search everything", open);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(options[chosen], event.ctrlKey || event.metaKey);
    }
  });
  list.addEventListener("click", (event) => {
    const element = event.target.closest("[role=option]");
    if (!element || event.ctrlKey || event.metaKey || event.button) return;
    event.preventDefault();
    go(options.find((option) => option.element === element));
  });
}
