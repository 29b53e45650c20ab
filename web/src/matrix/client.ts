// The one MatrixClient of this page: the SDK's state of rooms, its encryption and its sliding sync, without its timelines.
// Events of timelines are taken out before the SDK sees them and go to the feeds (feeds.ts), which stay bounded.
import { createClient, type MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import type { Room } from "matrix-js-sdk/lib/models/room.js";
import { ClientEvent } from "matrix-js-sdk/lib/client.js";
import type { CryptoApi } from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger, type Logger } from "matrix-js-sdk/lib/logger.js";
import { SlidingSync, SlidingSyncEvent, type MSC3575RoomData } from "matrix-js-sdk/lib/sliding-sync.js";
import { PendingEventOrdering } from "matrix-js-sdk/lib/matrix.js";
import type { Session } from "./session.ts";
import { secretCallbacks } from "./secrets.ts";

// The SDK tells the console of every request, with identifiers. Only its errors are let through.
(logger as unknown as { setLevel?: (level: string, persist: boolean) => void }).setLevel?.("error", false);
const nothing = (): void => {};
const quietLogger: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: console.error.bind(console), getChild: () => quietLogger };

let client: MatrixClient | null = null;
let sliding: SlidingSync | null = null;

export const matrix = (): MatrixClient => {
    if (!client) throw new Error("there is no session");
    return client;
};
export const hasClient = (): boolean => client !== null;
export const crypto = (): CryptoApi => matrix().getCrypto()!;
export const me = (): string => client?.getUserId() ?? "";
export const roomOf = (id: string): Room | null => client?.getRoom(id) ?? null;

const STATE: [string, string][] = [
    ["m.room.create", ""], ["m.room.name", ""], ["m.room.avatar", ""], ["m.room.topic", ""], ["m.room.encryption", ""],
    ["m.room.join_rules", ""], ["m.room.power_levels", ""], ["m.room.history_visibility", ""], ["m.room.tombstone", ""],
    ["m.room.pinned_events", ""], ["m.room.canonical_alias", ""], ["m.room.guest_access", ""], ["m.space.child", "*"],
    ["m.space.parent", "*"], ["m.room.member", "$ME"], ["m.room.member", "$LAZY"],
];
const FIRST = 30;
const STEP = 400;
const OPEN_LIMIT = 30;
let windowEnd = FIRST - 1;

/** More of the past, since more is wanted of the room now. Spec: MSC4186, unstable_expanded_timeline. */
export const expanded = (data: MSC3575RoomData): boolean => (data as { unstable_expanded_timeline?: boolean }).unstable_expanded_timeline === true;

export type RoomDataListener = (room: string, data: MSC3575RoomData) => void;

export async function startClient(session: Session, onRoomData: RoomDataListener, onAway: () => void): Promise<MatrixClient> {
    client = createClient({
        baseUrl: location.origin, userId: session.userId, deviceId: session.deviceId, accessToken: session.token,
        timelineSupport: false, disableVoip: true, useAuthorizationHeader: true, cryptoCallbacks: secretCallbacks, logger: quietLogger,
        fetchFn: async (input: RequestInfo | URL, init?: RequestInit) => {
            try {
                return await fetch(input, { ...init, credentials: "omit" });
            } catch (error) {
                // The SDK's sliding sync tells of refusals, and not of a network that is away.
                if ((error as Error).name !== "AbortError" && !init?.signal?.aborted) onAway();
                throw error;
            }
        },
    } as Parameters<typeof createClient>[0]);
    client.setMaxListeners(200);
    await client.initRustCrypto();
    client.getCrypto()!.setTrustCrossSignedDevices(true);
    windowEnd = FIRST - 1;
    sliding = new SlidingSync(location.origin, new Map([["all", { ranges: [[0, windowEnd]], timeline_limit: 1, required_state: STATE }]]),
        { timeline_limit: OPEN_LIMIT, required_state: STATE }, client, 25000);
    // Before the SDK's own listener, which is added by startClient.
    sliding.on(SlidingSyncEvent.RoomData, (room, data) => {
        // Who was invited or removed by another is told by the timeline; an expanded timeline is of the past, and is no news.
        const fresh = expanded(data) || !data.num_live ? [] : data.timeline.slice(-data.num_live);
        for (const event of fresh as unknown as { type: string; state_key?: string }[]) {
            if (event.state_key === undefined) continue;
            const known = data.required_state.some((one) => one.type === event.type && one.state_key === event.state_key);
            if (!known && !data.initial) data.required_state.push(event as never);
        }
        const timeline = data.timeline;
        onRoomData(room, { ...data, timeline });
        data.timeline = [];
    });
    // There are no calls yet, and a session of calls for every room costs a tenth of the time until the list is there. The SDK
    // has no option for it: it starts its manager of sessions with the first answer.
    client.matrixRTC.start = nothing;
    void client.startClient({
        slidingSync: sliding, lazyLoadMembers: true, pendingEventOrdering: PendingEventOrdering.Detached, threadSupport: false,
    });
    return client;
}

/** Asks for more of the list once what was asked for is there; true when all of it is. */
export function widenList(): boolean {
    const count = sliding?.getListData("all")?.joinedCount ?? 0;
    if (count <= windowEnd + 1) return true;
    windowEnd = Math.min(count + 50, windowEnd + STEP);
    sliding?.setListRanges("all", [[0, windowEnd]]);
    return false;
}

/** The rooms whose messages are wanted as they come, beyond the last one. */
export function follow(rooms: Iterable<string>): void {
    const wanted = new Set(rooms);
    const now = sliding?.getRoomSubscriptions();
    if (!sliding || (now && now.size === wanted.size && [...wanted].every((one) => now.has(one)))) return;
    sliding.modifyRoomSubscriptions(wanted);
}

export const syncNow = (): void => sliding?.resend();

export function stopClient(): void {
    client?.stopClient();
    client = null;
    sliding = null;
}

export { ClientEvent };
