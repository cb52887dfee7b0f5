// Adding a card: Square's fields take the number, and only the token that they give is sent.

const form = document.querySelector("[data-card-entry]");
const problem = document.querySelector("#card-problem");
const button = form?.querySelector("button[type=submit]");

function say(words) {
  problem.textContent = words;
}

async function begin() {
  if (!window.Square) {
    say("Square's fields did not load. Look whether this computer reaches Square, then load the page again.");
    button.disabled = true;
    return;
  }
  const card = await window.Square.payments(form.dataset.application, form.dataset.location).card();
  await card.attach("#card-fields");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say("");
    try {
      const result = await card.tokenize();
      if (result.status === "OK") {
        form.elements.token.value = result.token;
        form.submit();
        return;
      }
      say(result.errors?.map((error) => error.message).join(" ") || "Square does not accept this card.");
    } catch {
      say("Square did not answer; try again.");
    }
    button.disabled = false;
  });
}

if (form) begin();
