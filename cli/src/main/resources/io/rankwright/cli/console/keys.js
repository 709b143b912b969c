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
