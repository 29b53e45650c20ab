// The list: a row for every room, made anew when something of the room changes, and at most once in a while.
import type { Room } from "matrix-js-sdk/lib/models/room.js";
import { MatrixEventEvent, type MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import { NotificationCountType } from "matrix-js-sdk/lib/models/room.js";
import type { MSC3575RoomData } from "matrix-js-sdk/lib/sliding-sync.js";
import { set, state } from "../store/store.ts";
import { expanded, hasClient, matrix, me, roomOf } from "./client.ts";

export type RoomKind = "direct" | "group" | "channel" | "space";
export interface Last { id: string; at: number; sender: string; event: MatrixEvent }
export interface RoomRow {
    id: string;
    name: string;
    kind: RoomKind;
    membership: string;
    inviter: string | null;
    encrypted: boolean;
    isPublic: boolean;
    avatar: string | null;
    peer: string | null;
    unread: number;
    highlight: number;
    marked: boolean;
    favourite: boolean;
    muted: boolean;
    at: number;
    last: Last | null;
    typing: string[];
    children: string[];
    members: number;
    replaced: string | null;
}

const lasts = new Map<string, Last>();
const bumps = new Map<string, number>();
const lefts = new Set<string>();
const typing = new Map<string, string[]>();
let directs = new Map<string, string>();
const dirty = new Set<string>();
const passed = new Set<string>();
const mentions = new Map<string, number>(); // in encrypted rooms only this device can tell
let timer: ReturnType<typeof setTimeout> | null = null;

export function resetRooms(): void {
    lasts.clear();
    bumps.clear();
    typing.clear();
    mentions.clear();
    dirty.clear();
    directs = new Map();
}

const counted = new Set(["m.room.message", "m.room.encrypted", "m.sticker", "m.room.member", "m.room.create", "m.room.name", "m.room.encryption"]);

/** Remembers the newest event of a room, for its line in the list. */
export function noteRoomData(id: string, data: MSC3575RoomData, onNew: (event: MatrixEvent, live: boolean) => void): void {
    lefts.delete(id);
    const map = matrix().getEventMapper({ decrypt: false, preventReEmit: true });
    const live = expanded(data) ? 0 : data.num_live ?? 0;
    if (!data.initial && !expanded(data)) for (const raw of data.timeline) passVerification(map({ ...raw, room_id: id } as never));
    const events = data.timeline.slice(-5);
    events.forEach((raw, index) => {
        const relation = (raw.content as Record<string, any>)?.["m.relates_to"];
        if (!counted.has(raw.type) || (raw.type !== "m.room.message" && raw.type !== "m.room.encrypted" && raw.type !== "m.sticker" && data.timeline.length > 1)) return;
        if (relation?.rel_type === "m.replace") return;
        const event = map({ ...raw, room_id: id } as never);
        const old = lasts.get(id);
        if (!old || event.getTs() >= old.at) lasts.set(id, { id: event.getId()!, at: event.getTs(), sender: event.getSender()!, event });
        const isLive = !data.initial && index >= events.length - live;
        void matrix().decryptEventIfNeeded(event).catch(() => {}).then(() => {
            touch(id);
            onNew(event, isLive);
            if (event.isDecryptionFailure()) event.once(MatrixEventEvent.Decrypted, () => touch(id));
        });
    });
    if (data.bump_stamp) bumps.set(id, data.bump_stamp);
    touch(id);
}

/** Verification in a conversation goes by messages of it, which the SDK takes from its own timelines otherwise. */
function passVerification(event: MatrixEvent): void {
    const content = event.getContent();
    if (!event.getType().startsWith("m.key.verification.") && content.msgtype !== "m.key.verification.request") return;
    // The same request twice counts as two, and the second ends the first.
    if (passed.has(event.getId()!)) return;
    passed.add(event.getId()!);
    if (passed.size > 200) passed.delete(passed.values().next().value!);
    void (matrix().getCrypto() as unknown as { onLiveEventFromSync(event: MatrixEvent): Promise<void> }).onLiveEventFromSync(event).catch(() => {});
}

/** A message mentions whoever uses this client; null: what was there was read. */
export function noteMention(id: string, event: string | null): void {
    if (event) mentions.set(id, (mentions.get(id) ?? 0) + 1);
    else if (!mentions.delete(id)) return;
    touch(id);
}

export function noteTyping(id: string, users: string[]): void {
    typing.set(id, users.filter((user) => user !== me()));
    touch(id);
}

export function noteRedaction(id: string, target: string): void {
    if (lasts.get(id)?.id !== target) return;
    const last = lasts.get(id)!;
    lasts.set(id, { ...last, event: last.event });
    touch(id);
}

export function noteDirects(content: Record<string, string[]>): void {
    directs = new Map();
    for (const [user, rooms] of Object.entries(content)) if (Array.isArray(rooms)) for (const room of rooms) directs.set(room, user);
    for (const id of state.rooms.keys()) touch(id);
}

export const directWith = (user: string): string | null => {
    for (const [room, other] of directs) if (other === user && state.rooms.get(room)?.membership === "join") return room;
    return null;
};

export function forgetRoom(id: string): void {
    lefts.add(id);
    lasts.delete(id);
    touch(id);
}

export function touchAll(): void {
    for (const room of matrix().getRooms()) touch(room.roomId);
}

export function touch(id: string): void {
    dirty.add(id);
    timer ??= setTimeout(flush, state.rooms.size ? 40 : 0);
}

function flush(): void {
    timer = null;
    if (!hasClient()) return;
    const rooms = new Map(state.rooms);
    for (const id of dirty) {
        const room = roomOf(id);
        const row = room && !lefts.has(id) ? rowOf(room) : null;
        if (row) rooms.set(id, row);
        else rooms.delete(id);
    }
    dirty.clear();
    set({ rooms });
}

function kindOf(room: Room): RoomKind {
    if (room.getType() === "m.space") return "space";
    const powers = room.currentState.getStateEvents("m.room.power_levels", "")?.getContent() ?? {};
    if (Number(powers.events_default ?? 0) > Number(powers.users_default ?? 0)) return "channel";
    return directs.has(room.roomId) || room.getDMInviter() !== undefined ? "direct" : "group";
}

function isMuted(id: string): boolean {
    const rules = matrix().pushRules?.global;
    const silent = (actions: unknown[] | undefined) => !actions?.length || actions.every((one) => one === "dont_notify");
    if (rules?.override?.some((rule) => rule.rule_id === id && rule.enabled && silent(rule.actions))) return true;
    return !!rules?.room?.some((rule) => rule.rule_id === id && rule.enabled && silent(rule.actions));
}

function nameOf(room: Room, peer: string | null): string {
    const peerName = peer && room.getMember(peer)?.rawDisplayName;
    if (peerName && !room.currentState.getStateEvents("m.room.name", "")?.getContent().name) return peerName;
    return room.name || room.roomId;
}

function rowOf(room: Room): RoomRow | null {
    const membership = room.getMyMembership();
    if (membership !== "join" && membership !== "invite" && membership !== "knock") return null;
    const id = room.roomId;
    const own = room.getMember(me());
    const inviter = membership === "invite" ? own?.events.member?.getSender() ?? null : null;
    const kind = kindOf(room);
    const peer = kind === "direct" ? directs.get(id) ?? inviter : null;
    const avatar = room.getMxcAvatarUrl() ?? (peer ? room.getMember(peer)?.getMxcAvatarUrl() ?? null : null);
    const last = lasts.get(id) ?? null;
    const joinRule = room.getJoinRule();
    return {
        id, name: nameOf(room, peer), kind, membership, inviter, encrypted: room.hasEncryptionStateEvent(),
        isPublic: joinRule === "public", avatar: avatar ?? null, peer,
        unread: room.getUnreadNotificationCount(NotificationCountType.Total), highlight: Math.max(room.getUnreadNotificationCount(NotificationCountType.Highlight), mentions.get(id) ?? 0),
        marked: room.getAccountData("m.marked_unread" as never)?.getContent().unread === true,
        favourite: room.tags["m.favourite"] !== undefined, muted: isMuted(id),
        at: Math.max(last?.at ?? 0, last ? 0 : bumps.get(id) ?? 0), last, typing: typing.get(id) ?? [],
        children: kind === "space" ? room.currentState.getStateEvents("m.space.child")
            .filter((one) => Array.isArray(one.getContent().via)).map((one) => one.getStateKey()!) : [],
        members: room.getJoinedMemberCount(),
        replaced: room.currentState.getStateEvents("m.room.tombstone", "")?.getContent().replacement_room ?? null,
    };
}

export const memberName = (room: string, user: string): string => roomOf(room)?.getMember(user)?.name || user;
export const avatarOf = (room: string, user: string): string | null => roomOf(room)?.getMember(user)?.getMxcAvatarUrl() ?? null;
export const localPart = (user: string): string => user.replace(/^@/, "").split(":")[0];

/** What whoever uses this client may do in a room. */
export function may(room: string, what: "send" | "redact" | "invite" | "kick" | "ban" | `state:${string}`): boolean {
    const known = roomOf(room);
    if (!known || known.getMyMembership() !== "join") return false;
    const powers = known.currentState;
    if (what === "send") return powers.maySendMessage(me());
    if (what.startsWith("state:")) return powers.maySendStateEvent(what.slice(6), me());
    const levels = powers.getStateEvents("m.room.power_levels", "")?.getContent() ?? {};
    const needed = Number(levels[what] ?? (what === "invite" ? 0 : 50));
    return (known.getMember(me())?.powerLevel ?? 0) >= needed;
}
