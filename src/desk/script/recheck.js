/** Rows are checked again as soon as a column is taken for something else; nobody loses their place. */
import { parse } from './shown.js';

/** @param {HTMLFormElement} form */
export function checking(form) {
  let latest = 0;
  form.addEventListener('change', async (event) => {
    const field = event.target;
    if (!['column', 'category'].includes(field.name)) return;
    latest += 1;
    const own = latest;
    form.querySelector('[data-rows]').setAttribute('aria-busy', 'true');
    const page = await fetch(form.action, { method: 'POST', body: new FormData(form) })
      .then(async (answer) => parse(await answer.text()))
      .catch(() => null);
    // An answer that was overtaken says nothing any more.
    if (own !== latest) return;
    const rows = page?.querySelector('[data-rows]');
    form.querySelector('[data-rows]').removeAttribute('aria-busy');
    if (rows) form.querySelector('[data-rows]').replaceWith(document.adoptNode(rows));
  });
}
