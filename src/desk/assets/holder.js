// The holder's page opens without a network too, where the browser can keep it. It works as well without this.

const hint = document.querySelector("[data-part=kept-hint]");

async function keep() {
  await navigator.serviceWorker.register("/c/worker.js", { scope: "/c/", updateViaCache: "none" });
  const { active } = await navigator.serviceWorker.ready;
  if (active.state !== "activated") {
    await new Promise((resolve) => active.addEventListener("statechange", () => active.state === "activated" && resolve()));
  }
  hint.hidden = !(await caches.match(location.pathname));
}

// A browser that forbids it shows the page as it did.
if ("serviceWorker" in navigator) keep().catch(() => {});
