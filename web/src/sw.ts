// The service worker: keeps the files of one build, answers with them, and forgets those of earlier builds but one: pages of that one
// are open still, and fetch further parts of it. It keeps nothing of the Matrix API: messages and media never go through it.
declare const VERSION: string;
declare const FILES: string[];
// The types of workers and of pages exclude each other in one program.
const worker = self as any;

const CACHE = `peyk-${VERSION}`;
const PARTS = "peyk-parts"; // where a page leaves the largest file for this worker: matrix/wasm-file.ts
const forGood = (file: string) => /-[A-Z0-9]{8}\./.test(file);
const isPage = (path: string) => path === "/" || path.startsWith("/i/") || path.startsWith("/room/");

worker.addEventListener("install", (event: any) => {
    event.waitUntil((async () => {
        const cache = await caches.open(CACHE);
        // Files with a hash in their name never change: an earlier build's copy is as good, the browser's own cache may give
        // them, and nothing is fetched twice.
        await Promise.all(FILES.map(async (file) => {
            const answer = (forGood(file) && await caches.match(file)) || await fetch(file, { cache: forGood(file) ? "force-cache" : "no-cache" });
            if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
            await cache.put(file, answer);
        }));
        await worker.skipWaiting();
    })());
});

worker.addEventListener("activate", (event: any) => {
    event.waitUntil((async () => {
        const earlier = (await caches.keys()).filter((name) => name.startsWith("peyk-") && name !== CACHE && name !== PARTS);
        for (const name of [PARTS, ...earlier.slice(0, -1)]) await caches.delete(name);
        await worker.clients.claim();
    })());
});

worker.addEventListener("fetch", (event: any) => {
    const address = new URL(event.request.url);
    if (event.request.method !== "GET" || address.origin !== worker.location.origin) return;
    const page = event.request.mode === "navigate" && isPage(address.pathname);
    if (!page && !FILES.includes(address.pathname) && !forGood(address.pathname)) return;
    event.respondWith((async () => {
        const cache = await caches.open(CACHE);
        const kept = await cache.match(page ? "/" : address.pathname) ?? (forGood(address.pathname) && await caches.match(address.pathname));
        return kept || fetch(event.request);
    })());
});

// A tap on a notification brings the conversation to the front.
worker.addEventListener("notificationclick", (event: any) => {
    event.notification.close();
    event.waitUntil((async () => {
        const windows = await worker.clients.matchAll({ type: "window" });
        const room = String(event.notification.data?.room ?? "");
        if (windows[0]) {
            await windows[0].focus();
            windows[0].postMessage({ open: room });
        } else {
            await worker.clients.openWindow(`/#/room/${encodeURIComponent(room)}`);
        }
    })());
});
