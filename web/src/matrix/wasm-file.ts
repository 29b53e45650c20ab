// The largest file of the client, four fifths of a first load. It is kept where the service worker looks before it fetches, so
// that it crosses the network once: whether or not the browser has a cache of its own, and over new versions of the client.
const KEPT = "peyk-parts";

export async function fetchWasm(address: string): Promise<Response> {
    // A private window may have no such store.
    const store = await globalThis.caches?.open(KEPT).catch(() => undefined);
    const kept = await globalThis.caches?.match(address).catch(() => undefined);
    if (kept) return kept;
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    keeping = store?.put(address, answer.clone()).catch(() => {}) ?? keeping;
    return answer;
}

let keeping: Promise<void> = Promise.resolve();

/** Resolves once the copy is kept, or cannot be. */
export const wasmKept = (): Promise<void> => keeping;
