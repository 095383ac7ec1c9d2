/**
 * The service worker: one per set of files. A page of another deploy has another set, therefore another
 * address of the worker, therefore a new worker.
 */
const WORKER = '/desk/enrolment/worker.js';
const SCOPE = '/desk/enrolment';

export async function registerWorker(root, words) {
  if (!navigator.serviceWorker) return;
  let hasWorker = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (hasWorker) offerReload(root, words);
    hasWorker = true;
  });
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(root.dataset.files));
  const build = [...new Uint8Array(digest).slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    await navigator.serviceWorker.register(`${WORKER}?build=${build}`, { scope: SCOPE, updateViaCache: 'none' });
  } catch {
    // No network just now, or a browser that forbids it: the page works, and offers no offline reload.
  }
}

/** Never by itself: somebody may be at the table. */
function offerReload(root, words) {
  const notice = root.querySelector('[data-part=update]');
  notice.hidden = false;
  notice.querySelector('button').addEventListener('click', () => location.reload());
  words.fill(notice);
}
