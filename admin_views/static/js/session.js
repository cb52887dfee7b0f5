// Before a quiet session ends there is a warning and a way to stay. Work in another tab counts, and so does typing.
import { openDialog } from "./dialogs.js";
import { send } from "./http.js";

const { idleSeconds, idleWarning, stayUrl, signInUrl } = document.body.dataset;
const CONTACT = "ld.contact";
const QUIET_MS = 120_000;
const dialog = document.getElementById("idle-warning");

function start() {
  const limit = Number(idleSeconds) * 1000;
  const warning = Number(idleWarning) * 1000;
  let busy = false;
  const contact = () => localStorage.setItem(CONTACT, String(Date.now()));
  const quietFor = () => Date.now() - Number(localStorage.getItem(CONTACT) ?? 0);

  async function stay() {
    busy = false;
    try {
      const response = await send(stayUrl, { method: "POST" });
      if (response.status === 401 || response.redirected) return leave();
      contact();
      if (dialog.open) dialog.close();
    } catch {
      // The server could not be reached; the next second asks again or ends the session.
    }
  }

  function leave() {
    location.href = signInUrl + (signInUrl.includes("?") ? "&" : "?") + "next=" + encodeURIComponent(location.pathname + location.search);
  }

  function look() {
    const left = limit - quietFor();
    if (left <= 0) return leave();
    if (busy && quietFor() > QUIET_MS && left > warning) stay();
    if (left > warning) return void (dialog.open && dialog.close());
    openDialog(dialog);
    const seconds = Math.ceil(left / 1000);
    dialog.querySelector("[data-idle-left]").textContent = seconds === 1 ? "1 second" : `${seconds} seconds`;
  }

  contact();
  document.addEventListener("desk:contact", contact);
  document.addEventListener("input", () => (busy = true));
  dialog.querySelector("[data-stay]").addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    stay();
  });
  setInterval(look, 1000);
}

if (dialog && idleSeconds && stayUrl) start();
