// Money fields: 1234.5 becomes 1,234.50 when one leaves the field; what is sent has no comma and no sign of a currency.
import { on } from "./content.js";

/** Cents of what was typed, or null when it is not an amount. */
export function cents(typed) {
  const plain = typed.replace(/[$,\s]/g, "").replace("−", "-");
  if (!/^-?(\d+(\.\d{0,2})?|\.\d{1,2})$/.test(plain)) return null;
  const [whole, part = ""] = plain.replace("-", "").split(".");
  return (plain.startsWith("-") ? -1 : 1) * (Number(whole || 0) * 100 + Number(part.padEnd(2, "0")));
}

/** 123450 → "1,234.50". */
export function amount(value) {
  const whole = Math.trunc(Math.abs(value) / 100).toLocaleString("en-US");
  return (value < 0 ? "-" : "") + whole + "." + String(Math.abs(value) % 100).padStart(2, "0");
}

on("focusout", "[data-money]", (event, input) => {
  const value = cents(input.value);
  if (value !== null) input.value = amount(value);
});

on("focusin", "[data-money]", (event, input) => input.select());

document.addEventListener("formdata", (event) => {
  for (const input of event.target.querySelectorAll("[data-money][name]")) {
    const value = cents(input.value);
    if (value !== null && !input.disabled) event.formData.set(input.name, amount(value).replaceAll(",", ""));
  }
});
