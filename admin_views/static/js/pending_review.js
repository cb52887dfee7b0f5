// Pending Review: Enter in a row releases its account and goes on to the next row; a doubt is asked about once.
import { on } from "./content.js";
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

function say(form, sentence, isDoubt) {
  const said = form.querySelector("[data-release-said]");
  said.textContent = sentence;
  form.querySelector("button").textContent = isDoubt ? "Release anyway" : "Release";
  form.dataset.certain = isDoubt ? "1" : "";
}

function goOn(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
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
