// Comfort only: the money inbox works without it. Letters press what is marked with data-key; typing and dialogs stay as they are.
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
    const letter = event.key.toLowerCase();
    const pressed = letter === "r"
      ? document.querySelector("#inbox a[href^='#ask-']")
      : /^[an]$/.test(letter) && document.querySelector(`#inbox [data-key="${letter}"]`);
    if (pressed) { event.preventDefault(); pressed.click(); }
  });
})();
