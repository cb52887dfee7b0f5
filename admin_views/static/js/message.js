// Writing a text or an e-mail: choosing a template fills the words in, and how it reads and how long it is follows what one types.
import { on, onContent } from "./content.js";
import { ask } from "./http.js";

const WAIT_MS = 150;
const running = new WeakMap();

function show(form, told) {
  form.querySelector("[data-message-length]").textContent = told.length;
  const problem = form.querySelector("[data-message-problem]");
  problem.querySelector("span").textContent = told.problem;
  problem.hidden = !told.problem;
  const preview = form.querySelector("[data-message-preview]");
  preview.hidden = !told.body;
  preview.querySelector("[data-message-body]").textContent = told.body;
  const subject = preview.querySelector("[data-message-subject]");
  if (subject) subject.textContent = told.subject;
}

// An older answer never overwrites a newer one.
async function look(form, template = "") {
  const before = running.get(form);
  clearTimeout(before?.timer);
  before?.controller.abort();
  const controller = new AbortController();
  const timer = setTimeout(
    async () => {
      const body = new FormData();
      body.append("body", form.elements.body.value);
      body.append("subject", form.elements.subject?.value ?? "");
      if (template) body.append("template_id", template);
      try {
        const told = await ask(form.dataset.message, { method: "POST", body, signal: controller.signal, background: !template });
        if (template) {
          form.elements.body.value = told.body;
          if (form.elements.subject) form.elements.subject.value = told.subject;
          // The focus stays: who finds a template by typing its name is still typing.
          form.elements.body.dispatchEvent(new Event("change", { bubbles: true }));
        }
        show(form, told);
      } catch (failure) {
        if (failure.name !== "AbortError") form.querySelector("[data-message-length]").textContent = "No answer from the server; the preview is of the words before.";
      }
    },
    template ? 0 : WAIT_MS,
  );
  running.set(form, { controller, timer });
}

onContent((root) => {
  for (const form of root.querySelectorAll("form[data-message]")) if (form.elements.body.value) look(form);
});
on("input", "form[data-message] textarea, form[data-message] [name=subject]", (event, field) => look(field.form));
on("change", "form[data-message] [name=template_id]", (event, choice) => {
  if (choice.value) look(choice.form, choice.value);
});
