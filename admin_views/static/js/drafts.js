// What was typed into a form with data-draft-key survives a reload and a sign-out, for this person, on this browser, for a day.
// Forms of an account ("note-42") are kept on the server as well, for every browser of this person.
import { make, on, onContent } from "./content.js";
import { ask, send } from "./http.js";

const PREFIX = "ld.draft.";
const DAY_MS = 24 * 3600 * 1000;
const QUIET_MS = 700;
const OF_ACCOUNT = /^(note|call|promise|follow-up|text|email|work)-(\d+)$/;
const waiting = new WeakMap();
const person = document.body.dataset.person;
const place = (form) => `${PREFIX}${person}.${form.dataset.draftKey}`;

function fields(form) {
  return [...form.elements].filter((one) => one.name && !one.disabled && !/^(hidden|password|file|submit|button|reset)$/.test(one.type));
}

const valueOf = (one) => (/^(checkbox|radio)$/.test(one.type) ? one.checked : one.value);
const startOf = (one) => (/^(checkbox|radio)$/.test(one.type) ? one.defaultChecked : one.matches("select") ? ([...one.options].find((option) => option.defaultSelected) ?? one.options[0])?.value : one.defaultValue);
const keyOf = (one) => (one.type === "radio" || one.type === "checkbox" ? one.name + "=" + one.value : one.name);

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function addressOf(form) {
  const [, name, account] = form.dataset.draftKey.match(OF_ACCOUNT) ?? [];
  return account ? `/admin/accounts/${account}/drafts/${name}` : null;
}

// Sent once nobody has typed for a moment; what cannot be sent stands in this browser still.
function keepOnServer(form, changed) {
  const url = addressOf(form);
  if (!url) return;
  forgetWaiting(form);
  const controller = new AbortController();
  const body = JSON.stringify({ fields: Object.fromEntries(changed.map((one) => [keyOf(one), valueOf(one)])) });
  const timer = setTimeout(() => send(url, { method: "POST", body, signal: controller.signal, background: true }).catch(() => {}), QUIET_MS);
  waiting.set(form, { timer, controller });
}

function forgetWaiting(form) {
  const before = waiting.get(form);
  clearTimeout(before?.timer);
  before?.controller.abort();
}

function save(form) {
  const changed = fields(form).filter((one) => valueOf(one) !== startOf(one));
  keepOnServer(form, changed);
  if (changed.length === 0) return localStorage.removeItem(place(form));
  localStorage.setItem(place(form), JSON.stringify({ at: Date.now(), fields: Object.fromEntries(changed.map((one) => [keyOf(one), valueOf(one)])) }));
}

async function restore(form) {
  if (form.querySelector(".errors-x")) return;
  const draft = read(place(form));
  if (draft) return draft.sent ? null : fill(form, draft);
  const url = addressOf(form);
  if (!url) return null;
  try {
    const kept = await ask(url, { background: true });
    // Whoever has begun to type meanwhile knows better.
    if (!fields(form).some((one) => valueOf(one) !== startOf(one))) fill(form, kept);
  } catch {
    // Without an answer the form is as empty as it looks.
  }
  return null;
}

function fill(form, draft) {
  const changed = fields(form).filter((one) => keyOf(one) in draft.fields && valueOf(one) !== draft.fields[keyOf(one)]);
  if (changed.length === 0) return;
  for (const one of changed) {
    if (/^(checkbox|radio)$/.test(one.type)) one.checked = draft.fields[keyOf(one)];
    else one.value = draft.fields[keyOf(one)];
  }
  const discard = make("button", { type: "button", class: "link-b" }, "Discard");
  const note = make("div", { class: "form-text", role: "status" }, "What you typed before is back. ", discard);
  discard.addEventListener("click", () => {
    localStorage.removeItem(place(form));
    keepOnServer(form, []);
    form.reset();
    note.remove();
  });
  form.prepend(note);
}

function settleSent(root) {
  // A draft whose form was sent is done with, unless that form came back with errors.
  const refused = new Set([...root.querySelectorAll("form[data-draft-key]:has(.errors-x)")].map(place));
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
    const draft = read(key);
    if (!draft || Date.now() - draft.at > DAY_MS) localStorage.removeItem(key);
    else if (draft.sent && key.startsWith(`${PREFIX}${person}.`)) {
      if (refused.has(key)) localStorage.setItem(key, JSON.stringify({ ...draft, sent: false }));
      else localStorage.removeItem(key);
    }
  }
}

// Without a person (the sign-in page) nothing is settled: a form that was sent after the session had ended is still a draft.
if (person) {
  onContent((root) => {
    settleSent(root);
    root.querySelectorAll("form[data-draft-key]").forEach(restore);
  });
  on("input", "form[data-draft-key]", (event, form) => save(form));
  on("change", "form[data-draft-key]", (event, form) => save(form));
  on("submit", "form[data-draft-key]", (event, form) => {
    forgetWaiting(form);
    const draft = read(place(form));
    if (draft) localStorage.setItem(place(form), JSON.stringify({ ...draft, sent: true }));
  });
} else {
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
    const draft = read(key);
    if (draft?.sent) localStorage.setItem(key, JSON.stringify({ ...draft, sent: false }));
  }
}
