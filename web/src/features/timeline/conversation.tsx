// A conversation: who it is with, what was said, and the place to write.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t as say, useWords } from "../../i18n/index.ts";
import { openDialog, set, state, toast, useStore } from "../../store/store.ts";
import { go } from "../../store/route.ts";
import { feedOf } from "../../matrix/feeds.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix, roomOf } from "../../matrix/client.ts";
import { may, memberName, type RoomRow } from "../../matrix/rooms.ts";
import { Avatar, Button, IconButton, Name, Spinner } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Composer, type ComposerHandle } from "../composer/composer.tsx";
import { kindIcon } from "../rooms/room-list.tsx";
import { leave } from "../rooms/room-menu.ts";
import { Timeline } from "./timeline.tsx";
import { PinnedBar } from "./pinned-bar.tsx";
import { takeFiles } from "../composer/attach.ts";

export function Conversation({ room }: { room: string }): JSX.Element {
    const t = useWords();
    const row = useStore((s) => s.rooms.get(room));
    const complete = useStore((s) => s.listComplete);
    // A room that was just made or joined is on its way: nobody is told at once that it is not there.
    const [waited, setWaited] = useState(false);
    useEffect(() => {
        const timer = setTimeout(() => setWaited(true), 6000);
        return () => clearTimeout(timer);
    }, [room]);
    if (!row && !(complete && waited)) return <div class="nothing"><Spinner label={t("opening")} /></div>;
    if (!row) return <div class="nothing"><p>{t("room_unknown")}</p><Button onClick={() => openDialog("join", { alias: room })}>{t("join")}</Button></div>;
    if (row.membership !== "join") return <InvitePage row={row} />;
    return <Joined row={row} />;
}

function InvitePage({ row }: { row: RoomRow }): JSX.Element {
    const t = useWords();
    const [busy, setBusy] = useState(false);
    const accept = async () => {
        setBusy(true);
        try {
            await api("POST", `/_matrix/client/v3/join/${enc(row.id)}`, {}, matrix().getAccessToken()!);
            if (row.kind === "direct" && row.inviter) {
                const { markDirect } = await import("../people/direct.ts");
                await markDirect(row.inviter, row.id);
            }
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    if (row.membership === "knock") return <div class="nothing"><Avatar id={row.id} name={row.name} mxc={row.avatar} size={96} /><h2><Name>{row.name}</Name></h2><p>{t("knocked")}</p><Button onClick={() => void leave(row.id)}>{t("knock_back")}</Button></div>;
    return (
        <div class="nothing invite-page">
            <Avatar id={row.peer ?? row.id} name={row.name} mxc={row.avatar} size={96} />
            <h2><Name>{row.name}</Name></h2>
            <p>{row.inviter && <>{t("invited_by", { name: memberName(row.id, row.inviter) })}<br /><small><bdi dir="ltr">{row.inviter}</bdi></small></>}</p>
            <p class={row.encrypted ? "good" : "warn"}><Icon name={row.encrypted ? "lock" : "unlock"} size={18} /> {t(row.encrypted ? "encrypted" : "not_encrypted")}</p>
            <div class="row">
                <Button kind="primary" busy={busy} onClick={accept}>{t("accept")}</Button>
                <Button onClick={() => { void leave(row.id); go({ at: "list" }); }}>{t("decline")}</Button>
                {row.inviter && <Button kind="danger" onClick={() => openDialog("report", { user: row.inviter, room: row.id, block: true })}>{t("block_report")}</Button>}
            </div>
        </div>
    );
}

function subtitle(row: RoomRow): string {
    if (row.typing.length) return say(row.typing.length > 1 ? "are_typing" : "is_typing", { name: memberName(row.id, row.typing[0]), count: row.typing.length });
    if (row.kind === "direct") return row.peer ?? "";
    return say("members_count", { count: row.members });
}

function Joined({ row }: { row: RoomRow }): JSX.Element {
    const t = useWords();
    const panel = useStore((s) => s.panel);
    const target = useStore((s) => (s.route.at === "room" ? s.route.event : undefined));
    const feed = useMemo(() => feedOf(row.id), [row.id]);
    const composer = useRef<ComposerHandle>(null);
    const [dragging, setDragging] = useState(false);
    useEffect(() => {
        if (target) void feed.jump(target).then((found) => !found && toast(t("event_gone"), "error"));
    }, [target]);
    useEffect(() => {
        const known = roomOf(row.id);
        if (known?.hasEncryptionStateEvent()) matrix().getCrypto()?.prepareToEncrypt(known);
    }, [row.id, row.encrypted]);
    const drop = (event: DragEvent) => {
        event.preventDefault();
        setDragging(false);
        if (event.dataTransfer?.files.length && may(row.id, "send")) void takeFiles(row.id, null, [...event.dataTransfer.files]);
    };
    return (
        <section class="conversation" aria-label={row.name} onDragOver={(event) => { event.preventDefault(); if (event.dataTransfer?.types.includes("Files")) setDragging(true); }}
            onDragLeave={(event) => !(event.currentTarget as Node).contains(event.relatedTarget as Node) && setDragging(false)} onDrop={drop}>
            <header class="bar">
                <IconButton icon="back" label={t("back")} kind="only-narrow" onClick={() => go({ at: "list" })} />
                <button type="button" class="bar-title" onClick={() => set({ panel: panel === "info" ? null : "info", thread: null })} title={t("details_of", { name: row.name })} aria-expanded={panel === "info"}>
                    <Avatar id={row.peer ?? row.id} name={row.name} mxc={row.avatar} size={42} />
                    <span class="bar-texts">
                        <h1>{kindIcon(row) && <Icon name={kindIcon(row)!} size={16} />}<Name>{row.name}</Name></h1>
                        <small class={row.typing.length ? "live" : ""}>
                            {!row.encrypted && <span class="open-mark"><Icon name="unlock" size={13} /> {t(row.isPublic ? "public_open" : "not_encrypted")}{" · "}</span>}
                            <bdi>{subtitle(row)}</bdi></small>
                    </span>
                </button>
                <IconButton icon="search" label={t("search_here")} active={panel === "search"} onClick={() => set({ panel: panel === "search" ? null : "search", thread: null })} />
                <IconButton icon="calendar" label={t("jump_to_date")} kind="only-wide" onClick={() => openDialog("jump-date", { room: row.id })} />
                <IconButton icon="info" label={t("details")} active={panel === "info"} kind="only-wide" onClick={() => set({ panel: panel === "info" ? null : "info", thread: null })} />
            </header>
            {row.replaced && <button type="button" class="ribbon" onClick={() => openDialog("join", { alias: row.replaced })}>{t("replaced")}</button>}
            <PinnedBar room={row.id} onJump={(event) => void feed.jump(event)} />
            <Timeline feed={feed} row={row} composer={composer} />
            {may(row.id, "send") ? <Composer key={row.id} handle={composer} room={row.id} feed={feed} thread={null} />
                : <p class="read-only">{t(row.kind === "channel" ? "channel_read_only" : "no_writing")}</p>}
            {dragging && <div class="drop-here" aria-hidden="true"><Icon name="image" size={48} /><span>{t("drop_here")}</span></div>}
        </section>
    );
}

export const openThread = (root: string): void => set({ thread: root, panel: null });
export const isOpen = (room: string): boolean => state.route.at === "room" && state.route.room === room && document.visibilityState === "visible" && document.hasFocus();
