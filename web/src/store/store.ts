// The one store of state. Components read with useStore(selector) and are drawn again when what they read has changed;
// everything else writes with set(). A value is replaced, never changed in place.
import { useLayoutEffect, useReducer, useRef } from "preact/hooks";
import type { Session } from "../matrix/session.ts";
import type { RoomRow } from "../matrix/rooms.ts";
import type { Language } from "../i18n/index.ts";

export type Phase =
    | "starting"     // reading what this browser keeps
    | "signed-out"   // the sign-in page, or the invitation page when the address has one
    | "opening"      // signed in; encryption and the list are on their way
    | "recovery-key" // a new account: the recovery key is shown once
    | "ready"
    | "elsewhere"    // open in another tab of this browser, which holds the encryption keys
    | "broken";      // the browser lacks something without which nothing can be safe

export type Route =
    | { at: "list" }
    | { at: "room"; room: string; event?: string }
    | { at: "settings"; page?: string }
    | { at: "admin"; page?: string };

export interface Toast { id: number; text: string; kind: "info" | "error"; action?: { label: string; run: () => void } }
export interface Dialog { id: number; kind: string; props: Record<string, unknown> }
export type Connection = "connecting" | "online" | "offline" | "locked"; // locked: the server answers that the account is

export interface State {
    phase: Phase;
    problem: string;
    language: Language;
    theme: "system" | "light" | "dark";
    route: Route;
    session: Session | null;
    serverName: string;
    connection: Connection;
    listComplete: boolean;
    rooms: Map<string, RoomRow>;
    space: string | null;
    filter: string;
    thread: string | null;
    panel: "info" | "members" | "search" | "pinned" | null;
    toasts: Toast[];
    dialogs: Dialog[];
    recoveryKey: string;
    landing: { room_id: string; name?: string } | null;
    trusted: boolean | null;        // this device is signed by its owner's identity; null: not known yet
    backup: boolean | null;
    trustRound: number;             // rises when something was learnt of whose devices are whose
    ignored: Set<string>;
    isAdmin: boolean;
}

const listeners = new Set<() => void>();

export let state: State = {
    phase: "starting", problem: "", language: "en", theme: "system", route: { at: "list" }, session: null, serverName: "",
    connection: "connecting", listComplete: false, rooms: new Map(), space: null, filter: "", thread: null, panel: null,
    toasts: [], dialogs: [], recoveryKey: "", landing: null, trusted: null, backup: null, trustRound: 0, ignored: new Set(), isAdmin: false,
};

let scheduled = false;

/** Changes parts of the state. Listeners hear of it once, before the next frame, however many changes there were. */
export function set(change: Partial<State>): void {
    state = { ...state, ...change };
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
        scheduled = false;
        for (const listener of [...listeners]) listener();
    });
}

export function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

/** What `select` makes of the state; the component is drawn again when that is another value. */
export function useStore<T>(select: (state: State) => T): T {
    const [, redraw] = useReducer((n: number) => n + 1, 0);
    const kept = useRef<{ select: (state: State) => T; value: T }>(undefined as never);
    kept.current = { select, value: select(state) };
    useLayoutEffect(() => {
        const look = () => {
            if (!Object.is(kept.current.select(state), kept.current.value)) redraw(0);
        };
        look(); // it may have changed between drawing and listening
        return subscribe(look);
    }, []);
    return kept.current.value;
}

let numbers = 1;

export function toast(text: string, kind: Toast["kind"] = "info", action?: Toast["action"]): void {
    const id = numbers++;
    set({ toasts: [...state.toasts.slice(-2), { id, text, kind, action }] });
    setTimeout(() => set({ toasts: state.toasts.filter((one) => one.id !== id) }), kind === "error" ? 8000 : 4000);
}

export function openDialog(kind: string, props: Record<string, unknown> = {}): number {
    const id = numbers++;
    set({ dialogs: [...state.dialogs, { id, kind, props }] });
    return id;
}

export function closeDialog(id?: number): void {
    set({ dialogs: id === undefined ? state.dialogs.slice(0, -1) : state.dialogs.filter((one) => one.id !== id) });
}
