// Progress of a job: a panel of the page, or a small one that follows the person from page to page until the job ends.
import { count, icon, make, on, onContent } from "./content.js";
import { RequestFailed, ask } from "./http.js";

const FOLLOWED = "ld.jobs";
const EVERY_MS = 1000;
const SAY_EVERY_MS = 5000;
const ENDED = new Set(["done", "failed", "stopped", "undone"]);

export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 60) return "· about " + Math.max(1, Math.round(seconds)) + " s left";
  return "· about " + Math.round(seconds / 60) + " min left";
}

// How many there will be is not known from the first moment on.
const outOf = (worked, planned) => (planned ? `${count(worked)} of ${count(planned)}` : count(worked));

function text(root, name, value) {
  const element = root.querySelector(`[data-job-${name}]`);
  if (element && element.textContent !== value) element.textContent = value;
  return element;
}

function show(root, job) {
  const { planned = 0, done = 0, failed = 0, unknown = 0 } = job;
  const ended = ENDED.has(job.state);
  const worked = done + failed + unknown;
  if (job.title) text(root, "title", job.title);
  if (job.detail !== undefined) text(root, "detail", job.detail);
  text(root, "count", outOf(worked, planned));
  text(root, "left", ended ? "· " + { done: "finished", failed: "failed", stopped: "stopped", undone: "undone" }[job.state] : timeLeft(job.seconds_left));
  text(root, "done", count(done));
  text(root, "failed", count(failed));
  const uncertain = text(root, "unknown", count(unknown));
  if (uncertain) uncertain.parentElement.hidden = unknown === 0;
  text(root, "open", count(Math.max(0, planned - worked)));
  const bar = root.querySelector("[role=progressbar]");
  bar.setAttribute("aria-valuemax", planned);
  bar.setAttribute("aria-valuenow", worked);
  [done, failed, unknown].forEach((part, index) => (bar.children[index].style.width = planned ? (100 * part) / planned + "%" : "0"));
  const result = root.querySelector("[data-job-result]");
  if (result && ended && job.result_url) {
    result.href = job.result_url;
    result.hidden = false;
  }
  if (ended) root.querySelector("[data-job-stop]")?.remove();
}

/** Poll until the job ends; `onEnd(job)` is called once. */
function poll(root, url, onEnd) {
  let saidAt = 0;
  const turn = async () => {
    if (!root.isConnected) return;
    try {
      const job = await ask(url, { background: true });
      show(root, job);
      const ended = ENDED.has(job.state);
      const worked = (job.done ?? 0) + (job.failed ?? 0) + (job.unknown ?? 0);
      if (ended || performance.now() - saidAt > SAY_EVERY_MS) {
        saidAt = performance.now();
        text(root, "said", `${job.title ?? ""}: ${outOf(worked, job.planned)}${ended ? ", ended" : ""}`);
      }
      if (ended) return onEnd(job);
    } catch (problem) {
      if (problem instanceof RequestFailed && [401, 403, 404, 410].includes(problem.status)) return onEnd(null);
      text(root, "left", "· waiting for the server");
    }
    setTimeout(turn, document.hidden ? EVERY_MS * 5 : EVERY_MS);
  };
  turn();
}

const followed = () => JSON.parse(localStorage.getItem(FOLLOWED) ?? "[]");
const keep = (jobs) => localStorage.setItem(FOLLOWED, JSON.stringify(jobs));
const forget = (url) => keep(followed().filter((job) => job.url !== url));

function dock(url, title) {
  const region = document.querySelector(".toasts");
  if (!region || document.querySelector(`[data-job-url="${CSS.escape(url)}"]`)) return;
  const close = make("button", { type: "button", class: "icon-b sm push", "aria-label": "Stop following " + title }, icon("x"));
  const root = make(
    "div",
    { class: "toast-x job-t", "data-job-url": url },
    make("div", { class: "row-x" }, make("b", { "data-job-title": true }, title), close),
    make("div", { class: "prog", role: "progressbar", "aria-label": title, "aria-valuemin": "0" }, ...["good", "bad", "warn"].map((tone) => make("i", { class: "p-" + tone }))),
    make("div", { class: "row-x xs muted" }, make("span", { "data-job-count": true }), make("span", { "data-job-left": true }), make("a", { class: "push", "data-job-result": true, hidden: true }, "See the result")),
    make("div", { class: "sr", "aria-live": "polite", "data-job-said": true }),
  );
  close.addEventListener("click", () => {
    forget(url);
    root.remove();
  });
  region.append(root);
  poll(root, url, (job) => {
    forget(url);
    if (job === null) root.remove();
  });
}

/** Follow a job from page to page, starting with this one. */
export function follow(url, title) {
  if (!followed().some((job) => job.url === url)) keep([...followed(), { url, title }]);
  dock(url, title);
}

onContent((root) => {
  for (const element of root.querySelectorAll("[data-job-url]")) {
    poll(element, element.dataset.jobUrl, (job) => {
      if (job && "jobReload" in element.dataset) location.reload();
    });
  }
  if (root !== document) return;
  for (const flashed of document.querySelectorAll("[data-follow-job]")) {
    follow(flashed.dataset.followJob, flashed.querySelector("span").textContent);
    flashed.remove();
  }
  followed().forEach((job) => dock(job.url, job.title));
});

on("submit", "[data-job-stop]", async (event, form) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await ask(form.action, { method: "POST", body: new FormData(form) });
  } catch {
    button.disabled = false;
  }
});
