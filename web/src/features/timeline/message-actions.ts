// What can be done with a message.
import { t } from "../../i18n/index.ts";
import { openDialog, set, toast } from "../../store/store.ts";
import type { Item } from "../../matrix/items.ts";
import { send } from "../../matrix/outbox.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix, me, roomOf } from "../../matrix/client.ts";
import { may } from "../../matrix/rooms.ts";
import { download, fileOf } from "../../matrix/media.ts";
import type { ComposerHandle } from "../composer/composer.tsx";
import type { Entry } from "../../ui/menu.tsx";
import { address } from "../../store/route.ts";
import { stripReply } from "../rooms/preview.ts";
import { openThread } from "./conversation.tsx";

export const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

export function toggleReaction(room: string, item: Item, key: string): void {
    const mine = item.reactions.find((one) => one.key === key)?.mine;
    if (mine) void redact(room, mine);
    else send(room, { "m.relates_to": { rel_type: "m.annotation", event_id: item.id, key } }, "m.reaction");
}

export async function redact(room: string, event: string): Promise<void> {
    try {
        await api("PUT", `/_matrix/client/v3/rooms/${enc(room)}/redact/${enc(event)}/r${Date.now()}${Math.random().toString(36).slice(2)}`, {}, matrix().getAccessToken()!);
    } catch (error) {
        toast(t("failed", { text: (error as Error).message }), "error");
    }
}

export const pinned = (room: string): string[] => {
    const list = roomOf(room)?.currentState.getStateEvents("m.room.pinned_events", "")?.getContent().pinned;
    return Array.isArray(list) ? list.filter((one) => typeof one === "string").slice(0, 100) : [];
};

async function setPinned(room: string, event: string, on: boolean): Promise<void> {
    const list = pinned(room).filter((one) => one !== event);
    try {
        await api("PUT", `/_matrix/client/v3/rooms/${enc(room)}/state/m.room.pinned_events/`, { pinned: on ? [...list, event] : list }, matrix().getAccessToken()!);
    } catch (error) {
        toast(t("failed", { text: (error as Error).message }), "error");
    }
}

export function entriesFor(room: string, item: Item, mine: boolean, composer: { current: ComposerHandle | null }, thread: string | null): Entry[] {
    const entries: Entry[] = [];
    const text = typeof item.content.body === "string" && ["m.text", "m.notice", "m.emote"].includes(item.content.msgtype);
    const writes = may(room, "send");
    if (!item.failed && writes) entries.push({ label: t("reply"), icon: "reply", run: () => composer.current?.reply(item) });
    if (!item.failed && !thread && writes) entries.push({ label: t("reply_in_thread"), icon: "thread", run: () => openThread(item.id) });
    if (mine && text && writes) entries.push({ label: t("edit"), icon: "edit", run: () => composer.current?.edit(item) });
    if (text) entries.push({ label: t("copy_text"), icon: "copy", run: () => void navigator.clipboard.writeText(stripReply(item.content.body)).then(() => toast(t("copied")), () => toast(t("copy_failed"), "error")) });
    if (fileOf(item.content)) entries.push({ label: t("save_file"), icon: "download", run: () => void download(item.content).catch(() => toast(t("load_failed"), "error")) });
    entries.push({ label: t("copy_link"), icon: "link", run: () => void navigator.clipboard.writeText(`${location.origin}/${address({ at: "room", room, event: item.id })}`).then(() => toast(t("copied")), () => toast(t("copy_failed"), "error")) });
    if (may(room, "state:m.room.pinned_events")) {
        const on = pinned(room).includes(item.id);
        entries.push({ label: t(on ? "unpin" : "pin"), icon: "pin", run: () => void setPinned(room, item.id, !on) });
    }
    if (!mine) entries.push({ label: t("report"), icon: "flag", run: () => openDialog("report", { user: item.sender, room, event: item.id }) });
    if (mine || may(room, "redact")) entries.push({ label: t("delete_for_all"), icon: "trash", danger: true, run: () => openDialog("delete-message", { room, event: item.id }) });
    return entries;
}

export const closeThread = (): void => set({ thread: null });
export const isMe = (user: string): boolean => user === me();
