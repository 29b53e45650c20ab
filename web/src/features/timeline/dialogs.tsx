// Small dialogs of the conversation: deleting, leaving, another reaction, a date.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { go } from "../../store/route.ts";
import { toast, useStore } from "../../store/store.ts";
import { feedOf } from "../../matrix/feeds.ts";
import type { Item } from "../../matrix/items.ts";
import { Button, Name } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmojiGrid } from "../composer/emoji.tsx";
import { leave } from "../rooms/room-menu.ts";
import { redact, toggleReaction } from "./message-actions.ts";
import { PersianCalendar } from "./calendar.tsx";

type Close = { onClose: () => void };

export function DeleteMessage({ room, event, onClose }: { room: string; event: string } & Close): JSX.Element {
    const t = useWords();
    return (
        <Dialog title={t("delete_title")} onClose={onClose} actions={<>
            <Button onClick={onClose}>{t("cancel")}</Button>
            <Button kind="danger" onClick={() => { onClose(); void redact(room, event); }}>{t("delete_for_all")}</Button></>}>
            <p>{t("delete_text")}</p>
        </Dialog>
    );
}

export function Leave({ room, onClose }: { room: string } & Close): JSX.Element {
    const t = useWords();
    const row = useStore((s) => s.rooms.get(room));
    return (
        <Dialog title={t("leave")} onClose={onClose} actions={<>
            <Button onClick={onClose}>{t("cancel")}</Button>
            <Button kind="danger" onClick={() => { onClose(); void leave(room); go({ at: "list" }); }}>{t("leave")}</Button></>}>
            <p>{t(row?.isPublic ? "leave_public" : "leave_private")} <b><Name>{row?.name ?? ""}</Name></b></p>
        </Dialog>
    );
}

export function React({ room, item, onClose }: { room: string; item: Item } & Close): JSX.Element {
    const t = useWords();
    return <Dialog title={t("react")} onClose={onClose}><EmojiGrid onPick={(key) => { onClose(); toggleReaction(room, item, key); }} /></Dialog>;
}

/** A day of the reader's own calendar. */
export function JumpDate({ room, onClose }: { room: string } & Close): JSX.Element {
    const t = useWords();
    const [busy, setBusy] = useState(false);
    const jump = async (at: number) => {
        setBusy(true);
        const found = await feedOf(room).jumpToDate(at);
        setBusy(false);
        if (found) onClose();
        else toast(t("load_failed"), "error");
    };
    return <Dialog title={t("jump_to_date")} onClose={onClose}><PersianCalendar busy={busy} onPick={(at) => void jump(at)} /></Dialog>;
}
