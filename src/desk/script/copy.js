/** A button that copies a text. */
export function copying(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(text.value);
      button.textContent = button.dataset.copied;
    } catch {
      // A browser that does not let us still lets its person copy what is marked.
      text.select();
    }
  });
}
