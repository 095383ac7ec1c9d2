// Small helps of all pages. Everything works without them.

// A one-time code comes in the fragment of an address, which no server sees: it is moved into its field and out of the
// address bar.
for (const field of document.querySelectorAll("[data-from-fragment]")) {
  const [given, ...more] = decodeURIComponent(location.hash.slice(1)).split("&");
  if (given) {
    field.value = given;
    // A registrar's code also prepares the phone for work without a network.
    const pairing = more.find((part) => part.startsWith("pair="));
    const next = field.form.elements.next;
    if (pairing && next) next.value = `/desk/enrolment#${pairing}`;
    history.replaceState(null, "", location.pathname + location.search);
  }
}

// A double click sends a form once. Coming back to the page by the back button makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
