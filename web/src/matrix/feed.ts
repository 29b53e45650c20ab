// What of one conversation is in memory: a bounded run of events in the server's order, with what relates to them folded in.
// A feed fetches further in both directions and lets go of the far end, so that neither memory nor the page grows.
// Spec: Client-Server API › Rooms › GET messages, GET context; Relationships; Threading; Event replacements; Reactions.
import type { MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import type { MSC3575RoomData } from "matrix-js-sdk/lib/sliding-sync.js";
import { api, ApiError, enc } from "./http.ts";
import { expanded, matrix, me, roomOf } from "./client.ts";
import { Folder, shown, type Item } from "./items.ts";

const PAGE = 40;
const MOST = 200;      // items that are kept when something is fetched
const LIVE_MOST = 160; // items that are kept while messages come in
const STEP = 8;        // events that are put on the page in one frame
/** The next frame, or soon where none is drawn. */
const frame = () => new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 100);
    requestAnimationFrame(() => { clearTimeout(timer); resolve(); });
});
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Raw = Record<string, any>;
interface Page { chunk: Raw[]; start: string; end?: string }

export class Feed {
    items: Item[] = [];
    version = 0;
    loading: "none" | "back" | "forward" | "jump" = "none";
    error = false;
    atStart = false;
    atLive = true;
    missed = 0;            // live messages that were not kept, since the feed stands further back
    target: string | null = null; // the event that a jump was for
    readSeq = -Infinity;   // others have read up to here
    private backToken: string | null | undefined; // undefined: to be asked for
    private forwardToken: string | null | undefined;
    private readonly folder: Folder;
    private readonly listeners = new Set<() => void>();
    private readonly receipts = new Map<string, string>();
    private opened = false;
    private catching = false;
    private waiting: Raw[] = [];
    private cuts = 0; // how often the oldest were let go of
    private run = 0; // counts resets: answers to questions from before are dropped

    constructor(readonly room: string, readonly thread: string | null = null) {
        this.folder = new Folder(me(), thread, () => this.fromFolder());
    }

