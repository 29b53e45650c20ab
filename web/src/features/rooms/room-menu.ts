// What can be done with a conversation from its line in the list.
import { t } from "../../i18n/index.ts";
import { openDialog, toast } from "../../store/store.ts";
import { matrix, me } from "../../matrix/client.ts";
import { api, enc } from "../../matrix/http.ts";
import type { RoomRow } from "../../matrix/rooms.ts";
import { forgetRoom, noteMention } from "../../matrix/rooms.ts";
import type { Entry } from "../../ui/menu.tsx";

const token = (): string => matrix().getAccessToken()!;
const failed = (error: unknown): void => toast(t("failed", { text: (error as Error).message }), "error");

export const setFavourite = async (room: string, on: boolean): Promise<void> => {
    const path = `/_matrix/client/v3/user/${enc(me())}/rooms/${enc(room)}/tags/m.favourite`;
    await api(on ? "PUT" : "DELETE", path, on ? { order: 0.5 } : undefined, token()).catch(failed);
};

/** Spec: Client-Server API › Push notifications › Push rules: a rule of kind "room" that does nothing. */
export const setMuted = async (room: string, on: boolean): Promise<void> => {
    try {
        if (on) await matrix().addPushRule("global", "override" as never, room, {
            actions: [], conditions: [{ kind: "event_match" as never, key: "room_id", pattern: room }] } as never);
        else {
            await matrix().deletePushRule("global", "override" as never, room).catch(() => matrix().deletePushRule("global", "room" as never, room));
        }
    } catch (error) {
        failed(error);
    }
};

export const setMarked = (room: string, unread: boolean): Promise<unknown> =>
    api("PUT", `/_matrix/client/v3/user/${enc(me())}/rooms/${enc(room)}/account_data/m.marked_unread`, { unread }, token()).catch(failed);

export const leave = async (room: string): Promise<void> => {
    try {
        await api("POST", `/_matrix/client/v3/rooms/${enc(room)}/leave`, {}, token());
        forgetRoom(room);
    } catch (error) {
        failed(error);
    }
};

export function roomEntries(row: RoomRow): Entry[] {
    if (row.membership !== "join") return [{ label: t("decline"), icon: "close", danger: true, run: () => void leave(row.id) }];
    return [
        { label: t(row.favourite ? "favourite_off" : "favourite_on"), icon: "pin", run: () => void setFavourite(row.id, !row.favourite) },
        { label: t(row.muted ? "mute_off" : "mute_on"), icon: row.muted ? "bell" : "mute", run: () => void setMuted(row.id, !row.muted) },
        { label: t(row.unread || row.marked ? "mark_read" : "mark_unread"), icon: "check", run: () => void markFromList(row) },
        { label: t("leave"), icon: "logout", danger: true, run: () => openDialog("leave", { room: row.id }) },
    ];
}

async function markFromList(row: RoomRow): Promise<void> {
    if (row.marked) await setMarked(row.id, false);
    if (!row.unread && !row.marked) return void setMarked(row.id, true);
    if (row.last) await markRead(row.id, row.last.id);
    return undefined;
}

/** Spec: Client-Server API › Fully read markers. Both marks at once. */
export function markRead(room: string, event: string): Promise<unknown> {
    noteMention(room, null);
    return api("POST", `/_matrix/client/v3/rooms/${enc(room)}/read_markers`, { "m.fully_read": event, "m.read": event }, token()).catch(() => {});
}
