// What was written and is not at the server yet: in order by room, kept over restarts of the page, sent again with the same
// transaction id until the server has answered. Spec: Client-Server API › Sending events, Transaction identifiers.
import { MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import type { CryptoBackend } from "matrix-js-sdk/lib/common-crypto/CryptoBackend.js";
import { keep, kept } from "../store/local.ts";
import { set } from "../store/store.ts";
import { api, ApiError, enc, isAway } from "./http.ts";
import { matrix, me, roomOf } from "./client.ts";
import { prepareUpload, type Upload } from "./upload.ts";

export interface Waiting {
    txn: string;
    room: string;
    type: string;
    content: Record<string, any>;
    at: number;
    status: "waiting" | "sending" | "failed" | "sent";
    error?: string;
    eventId?: string;
    progress?: number;       // of the upload, 0 to 1
    file?: File | Blob;      // not kept over a restart
    preview?: string;        // an address of the file for this page
}

const MOST = 200;
let queue: Waiting[] = [];
const listeners = new Set<() => void>();
const wires = new Map<string, { type: string; content: Record<string, any> }>();
const uploads = new Map<string, Upload>();
const busy = new Set<string>();
let delay = 1000;
let timer: ReturnType<typeof setTimeout> | null = null;
let version = 0;

export const outboxVersion = (): number => version;
export const waitingIn = (room: string): Waiting[] => queue.filter((one) => one.room === room);
export function onOutbox(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function changed(): void {
    version++;
    keep("outbox", queue.filter((one) => !one.file && one.status !== "sent")
        .map(({ txn, room, type, content, at, status, error }) => ({ txn, room, type, content, at, status: status === "failed" ? "failed" : "waiting", error })));
    for (const listener of listeners) listener();
}

function change(txn: string, to: Partial<Waiting>): void {
    queue = queue.map((one) => (one.txn === txn ? { ...one, ...to } : one));
    changed();
}

export function startOutbox(): void {
    queue = kept<Waiting[]>("outbox", []);
    addEventListener("online", sendNow);
    addEventListener("beforeunload", (event) => {
        if (queue.some((one) => one.file && one.status !== "sent")) event.preventDefault();
    });
    changed();
    sendNow();
}

export function clearOutbox(): void {
    for (const upload of uploads.values()) upload.cancel();
    queue = [];
    wires.clear();
    changed();
}

/** Queues an event. False when too much waits already. */
export function send(room: string, content: Record<string, any>, type = "m.room.message", file?: { file: File | Blob; preview?: string }): boolean {
    if (queue.length >= MOST) return false;
    const txn = `p${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    queue = [...queue, { txn, room, type, content, at: Date.now(), status: "waiting", ...(file && { ...file, progress: 0 }) }];
    changed();
    void work(room);
    return true;
}

export function resend(txn: string): void {
    change(txn, { status: "waiting", error: undefined });
    sendNow();
}

export function cancel(txn: string): void {
    uploads.get(txn)?.cancel();
    const one = queue.find((each) => each.txn === txn);
    if (one?.preview) URL.revokeObjectURL(one.preview);
    queue = queue.filter((each) => each.txn !== txn);
    wires.delete(txn);
    changed();
    if (one) void work(one.room);
}

/** The event came back by sync: what stood for it goes. */
export function arrived(room: string, eventId: string, txn?: string): void {
    const one = queue.find((each) => each.room === room && (each.eventId === eventId || (txn !== undefined && each.txn === txn)));
    if (!one) return;
    queue = queue.filter((each) => each !== one);
    wires.delete(one.txn);
    changed();
}

export function sendNow(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    for (const room of new Set(queue.map((one) => one.room))) void work(room);
}

function later(): void {
    timer ??= setTimeout(sendNow, delay);
    delay = Math.min(delay * 1.6, 15000);
}

async function work(room: string): Promise<void> {
    if (busy.has(room)) return;
    busy.add(room);
    try {
        for (;;) {
            const next = queue.find((one) => one.room === room && one.status === "waiting");
            if (!next || !(await attempt(next))) return;
        }
    } finally {
        busy.delete(room);
    }
}

/** Sends one. False when the server is away and the rest has to wait. */
async function attempt(one: Waiting): Promise<boolean> {
    change(one.txn, { status: "sending" });
    try {
        let content = one.content;
        if (one.file) {
            const upload = prepareUpload(one.file, roomOf(one.room)?.hasEncryptionStateEvent() ?? true, content,
                (progress) => change(one.txn, { progress }));
            uploads.set(one.txn, upload);
            content = await upload.done;
            uploads.delete(one.txn);
            if (!queue.some((each) => each.txn === one.txn)) return true;
            change(one.txn, { content, file: undefined, progress: undefined });
        }
        const wire = wires.get(one.txn) ?? await seal(one.room, one.type, content);
        wires.set(one.txn, wire);
        const sent = await api("PUT", `/_matrix/client/v3/rooms/${enc(one.room)}/send/${enc(wire.type)}/${enc(one.txn)}`, wire.content,
            matrix().getAccessToken()!);
        delay = 1000;
        if (queue.some((each) => each.txn === one.txn)) {
            change(one.txn, { status: "sent", eventId: sent.event_id });
            setTimeout(() => arrived(one.room, sent.event_id, one.txn), 60000);
        }
        return true;
    } catch (error) {
        uploads.delete(one.txn);
        if (!queue.some((each) => each.txn === one.txn)) return true;
        const locked = (error as { errcode?: string }).errcode === "M_USER_LOCKED";
        if (locked) set({ connection: "locked" });
        if (locked || isAway(error) || (error instanceof ApiError && error.status === 429)) {
            change(one.txn, { status: "waiting" });
            later();
            return false;
        }
        change(one.txn, { status: "failed", error: error instanceof Error ? error.message : String(error) });
        return true;
    }
}

async function seal(room: string, type: string, content: Record<string, any>): Promise<{ type: string; content: Record<string, any> }> {
    const known = roomOf(room);
    const crypto = matrix().getCrypto() as unknown as CryptoBackend;
    if (!known) throw new ApiError(503, "NOT_YET", "The room is not known yet");
    if (type === "m.reaction" || !(known.hasEncryptionStateEvent() || await matrix().getCrypto()!.isEncryptionEnabledInRoom(room)))
        return { type, content };
    const event = new MatrixEvent({ type, content, room_id: room, sender: me(), event_id: `~${room}:${Math.random()}`, origin_server_ts: Date.now() });
    await crypto.encryptEvent(event, known);
    return { type: event.getWireType(), content: event.getWireContent() };
}
