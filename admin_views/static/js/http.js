// Every request that a script makes goes through here: CSRF token, loading line, time of the last contact.
let waiting = 0;
let line = null;

export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export class RequestFailed extends Error {
  constructor(status, answer) {
    const error = typeof answer?.error === "object" ? answer.error : {};
    super(error.message ?? "The server answered " + status + ".");
    this.status = status;
    this.answer = answer;
    this.reference = error.reference ?? null;
    // Another page comes first: sign-in, a PIN of one's own, or the PIN once more.
    this.elsewhere = ["signed_out", "change_pin", "step_up"].includes(error.code) ? error.url : null;
  }
}

function begin() {
  waiting += 1;
  line ??= setTimeout(() => document.documentElement.setAttribute("data-loading", ""), 150);
}

function end() {
  waiting -= 1;
  if (waiting > 0) return;
  clearTimeout(line);
  line = null;
  document.documentElement.removeAttribute("data-loading");
}

/** A fetch with our headers. `background` requests are polls: they show nothing and do not keep a session alive. */
export async function send(url, { method = "GET", body = null, signal, background = false, fragment = false, json = true } = {}) {
  const headers = new Headers({ "X-Requested-With": "fetch" });
  if (json) headers.set("Accept", "application/json");
  if (background) headers.set("X-Background", "1");
  if (fragment) headers.set("X-Fragment", "1");
  if (method !== "GET") headers.set("X-CSRFToken", token());
  if (!background) begin();
  try {
    const response = await fetch(url, { method, body, headers, signal, credentials: "same-origin" });
    if (!background) document.dispatchEvent(new CustomEvent("desk:contact"));
    return response;
  } finally {
    if (!background) end();
  }
}

/** Go to the page that comes first, when there is one; says whether it went. */
export function wentElsewhere(problem) {
  if (!problem.elsewhere) return false;
  const url = new URL(problem.elsewhere, location.href);
  if (!url.searchParams.has("next")) url.searchParams.set("next", location.pathname + location.search);
  location.assign(url);
  return true;
}

/** The JSON that an address answers; throws RequestFailed for anything but success. */
export async function ask(url, options = {}) {
  const response = await send(url, options);
  const kind = response.headers.get("Content-Type") ?? "";
  const answer = kind.includes("json") ? await response.json() : null;
  if (response.ok && (answer !== null || response.status === 204)) return answer;
  const problem = new RequestFailed(response.status, answer);
  if (!options.background) wentElsewhere(problem);
  throw problem;
}
