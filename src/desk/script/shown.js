/** The page of an answer: what of it is put into the one that is open. */

/** @param {string} html */
export function parse(html) {
  return new DOMParser().parseFromString(html, 'text/html');
}

/** Shows the content of another page of ours in place of this one's. */
export function showContent(page) {
  const content = page.querySelector('main');
  if (!content) return false;
  document.title = page.title;
  const here = document.querySelector('main');
  here.replaceWith(document.adoptNode(content));
  content.focus();
  scrollTo(0, 0);
  return true;
}
