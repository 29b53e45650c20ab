// What this browser keeps between visits, outside of the encryption keys: all under names that begin with "peyk.".
const PREFIX = "peyk.";

export function keep(name: string, value: unknown): void {
    try {
        if (value === undefined || value === null || value === "") localStorage.removeItem(PREFIX + name);
        else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
        // A full or forbidden storage: the page goes on with what it has in memory.
    }
}

export function kept<T>(name: string, otherwise: T): T {
    try {
        const text = localStorage.getItem(PREFIX + name);
        return text === null ? otherwise : JSON.parse(text) as T;
    } catch {
        return otherwise;
    }
}

export function forgetAll(): void {
    for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
}
