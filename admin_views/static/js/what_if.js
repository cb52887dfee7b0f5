// What a payment of so much would do, answered while one types. An older answer never overwrites a newer one.
import { make, on, onContent } from "./content.js";
import { ask } from "./http.js";
import { amount, cents } from "./money.js";

const WAIT_MS = 80;
const running = new WeakMap();

function fill(block, effect) {
  for (const cell of block.querySelectorAll("[data-effect]")) {
    const answer = effect[cell.dataset.effect];
    if (!answer) continue;
    const value = make("span", { class: answer.tone ?? "" }, String(answer.value));
    const before = answer.before === undefined ? [] : [make("span", { class: "was" }, `${answer.before} →`), " "];
    cell.querySelector(".v").replaceChildren(...before, value);
    cell.querySelector(".d").textContent = answer.detail ?? "";
  }
}

function problem(block, words) {
  const line = block.querySelector("[data-whatif-error]");
  line.textContent = words ?? "";
  line.hidden = !words;
}

function look(block) {
  const input = block.querySelector("[data-money]");
  const value = cents(input.value);
  for (const chip of block.querySelectorAll("[data-amount]")) chip.setAttribute("aria-pressed", String(cents(chip.dataset.amount) === value));
  const before = running.get(block);
  clearTimeout(before?.timer);
  before?.controller.abort();
  if (value === null) return problem(block, input.value.trim() ? "That is not an amount." : null);
  const controller = new AbortController();
  const timer = setTimeout(async () => {
    const url = new URL(block.dataset.whatif, location.href);
    url.searchParams.set("amount", amount(value).replaceAll(",", ""));
    try {
      const effect = await ask(url, { signal: controller.signal });
      problem(block, effect.error);
      if (!effect.error) fill(block, effect);
    } catch (failure) {
      if (failure.name !== "AbortError") problem(block, (typeof failure.answer?.error === "string" ? failure.answer.error : null) ?? "No answer from the server; the figures are of the amount before.");
    }
  }, WAIT_MS);
  running.set(block, { controller, timer });
}

onContent((root) => root.querySelectorAll("[data-whatif-ask]").forEach(look));
on("input", "[data-whatif] [data-money]", (event, input) => look(input.closest("[data-whatif]")));
on("click", "[data-whatif] [data-amount]", (event, chip) => {
  const block = chip.closest("[data-whatif]");
  block.querySelector("[data-money]").value = amount(cents(chip.dataset.amount));
  look(block);
});
