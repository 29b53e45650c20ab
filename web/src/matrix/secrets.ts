// Where the SDK asks for the key of secret storage: what is in memory, else whoever sits here is asked for the recovery key.
import type { CryptoCallbacks } from "matrix-js-sdk/lib/crypto-api/index.js";

const keys = new Map<string, Uint8Array<ArrayBuffer>>();
let given: Uint8Array<ArrayBuffer> | null = null;
let ask: (() => Promise<Uint8Array<ArrayBuffer> | null>) | null = null;

export const secretCallbacks: CryptoCallbacks = {
    getSecretStorageKey: async ({ keys: wanted }) => {
        const known = Object.keys(wanted).find((id) => keys.has(id));
        if (known) return [known, keys.get(known)!];
        const first = Object.keys(wanted)[0];
        const key = given ?? (ask && await ask());
        return key && first ? [first, key] : null;
    },
    cacheSecretStorageKey: (id, _about, key) => {
        keys.set(id, key);
    },
};

/** Uses this key for what is asked next; null forgets it, and every key that was kept. */
export function giveKey(key: Uint8Array<ArrayBuffer> | null): void {
    given = key;
    keys.clear();
}

export function onKeyWanted(handler: typeof ask): void {
    ask = handler;
}
