// Figures that change in place, without flashing: data-live-url on a block, data-live="key" on each figure in it.
import { onContent } from "./content.js";
import { ask } from "./http.js";

const DEFAULT_SECONDS = 30;

function watch(block) {
  const every = Number(block.dataset.liveSeconds ?? DEFAULT_SECONDS) * 1000;
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await ask(block.dataset.liveUrl, { background: true });
      for (const [key, value] of Object.entries(answer)) {
        const element = block.querySelector(`[data-live="${CSS.escape(key)}"]`);
        const target = element?.querySelector(".v") ?? element;
        if (target && target.textContent !== String(value)) target.textContent = String(value);
      }
    } catch {
      // The figures on the page stay as they are until the server answers again.
    }
  }, every);
}

onContent((root) => root.querySelectorAll("[data-live-url]").forEach(watch));
