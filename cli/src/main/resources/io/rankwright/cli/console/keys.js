// A page worked by keyboard: an element with data-key is pressed by that key, unless somebody is writing.
document.addEventListener("keydown", (event) => {
  const isWriting = ["INPUT", "TEXTAREA", "SELECT"].includes(event.target.tagName);
  if (event.key === "Escape" && isWriting) { event.target.blur(); return; }
  if (isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
  const pressed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!pressed) return;
  event.preventDefault();
  if (pressed.tagName === "INPUT") { pressed.focus(); pressed.select(); } else { pressed.click(); }
});

// A picture that somebody shows goes to the server as text; the answer is what to search for.
document.addEventListener("change", (event) => {
  const input = event.target.closest("input[type=file][data-image]");
  if (!input || !input.files.length) return;
  const reader = new FileReader();
  reader.onload = async () => {
    const sent = await fetch(input.dataset.image, {
      method: "POST",
      headers: { "HX-Request": "true" },
      body: new URLSearchParams({ image: reader.result }),
    });
    const text = await sent.text();
    if (sent.ok) { location.href = "/search?q=" + encodeURIComponent(text); } else { input.setCustomValidity(text); input.reportValidity(); }
  };
  reader.readAsDataURL(input.files[0]);
});
