/**
 * The service worker: the page opens without a network. It keeps the page with exactly the files that this
 * page names, and nothing of the API.
 */
const BUILD = new URL(self.location.href).searchParams.get('build');
const PAGE = '/desk/enrolment';
const PREFIX = 'enrolment-';
const CACHE = PREFIX + BUILD;

/** A page is kept waiting for the network no longer than this when there is a kept one. */
const PATIENCE = 1500;

self.addEventListener('install', (event) => {
  event.waitUntil(install().then(() => self.skipWaiting()));
});

/** All or nothing: a page without one of its files is worse than the page before. */
async function install() {
  const page = await fetch(PAGE, { cache: 'reload', credentials: 'same-origin', redirect: 'error' });
  if (!page.ok) throw new Error(`the page answered ${page.status}`);
  const files = /data-files="([^"]*)"/.exec(await page.clone().text())[1].split(/\s+/).filter(Boolean);
  const cache = await caches.open(CACHE);
  await cache.addAll(files.map((file) => file.replaceAll('&amp;', '&')));
  await cache.put(PAGE, page);
}

self.addEventListener('activate', (event) => {
  event.waitUntil(tidy().then(() => self.clients.claim()));
});

/** The set before this one stays for tabs that are still open; older ones go. */
async function tidy() {
  const kept = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(kept.slice(0, -1).map((name) => caches.delete(name)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== 'GET' || address.origin !== self.location.origin) return;
  if (address.pathname === PAGE) {
    // The page itself asks too, to hear whether there is a newer one: that is not answered from here.
    if (request.mode === 'navigate') event.respondWith(page(request));
  } else if (!address.pathname.startsWith('/v1/')) event.respondWith(file(request));
});

/** The newest page from the service; the kept one when it does not answer in time: then that page finds the newer one. */
async function page(request) {
  const kept = await (await caches.open(CACHE)).match(PAGE);
  const fresh = fetch(request);
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept.clone()));
  return Promise.race([fresh.then((answer) => (answer.status >= 500 ? kept : answer)), late]).catch(() => kept);
}

/** Files have their content's hash in their names, so a kept one is right, of whichever set. */
async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}
