// Pending Review: Enter in a row releases its account and goes on to the next row; a doubt is asked about once.
import { make, on } from "./content.js";
import { RequestFailed, ask } from "./http.js";
import { toast } from "./toasts.js";

const fieldsOf = (form) => [...document.querySelectorAll(`[form="${CSS.escape(form.id)}"]`)];

/** Luhn, as the server checks it: says so while the digits are still before one's eyes. */
function isPlausible(imei) {
  let sum = 0;
  [...imei].forEach((digit, place) => {
    const doubled = place % 2 === 1 ? Number(digit) * 2 : Number(digit);
    sum += doubled > 9 ? doubled - 9 : doubled;
  });
  return sum % 10 === 0;
}

/** The sentence about a row stands in a row of its own below it, so that it has the width. */
function say(form, sentence, isDoubt) {
  const row = form.closest("tr");
  if (row.nextElementSibling?.hasAttribute("data-said")) row.nextElementSibling.remove();
  if (sentence) {
    const cell = make("td", { colspan: row.cells.length, class: "card-line " + (isDoubt ? "warn" : "bad"), role: "alert" }, sentence);
    row.after(make("tr", { "data-said": true }, cell));
  }
  form.querySelector("button").textContent = isDoubt ? "Release anyway" : "Release";
  form.dataset.certain = isDoubt ? "1" : "";
}

function goOn(row) {
  const rows = [...row.parentElement.querySelectorAll("tr:not([data-said])")];
  const place = rows.indexOf(row);
  const next = rows[place + 1] ?? rows[place - 1];
  const empty = [...(next?.querySelectorAll("input[form]") ?? [])].find((field) => !field.value) ?? next?.querySelector("input[form]");
  row.remove();
  if (empty) empty.focus();
  else location.reload();
}

on("submit", "[data-release]", async (event, form) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const row = form.closest("tr");
  const body = new FormData(form);
  if (form.dataset.certain) body.set("certain", "1");
  button.disabled = true;
  try {
    const answer = await ask(form.action, { method: "POST", body });
    say(form, "", false);
    toast({ message: answer.said });
    goOn(row);
  } catch (problem) {
    if (!(problem instanceof RequestFailed)) throw problem;
    say(form, problem.message, problem.status === 409);
    const name = problem.answer?.error?.field ?? "imei";
    for (const field of fieldsOf(form)) {
      const isWrong = field.name === name && problem.status === 422;
      field.toggleAttribute("aria-invalid", isWrong);
      if (field.name === name && problem.status === 422) field.select();
    }
    button.disabled = false; // Before it gets the focus: a disabled button takes none.
    if (problem.status === 409) button.focus();
  } finally {
    button.disabled = false;
  }
});

on("input", "[data-imei]", (event, field) => {
  const form = document.getElementById(field.getAttribute("form"));
  const digits = field.value.replace(/[\s./_-]+/g, "");
  const isWrong = /^\d{15}$/.test(digits) && !isPlausible(digits);
  say(form, isWrong ? "The last digit does not fit the others; check the IMEI." : "", false);
});

// Enter in the IMEI goes to the cost while that is empty; anywhere else it releases.
on("keydown", "[data-imei]", (event, field) => {
  if (event.key !== "Enter") return;
  const cost = document.querySelector(`[form="${CSS.escape(field.getAttribute("form"))}"][name="cost"]`);
  if (cost && !cost.value.trim()) {
    event.preventDefault();
    cost.focus();
  }
});