    subscribe(listener: () => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    private tell(): void {
        this.version++;
        for (const listener of this.listeners) listener();
    }

    private fromFolder(): void {
        this.items = this.folder.list();
        this.tell();
    }

    // ---- loading ----------------------------------------------------------------------------------------------------

    async open(): Promise<void> {
        if (this.opened) return;
        this.opened = true;
        const run = this.run;
        this.loading = "back";
        this.tell();
        try {
            const page = await this.ask("b", undefined);
            if (run !== this.run) return;
            await this.put(page.chunk.reverse(), "back");
            this.backToken = page.end ?? null;
            this.atStart = page.end === undefined;
            this.error = false;
        } catch {
            if (run !== this.run) return;
            this.opened = false;
            this.error = true;
        }
        this.loading = "none";
        const waiting = this.waiting;
        this.waiting = [];
        if (waiting.length && this.opened) await this.put(waiting, "live");
        this.seedReceipts();
        this.applyReceipts();
        this.fromFolder();
        this.fill();
    }

    private async ask(direction: "b" | "f", from: string | undefined): Promise<Page> {
        const token = matrix().getAccessToken()!;
        const base = `/_matrix/client/v1/rooms/${enc(this.room)}`;
        const where = from === undefined ? "" : `&from=${enc(from)}`;
        for (let tries = 0; ; tries++) {
            try {
                if (this.thread) return await this.askThread(base, token, direction, from);
                const filter = enc(JSON.stringify({ lazy_load_members: true }));
                const page = await api<Page & { state?: Raw[] }>("GET",
                    `/_matrix/client/v3/rooms/${enc(this.room)}/messages?dir=${direction}&limit=${PAGE}${where}&filter=${filter}`, undefined, token);
                this.folder.learnMembers(this.room, page.state ?? []);
                return page;
            } catch (error) {
                if (!(error instanceof ApiError) || error.status !== 429 || tries > 4) throw error;
                await sleep(Math.min(10000, Number(error.data.retry_after_ms ?? 1000)));
            }
        }
    }

    private async askThread(base: string, token: string, direction: string, from?: string): Promise<Page> {
        const page = await api("GET", `${base}/relations/${enc(this.thread!)}/m.thread?dir=${direction}&limit=${PAGE}${from ? `&from=${enc(from)}` : ""}`,
            undefined, token);
        const chunk = [...page.chunk];
        if (direction === "b" && !page.next_batch) {
            chunk.push(await api("GET", `/_matrix/client/v3/rooms/${enc(this.room)}/event/${enc(this.thread!)}`, undefined, token));
        }
        return { chunk, start: from ?? "", end: page.next_batch };
    }

    private async edgeToken(event: string, side: "start" | "end"): Promise<string | null> {
        const around = await api("GET", `/_matrix/client/v3/rooms/${enc(this.room)}/context/${enc(event)}?limit=0`, undefined,
            matrix().getAccessToken()!);
        return around[side] ?? null;
    }

    /** Fetches what is older. Nothing happens when there is nothing, or when something is being fetched. */
    async back(): Promise<void> {
        if (this.loading !== "none" || this.atStart || !this.opened) return;
        const run = this.run;
        this.loading = "back";
        this.error = false;
        this.tell();
        try {
            const cuts = this.cuts;
            if (this.backToken === undefined) this.backToken = await this.edgeToken(this.folder.firstId()!, "start");
            const page = await this.ask("b", this.backToken ?? undefined);
            if (run !== this.run) return;
            for (let at = 0; at < page.chunk.length && cuts === this.cuts; at += STEP) {
                if (at > 0) await frame();
                await this.put(page.chunk.slice(at, at + STEP).reverse(), "back");
                if (run !== this.run) return;
                if (this.folder.trim(MOST, "end")) {
                    this.atLive = false;
                    this.forwardToken = undefined;
                }
                this.fromFolder();
            }
            // Messages that came meanwhile may have pushed out what was put here.
            if (cuts === this.cuts) {
                this.backToken = page.end ?? null;
                this.atStart = page.end === undefined;
            }
        } catch {
            if (run === this.run) this.error = true;
        }
        this.loading = "none";
        this.fromFolder();
        if (run === this.run) this.fill();
    }

    /** The oldest of what was here are gone: what is older has to be asked for from the new first event. */
    private cutStart(): void {
        this.cuts++;
        this.backToken = undefined;
        this.atStart = false;
    }

    /** What is hidden fills no page: more is fetched until something can be scrolled. */
    private fill(): void {
        if (this.items.length < 15 && !this.atStart && !this.error) void this.back();
    }

    /** Fetches what is newer, after a jump or when the newest was let go of. */
    async forward(): Promise<void> {
        if (this.loading !== "none" || this.atLive || !this.opened) return;
        const run = this.run;
        this.loading = "forward";
        this.tell();
        try {
            if (this.forwardToken === undefined) this.forwardToken = await this.edgeToken(this.folder.lastId()!, "end");
            const page = await this.ask("f", this.forwardToken ?? undefined);
            if (run !== this.run) return;
            for (let at = 0; at < page.chunk.length; at += STEP) {
                if (at > 0) await frame();
                await this.put(page.chunk.slice(at, at + STEP), "live");
                if (run !== this.run) return;
                if (this.folder.trim(MOST, "start")) this.cutStart();
                this.fromFolder();
            }
            this.forwardToken = page.end ?? null;
            if (page.end === undefined || page.chunk.length === 0) {
                this.atLive = true;
                this.missed = 0;
                const waiting = this.waiting;
                this.waiting = [];
                await this.put(waiting, "live");
            }
        } catch {
            if (run === this.run) this.error = true;
        }
        this.loading = "none";
        this.fromFolder();
    }

    /** Goes to an event, with what is around it. False when it cannot be had. */
    async jump(event: string): Promise<boolean> {
        if (this.folder.has(event)) {
            this.target = event;
            this.tell();
            return true;
        }
        const run = ++this.run;
        this.loading = "jump";
        this.tell();
        try {
            const around = await api("GET", `/_matrix/client/v3/rooms/${enc(this.room)}/context/${enc(event)}?limit=${PAGE}`, undefined,
                matrix().getAccessToken()!);
            if (run !== this.run) return false;
            this.folder.clear();
            this.folder.learnMembers(this.room, around.state ?? []);
            await this.put([...around.events_before.reverse(), around.event, ...around.events_after], "live");
            this.opened = true;
            this.backToken = around.start ?? null;
            this.forwardToken = around.end ?? null;
            this.atStart = false;
            this.atLive = false;
            this.waiting = [];
            this.target = event;
            return true;
        } catch {
            return false;
        } finally {
            if (run === this.run) {
                this.loading = "none";
                this.fromFolder();
            }
        }
    }

    /** The event that is next after a moment. Spec: GET timestamp_to_event. */
    async jumpToDate(at: number): Promise<boolean> {
        try {
            const found = await api("GET", `/_matrix/client/v1/rooms/${enc(this.room)}/timestamp_to_event?ts=${at}&dir=f`, undefined,
                matrix().getAccessToken()!);
            return await this.jump(found.event_id);
        } catch (error) {
            if (!(error instanceof ApiError) || error.status !== 404) return false;
            await this.toLive();
            return true;
        }
    }

    async toLive(): Promise<void> {
        this.target = null;
        if (this.atLive) return this.tell();
        this.reset();
        await this.open();
    }

    reset(): void {
        this.run++;
        this.folder.clear();
        this.items = [];
        this.opened = false;
        this.loading = "none";
        this.atLive = true;
        this.atStart = false;
        this.backToken = undefined;
        this.forwardToken = undefined;
        this.waiting = [];
        this.missed = 0;
    }

    // ---- what sync brings -------------------------------------------------------------------------------------------

    /** Events of a sync answer, oldest first. */
    async take(data: MSC3575RoomData): Promise<void> {
        const events = data.timeline as Raw[];
        if (!events.length) return;
        if (!this.opened || this.loading === "jump") {
            if (this.loading !== "none") this.waiting.push(...events);
            return;
        }
        if (this.catching || (this.loading !== "none" && this.items.length === 0)) {
            this.waiting.push(...events);
            return;
        }
        const fresh = events.filter((one) => !this.folder.has(one.event_id));
        if (!this.atLive) {
            // Changes to what is here are taken all the same: a deletion, an edit, a reaction.
            await this.put(fresh.filter((one) => !shown(one)), "aside");
            this.missed += fresh.filter(shown).length;
            return this.tell();
        }
        const gap = data.limited || data.initial || expanded(data);
        const joins = events.length > fresh.length || !gap;
        if (!joins && fresh.length && !this.thread) {
            return this.catchUp(events);
        }
        const from = events.findLastIndex((one) => this.folder.has(one.event_id));
        await this.put((gap ? events.slice(from + 1) : events).filter((one) => !this.folder.has(one.event_id)), "live");
        if (this.folder.trim(LIVE_MOST, "start")) this.cutStart();
        this.applyReceipts();
        this.fromFolder();
    }

    /** Between what is here and what came there is a gap: the newest are fetched, and what is here stays until they are. */
    private async catchUp(events: Raw[]): Promise<void> {
        const run = this.run;
        this.catching = true;
        try {
            const page = await this.ask("b", undefined);
            if (run !== this.run) return;
            const newest = page.chunk.reverse();
            const known = newest.findLastIndex((one) => this.folder.has(one.event_id));
            if (known < 0) {
                this.folder.clear();
                this.cuts++;
                this.backToken = page.end ?? null;
                this.atStart = page.end === undefined;
            }
            await this.put(newest.slice(known + 1), "live");
            await this.put([...events, ...this.waiting.splice(0)], "live");
            if (this.folder.trim(LIVE_MOST, "start")) this.cutStart();
        } catch {
            if (run === this.run) this.reset();
            this.error = true;
        } finally {
            this.catching = false;
        }
        this.applyReceipts();
        this.fromFolder();
        this.fill();
    }

    private async put(raw: Raw[], side: "back" | "live" | "aside"): Promise<void> {
        const map = matrix().getEventMapper({ decrypt: false, preventReEmit: true });
        // The newest edit comes with an event: it may lie outside of what is fetched.
        const edits: Raw[] = raw.map((one) => one.unsigned?.["m.relations"]?.["m.replace"]).filter((one) => one?.event_id && one.type && one.content);
        const all: MatrixEvent[] = [...raw, ...edits].map((one) => map({ ...one, room_id: this.room } as never));
        const events = all.slice(0, raw.length);
        // Few at a time: decrypting blocks the page for as long as it lasts.
        for (let at = 0; at < all.length; at += 10) {
            await Promise.all(all.slice(at, at + 10).map((event) => matrix().decryptEventIfNeeded(event).catch(() => {})));
            if (at + 10 < all.length) await sleep(0);
        }
        this.folder.add(events, side);
        this.folder.add(all.slice(raw.length), "aside");
    }

    /** What was read before this feed was there. */
    private seedReceipts(): void {
        const room = roomOf(this.room);
        for (const member of room?.getJoinedMembers().slice(0, 200) ?? []) {
            const read = member.userId === me() ? null : room!.getReadReceiptForUserId(member.userId);
            if (read && !this.receipts.has(member.userId)) this.receipts.set(member.userId, read.eventId);
        }
    }

    takeReceipts(content: Record<string, Record<string, Record<string, { ts?: number; thread_id?: string }>>>): void {
        for (const [event, kinds] of Object.entries(content)) {
            for (const kind of ["m.read", "m.read.private"]) for (const user of Object.keys(kinds[kind] ?? {})) {
                if (user !== me()) this.receipts.set(user, event);
            }
        }
        if (this.receipts.size > 500) this.receipts.delete(this.receipts.keys().next().value!);
        if (this.applyReceipts()) this.tell();
    }

    private applyReceipts(): boolean {
        const before = this.readSeq;
        for (const event of this.receipts.values()) this.readSeq = Math.max(this.readSeq, this.folder.seqOf(event) ?? -Infinity);
        return before !== this.readSeq;
    }

    find = (id: string): Item | undefined => this.folder.find(id);
    lastId = (): string | null => this.folder.lastId();
    size = (): number => this.folder.size();
}
