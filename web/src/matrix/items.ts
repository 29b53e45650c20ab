// What is shown of events: an item for each that is a message or a change worth a line; edits, reactions, deletions and
// threads are folded into the item that they are about. Items are replaced when they change, never changed in place.
import { MatrixEventEvent, type MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import { roomOf, matrix } from "./client.ts";

export interface Reaction { key: string; count: number; mine: string | null; senders: string[] }

export interface Item {
    id: string;
    event: MatrixEvent;
    seq: number;
    sender: string;
    at: number;
    type: string;
    content: Record<string, any>;
    edited: boolean;
    encrypted: boolean;
    failed: string | null;    // why it cannot be read
    redacted: boolean;
    reactions: Reaction[];
    otherReactions: number;   // kinds of reactions beyond those that are shown
    thread: { count: number; at: number } | null;
    replyTo: string | null;
}

const LINES = new Set(["m.room.member", "m.room.name", "m.room.topic", "m.room.avatar", "m.room.encryption", "m.room.create",
    "m.room.tombstone", "m.room.join_rules", "m.room.pinned_events", "m.room.power_levels"]);
const MOST_KEYS = 12;

type Raw = Record<string, any>;
const relationOf = (content: Raw): Raw | undefined => (typeof content["m.relates_to"] === "object" ? content["m.relates_to"] ?? undefined : undefined);

/** Whether a raw event becomes an item of its own in the conversation. */
export function shown(raw: Raw): boolean {
    const relation = relationOf(raw.content ?? {});
    if (relation?.rel_type === "m.replace" || relation?.rel_type === "m.annotation" || relation?.rel_type === "m.thread") return false;
    return ["m.room.message", "m.room.encrypted", "m.sticker"].includes(raw.type) || (LINES.has(raw.type) && raw.state_key !== undefined);
}

interface Related {
    edit: MatrixEvent | null;
    reactions: Map<string, Map<string, string>>; // key -> sender -> event id
    replies: Set<string>;
    repliesAt: number;
}

export class Folder {
    private items: Item[] = [];
    private byId = new Map<string, Item>();
    private seqs = new Map<string, number>();
    private related = new Map<string, Related>();
    private reactionOf = new Map<string, { target: string; key: string; sender: string }>();
    private first = 0;
    private last = 0;

    constructor(private readonly me: string, private readonly thread: string | null, private readonly changed: () => void) {}

    clear(): void {
        this.items = [];
        this.byId.clear();
        this.seqs.clear();
        this.related.clear();
        this.reactionOf.clear();
    }

    list = (): Item[] => this.items.slice();
    find = (id: string): Item | undefined => this.byId.get(id);
    has = (id: string): boolean => this.seqs.has(id);
    seqOf = (id: string): number | undefined => this.seqs.get(id);
    firstId = (): string | null => this.items[0]?.id ?? null;
    lastId(): string | null {
        let best: string | null = null;
        let top = -Infinity;
        for (const [id, seq] of this.seqs) if (seq > top) [best, top] = [id, seq];
        return best;
    }
    size = (): number => this.seqs.size;

    learnMembers(room: string, state: Raw[]): void {
        const known = roomOf(room);
        if (!known || !state.length) return;
        const fresh = state.filter((one) => one.type === "m.room.member" && !known.getMember(one.state_key));
        if (!fresh.length) return;
        const map = matrix().getEventMapper({ decrypt: false });
        known.currentState.setStateEvents(fresh.map((one) => map({ ...one, room_id: room } as never)));
    }

    /** Events in order. "aside": only what they change is taken, they have no place here. */
    add(events: MatrixEvent[], side: "back" | "live" | "aside"): void {
        const touched = new Set<string>();
        const made: Item[] = [];
        const fresh = events.filter((event) => !this.seqs.has(event.getId()!));
        let seq = side === "back" ? this.first - fresh.length : this.last + 1;
        if (side === "back") this.first = seq;
        for (const event of fresh) {
            const id = event.getId()!;
            const item = this.fold(event, seq, touched);
            // A thread's feed sees the whole room, and remembers of it what it shows.
            if (side !== "aside" && (item || !this.thread)) this.seqs.set(id, seq);
            if (item && side !== "aside") made.push(item);
            seq++;
        }
        if (side === "live") this.last = seq - 1;
        for (const item of made) {
            this.byId.set(item.id, item);
            touched.delete(item.id);
        }
        if (made.length) this.items = side === "back" ? [...made, ...this.items] : [...this.items, ...made];
        for (const item of made) this.replace(item.id);
        for (const id of touched) this.replace(id);
    }

    private fold(event: MatrixEvent, seq: number, touched: Set<string>): Item | null {
        const type = event.getType();
        const id = event.getId()!;
        const wire = event.getWireContent();
        if (type === "m.room.redaction") {
            const target = event.getAssociatedId() ?? (event.getContent().redacts as string | undefined);
            if (target) this.redact(target, event, touched);
            return null;
        }
        const relation = relationOf(wire) ?? relationOf(event.getContent());
        const target = typeof relation?.event_id === "string" ? relation.event_id : null;
        if (!event.isRedacted() && target && relation?.rel_type === "m.annotation") {
            if (type === "m.reaction" && typeof relation.key === "string") this.react(target, relation.key, event, touched);
            return null;
        }
        if (target && relation?.rel_type === "m.replace") {
            const one = this.relatedTo(target);
            if (!event.isRedacted() && (!one.edit || one.edit.getTs() <= event.getTs())) one.edit = event;
            touched.add(target);
            if (event.isDecryptionFailure()) this.watch(event, target);
            return null;
        }
        if (target && relation?.rel_type === "m.thread" && this.thread !== target) {
            const one = this.relatedTo(target);
            one.replies.add(id);
            one.repliesAt = Math.max(one.repliesAt, event.getTs());
            touched.add(target);
            return null;
        }
        if (this.thread && target !== this.thread && id !== this.thread) return null;
        const message = type === "m.room.message" || type === "m.room.encrypted" || type === "m.sticker";
        if (!message && !(event.isState() && LINES.has(type))) return null;
        if (event.isDecryptionFailure()) this.watch(event, id);
        return this.make(event, seq);
    }

    private make(event: MatrixEvent, seq: number): Item {
        const content = event.getContent();
        const relation = relationOf(event.getWireContent()) ?? relationOf(content);
        const reply = relation?.["m.in_reply_to"]?.event_id;
        return {
            id: event.getId()!, event, seq, sender: event.getSender()!, at: event.getTs(), type: event.getType(), content, edited: false,
            encrypted: event.isEncrypted(), failed: event.isDecryptionFailure() ? event.decryptionFailureReason ?? "UNKNOWN" : null,
            redacted: event.isRedacted(), reactions: [], otherReactions: 0, thread: null,
            replyTo: typeof reply === "string" && relation?.is_falling_back !== true ? reply : null,
        };
    }

    private watch(event: MatrixEvent, target: string): void {
        event.once(MatrixEventEvent.Decrypted, () => {
            if (event.isDecryptionFailure()) this.watch(event, target);
            if (target !== event.getId()) this.replace(target);
            else {
                const item = this.byId.get(target);
                if (!item) return;
                // What turns out to be a reaction or an edit has no place of its own.
                const touched = new Set<string>();
                const again = this.fold(event, item.seq, touched);
                if (again) this.put(again);
                else this.remove(target);
                this.replace(target);
                for (const id of touched) this.replace(id);
            }
            this.changed();
        });
    }

    private relatedTo(target: string): Related {
        let one = this.related.get(target);
        if (!one) this.related.set(target, one = { edit: null, reactions: new Map(), replies: new Set(), repliesAt: 0 });
        return one;
    }

    private react(target: string, key: string, event: MatrixEvent, touched: Set<string>): void {
        const sender = event.getSender()!;
        const { reactions } = this.relatedTo(target);
        const short = [...key].slice(0, 40).join("");
        if (!reactions.has(short) && reactions.size >= 400) return;
        const senders = reactions.get(short) ?? reactions.set(short, new Map()).get(short)!;
        if (senders.has(sender)) return;
        senders.set(sender, event.getId()!);
        this.reactionOf.set(event.getId()!, { target, key: short, sender });
        touched.add(target);
    }

    private redact(target: string, by: MatrixEvent, touched: Set<string>): void {
        const reaction = this.reactionOf.get(target);
        if (reaction) {
            const senders = this.related.get(reaction.target)?.reactions.get(reaction.key);
            senders?.delete(reaction.sender);
            if (senders?.size === 0) this.related.get(reaction.target)?.reactions.delete(reaction.key);
            this.reactionOf.delete(target);
            touched.add(reaction.target);
            return;
        }
        for (const [id, one] of this.related) {
            if (one.edit?.getId() === target) {
                one.edit = null;
                touched.add(id);
            }
            if (one.replies.delete(target)) touched.add(id);
        }
        const item = this.byId.get(target);
        if (!item) return;
        const room = roomOf(item.event.getRoomId()!);
        if (room) item.event.makeRedacted(by, room);
        this.put({ ...item, redacted: true, content: {}, failed: null });
        this.related.delete(target);
        touched.add(target);
    }

    private put(item: Item): void {
        const at = this.items.findIndex((one) => one.id === item.id);
        if (at < 0) return;
        this.items = this.items.with(at, item);
        this.byId.set(item.id, item);
    }

    private remove(id: string): void {
        this.items = this.items.filter((one) => one.id !== id);
        this.byId.delete(id);
    }

    /** Makes the item anew from its event and what relates to it. */
    private replace(id: string): void {
        const old = this.byId.get(id);
        if (!old) return;
        const item = old.redacted ? { ...old } : this.make(old.event, old.seq);
        const one = this.related.get(id);
        const bundled = (old.event.getUnsigned()["m.relations"] ?? {}) as Raw;
        const edit = one?.edit && one.edit.getSender() === item.sender && !one.edit.isDecryptionFailure() ? one.edit.getContent() : null;
        const changed = edit?.["m.new_content"];
        if (changed && typeof changed === "object" && !item.redacted && !item.failed) {
            item.content = { ...changed, "m.relates_to": item.content["m.relates_to"] };
            item.edited = true;
        }
        const thread = bundled["m.thread"];
        const replies = Math.max(one?.replies.size ?? 0, Number(thread?.count ?? 0) + this.newReplies(one, thread));
        item.thread = replies > 0 ? { count: replies, at: Math.max(one?.repliesAt ?? 0, Number(thread?.latest_event?.origin_server_ts ?? 0)) } : null;
        const kinds = [...(one?.reactions ?? [])].map(([key, senders]) => ({
            key, count: senders.size, mine: senders.get(this.me) ?? null, senders: [...senders.keys()].slice(0, 8) }));
        kinds.sort((a, b) => b.count - a.count);
        item.reactions = kinds.slice(0, MOST_KEYS);
        item.otherReactions = kinds.length - item.reactions.length;
        this.put(item);
    }

    /** Replies that came after the server counted them. */
    private newReplies(one: Related | undefined, bundled: Raw | undefined): number {
        const known = bundled?.latest_event?.event_id;
        const after = known ? this.seqs.get(known) : undefined;
        if (!one || !bundled || after === undefined) return 0;
        return [...one.replies].filter((id) => (this.seqs.get(id) ?? -Infinity) > after).length;
    }

    /** Lets go of what is more than `most` items, at one end. True when something went. */
    trim(most: number, end: "start" | "end"): boolean {
        if (this.seqs.size > most * 8) {
            // Hidden events, such as a thousand reactions: the oldest are forgotten without their items.
            for (const id of this.seqs.keys()) if (this.seqs.size > most * 6 && !this.byId.has(id)) this.seqs.delete(id);
        }
        if (this.items.length <= most) return false;
        const keep = end === "start" ? this.items.slice(-most) : this.items.slice(0, most);
        if (!keep.length) return false;
        const low = keep[0].seq, high = keep.at(-1)!.seq;
        this.items = keep;
        for (const [id, seq] of this.seqs) {
            if (end === "start" ? seq >= low : seq <= high) continue;
            this.seqs.delete(id);
            this.byId.delete(id);
        }
        for (const id of this.related.keys()) if (!this.byId.has(id) && !this.mayCome(id, end)) this.related.delete(id);
        for (const [id, one] of this.reactionOf) if (!this.related.has(one.target)) this.reactionOf.delete(id);
        if (end === "end") this.last = high;
        return true;
    }

    // What relates to something older than everything here is kept while one scrolls back, a bounded number of it.
    private mayCome = (id: string, end: "start" | "end"): boolean => end === "end" && !this.seqs.has(id) && this.related.size < 2000;
}
