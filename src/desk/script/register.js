/**
 * The service worker: one per set of files. A page of another deploy has another set, therefore another
 * address of the worker, therefore a new worker.
 */
const PAGE = '/desk/enrolment';
const WORKER = `${PAGE}/worker.js`;
const LOOK_EVERY = 3600 * 1000;

export async function registerWorker(root, words) {
  if (!navigator.serviceWorker) return;
  const own = await addressOf(root.dataset.files);
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    const { scriptURL } = navigator.serviceWorker.controller;
    if (scriptURL !== new URL(own, location.href).href) offerReload(root, words);
  });
  await register(own);
  await look();
  setInterval(look, LOOK_EVERY);
  document.addEventListener('visibilitychange', () => !document.hidden && look());
}

async function addressOf(files) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(files));
  const build = [...new Uint8Array(digest).slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${WORKER}?build=${build}`;
}

let registered = null;

async function register(address) {
  if (address === registered) return;
  try {
    await navigator.serviceWorker.register(address, { scope: PAGE, updateViaCache: 'none' });
    registered = address;
  } catch {
    // No network just now, or a browser that forbids it: the page works, and offers no offline reload.
  }
}

/** The page shown may be the kept one, which was quicker than the service: what does the service show by now? */
async function look() {
  try {
    const answer = await fetch(PAGE, { cache: 'no-cache', redirect: 'error' });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    await register(await addressOf(page.getElementById('desk').dataset.files));
  } catch {
    // No network, or signed out: another time.
  }
}

/** Never by itself: somebody may be at the table. */
function offerReload(root, words) {
  const notice = root.querySelector('[data-part=update]');
  notice.hidden = false;
  notice.querySelector('button').onclick = () => location.reload();
  words.fill(notice);
}
