// The service worker of holders' pages: keeps each page that was opened here, with its code and its files, and shows it
// when the service does not answer, marked so. One cache for a page; nothing else is kept.

const PREFIX = "holder ";
const PAGE = /^\/c\/[\w-]{43}$/;
const PARTS = /(?:src|href)="(\/assets\/[^"#]+|\/c\/[\w-]{43}\/qr\.svg)/g;

/** What is kept is shown when the service takes longer. */
const PATIENCE = 3000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(begin()));

/** The page that brought this worker was there before it. */
async function begin() {
  await self.clients.claim();
  const open = await self.clients.matchAll({ type: "window" });
  const paths = open.map(({ url }) => new URL(url).pathname).filter((path) => PAGE.test(path));
  await Promise.all([...new Set(paths)].map(async (path) => keep(path, await fetch(path)).catch(() => {})));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && PAGE.test(pathname)) {
    const asked = fetch(request).then((answer) => ({ answer, copy: answer.clone() }));
    event.respondWith(soon(asked.then(({ answer }) => answer), caches.match(pathname).then(marked)));
    event.waitUntil(asked.then(({ copy }) => keep(pathname, copy)).catch(() => {}));
  } else if (pathname.endsWith("/qr.svg")) {
    event.respondWith(soon(fetch(request), caches.match(pathname)));
  } else if (pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(pathname).then((kept) => kept ?? fetch(request)));
  }
});

/** The service's answer; what is kept when there is none in time. */
async function soon(asked, keeping) {
  asked.catch(() => {});
  const kept = await keeping;
  if (!kept) return asked;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([asked.then((answer) => (answer.status >= 500 ? kept : answer)), late]).catch(() => kept);
}

/** Says of itself that it was kept: the style sheet shows since when, and hides what leads nowhere. */
async function marked(kept) {
  if (!kept) return undefined;
  const headers = new Headers(kept.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response((await kept.text()).replace("<html ", "<html data-kept "), { headers });
}

/** The page with its parts, all or nothing; one that is gone is forgotten. */
async function keep(path, answer) {
  if ([404, 410].includes(answer.status)) return caches.delete(PREFIX + path);
  if (!answer.ok) return;
  const parts = [...new Set([...(await answer.clone().text()).matchAll(PARTS)].map(([, part]) => part))];
  const cache = await caches.open(PREFIX + path);
  await cache.addAll(parts);
  await cache.put(path, answer);
  const needed = new Set([path, ...parts].map((part) => new URL(part, self.location.href).href));
  const others = (await cache.keys()).filter(({ url }) => !needed.has(url));
  await Promise.all(others.map((request) => cache.delete(request)));
}
