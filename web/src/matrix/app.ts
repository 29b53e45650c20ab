// From opening the page to a list that lives, and back: starting, signing in, signing out, wiping.
import type { MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import { RoomEvent } from "matrix-js-sdk/lib/models/room.js";
import { RoomMemberEvent } from "matrix-js-sdk/lib/models/room-member.js";
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { set, state, toast } from "../store/store.ts";
import { forgetAll, keep, kept } from "../store/local.ts";
import { t } from "../i18n/index.ts";
import { api, ApiError } from "./http.ts";
import { saveSession, savedSession, type Session } from "./session.ts";
import { ClientEvent, crypto, hasClient, matrix, me, startClient, stopClient, widenList } from "./client.ts";
import { forgetRoom, noteDirects, noteRoomData, noteTyping, resetRooms, touch, touchAll } from "./rooms.ts";
import { arrived, clearOutbox, sendNow, startOutbox } from "./outbox.ts";
import { clearFeeds, feedsOf } from "./feeds.ts";
import { clearMedia } from "./media.ts";
import { giveKey } from "./secrets.ts";
import { checkTrust, setUpEncryption } from "./trust.ts";
import { onVerificationRequest } from "../features/verification/requests.ts";
import { notice } from "../features/notifications/notify.ts";
import { holdSession } from "./tab.ts";

/** Opens the session that this browser keeps; without one the sign-in page stays. */
export async function openKept(): Promise<boolean> {
    const session = savedSession();
    if (!session) return false;
    await open(session);
    return true;
}

export async function open(session: Session): Promise<void> {
    set({ session, phase: "opening", connection: "connecting", serverName: session.userId.split(":").slice(1).join(":") });
    if (!(await holdSession(() => leaveToOther()))) {
        set({ phase: "elsewhere" });
        return;
    }
    try {
        const client = await startClient(session, onRoomData, () => set({ connection: "offline", ...(state.phase === "opening" && { phase: "ready" as const }) }));
        (crypto() as unknown as { olmMachine: { roomKeyForwardingEnabled: boolean } }).olmMachine.roomKeyForwardingEnabled = true;
        listen(client);
        startOutbox();
        void checkTrust();
        void isAdmin();
    } catch (error) {
        set({ phase: "broken", problem: String((error as Error)?.message ?? error) });
    }
}

/** After an account was made: an identity, a recovery key and a backup of keys, before anything is written. */
export async function openNew(session: Session, password: string, landing: State["landing"]): Promise<void> {
    saveSession(session);
    await open(session);
    if (state.phase !== "opening" && state.phase !== "ready") return;
    const recoveryKey = await setUpEncryption(password);
    set({ recoveryKey, landing, phase: "recovery-key", trusted: true, backup: true });
}
type State = typeof state;

export async function openSignedIn(session: Session, password: string): Promise<void> {
    saveSession(session);
    await open(session);
    if (!hasClient()) return;
    // An account that another program made, and that has no identity yet, gets one.
    if (!(await crypto().userHasCrossSigningKeys(me(), true))) {
        const recoveryKey = await setUpEncryption(password);
        set({ recoveryKey, landing: null, phase: "recovery-key", trusted: true, backup: true });
    }
}

function onRoomData(room: string, data: Parameters<Parameters<typeof startClient>[1]>[1]): void {
    const taken = Promise.all(feedsOf(room).map((feed) => feed.take(data)));
    // What stood for them goes once they are there themselves.
    void taken.catch(() => {}).then(() => {
        for (const event of data.timeline) arrived(room, event.event_id, event.unsigned?.transaction_id as string | undefined);
    });
    noteRoomData(room, data, (event: MatrixEvent, live: boolean) => notice(event, live));
}

function listen(client: ReturnType<typeof matrix>): void {
    let first = true;
    client.on(ClientEvent.Sync, (sync, _old, data) => {
        if (sync === "PREPARED" || sync === "SYNCING") {
            const all = widenList();
            if (first) {
                first = false;
                touchAll();
                const directs = client.getAccountData("m.direct" as never)?.getContent();
                if (directs) noteDirects(directs as Record<string, string[]>);
            }
            set({ connection: "online", listComplete: all, ...(state.phase === "opening" && { phase: "ready" as const }) });
            sendNow();
        } else if (sync === "ERROR" || sync === "RECONNECTING") {
            const error = data?.error as unknown as { errcode?: string } | undefined;
            if (error?.errcode === "M_UNKNOWN_TOKEN") void ended();
            else set({ connection: error?.errcode === "M_USER_LOCKED" ? "locked" : "offline", ...(state.phase === "opening" && { phase: "ready" as const }) });
        }
    });
    client.on("Session.logged_out" as never, (() => void ended()) as never);
    client.on(ClientEvent.AccountData, (event) => {
        if (event.getType() === "m.direct") noteDirects(event.getContent());
        if (event.getType() === "m.push_rules") touchAll();
        if (event.getType() === "m.ignored_user_list") set({ ignored: new Set(Object.keys(event.getContent().ignored_users ?? {})) });
    });
    client.on(RoomEvent.Tags, (_event, room) => touch(room.roomId));
    client.on(RoomEvent.AccountData, (_event, room) => touch(room.roomId));
    client.on(RoomEvent.MyMembership, (room, membership) => {
        if (membership === "leave" || membership === "ban") {
            forgetRoom(room.roomId);
            if (state.route.at === "room" && state.route.room === room.roomId) toast(t("left_room", { name: room.name }));
        } else touch(room.roomId);
    });
    client.on(RoomEvent.Receipt, (event, room) => {
        for (const feed of feedsOf(room.roomId)) feed.takeReceipts(event.getContent());
    });
    client.on(RoomMemberEvent.Typing, (_event, member) => {
        const room = client.getRoom(member.roomId);
        if (room) noteTyping(member.roomId, room.currentState.getMembers().filter((one) => one.typing).map((one) => one.userId));
    });
    client.on(CryptoEvent.VerificationRequestReceived, onVerificationRequest);
    client.on(CryptoEvent.KeysChanged, () => void checkTrust());
    client.on(CryptoEvent.DevicesUpdated, (users) => {
        if (users.includes(me())) void checkTrust();
        trustChanged();
    });
    client.on(CryptoEvent.UserTrustStatusChanged, () => {
        void checkTrust();
        trustChanged();
    });
    client.on(CryptoEvent.KeyBackupStatus, () => void checkTrust());
    addEventListener("online", () => set({ connection: state.connection === "offline" ? "connecting" : state.connection }));
    addEventListener("offline", () => set({ connection: "offline" }));
}

let changing: ReturnType<typeof setTimeout> | undefined;
/** What was learnt comes in many parts; what is shown of it is looked at once they have come. */
function trustChanged(): void {
    changing ??= setTimeout(() => {
        changing = undefined;
        set({ trustRound: state.trustRound + 1 });
    }, 500);
}

async function isAdmin(): Promise<void> {
    try {
        await api("GET", "/_synapse/admin/v1/registration_tokens", undefined, matrix().getAccessToken()!);
        set({ isAdmin: true });
    } catch (error) {
        if (error instanceof ApiError && error.status === 0) setTimeout(() => hasClient() && void isAdmin(), 20000);
    }
}

function clear(): void {
    // The page first: nothing is drawn again of what is taken away below.
    set({ phase: "signed-out", session: null, rooms: new Map(), route: { at: "list" }, dialogs: [], trusted: null, backup: null, isAdmin: false, recoveryKey: "",
        thread: null, panel: null, listComplete: false, ignored: new Set() });
    stopClient();
    clearFeeds();
    clearMedia();
    clearOutbox();
    resetRooms();
    giveKey(null);
}

/** Another tab takes over: this one lets go of everything it holds. */
function leaveToOther(): void {
    stopClient();
    set({ phase: "elsewhere" });
}

/** The server has ended this session. What the browser kept of it goes too: its keys are of no further use here. */
async function ended(): Promise<void> {
    if (state.phase === "signed-out") return;
    sessionStorage.setItem("peyk.told", "session_ended");
    await wipe(false);
}

export async function signOut(): Promise<void> {
    try {
        await api("POST", "/_matrix/client/v3/logout", {}, matrix().getAccessToken()!);
    } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    await wipe(false);
}

/** Removes everything that this browser keeps of peyk. With `everything` the language, the theme and the program too. */
export async function wipe(everything: boolean): Promise<void> {
    const language = kept("language", null), theme = kept("theme", null);
    clear();
    forgetAll();
    const databases = (await indexedDB.databases?.()) ?? [];
    await Promise.all(databases.map(({ name }) => name && new Promise<void>((resolve) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = request.onerror = request.onblocked = () => resolve();
    })));
    if (everything) {
        for (const name of await globalThis.caches?.keys() ?? []) await caches.delete(name);
        for (const one of await navigator.serviceWorker?.getRegistrations() ?? []) await one.unregister();
        localStorage.clear();
        sessionStorage.clear();
    } else {
        keep("language", language);
        keep("theme", theme);
    }
    set({ phase: "signed-out" });
    location.replace(everything ? "/?wiped" : "/"); // a page that begins anew holds no key in its memory
}
