// What a room is, and its settings for whoever may change them.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog, set, toast, useStore } from "../../store/store.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix, me, roomOf } from "../../matrix/client.ts";
import { may, type RoomRow } from "../../matrix/rooms.ts";
import { Avatar, Button, clean, Field, Name, PictureField, Toggle } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";
import { encryption } from "../new-room/new-room.tsx";
import { setFavourite, setMuted } from "../rooms/room-menu.ts";
import { linked } from "../timeline/safe-html.ts";
import { linkTo } from "../timeline/message-body.tsx";
import { uploadAvatar } from "../settings/avatar.ts";

export const putState = (room: string, type: string, content: unknown, key = ""): Promise<unknown> =>
    api("PUT", `/_matrix/client/v3/rooms/${enc(room)}/state/${enc(type)}/${enc(key)}`, content, matrix().getAccessToken()!);

export function About({ row }: { row: RoomRow }): JSX.Element {
    const t = useWords();
    const room = roomOf(row.id);
    const topic = String(room?.currentState.getStateEvents("m.room.topic", "")?.getContent().topic ?? "");
    const [editing, setEditing] = useState(false);
    const act = async (run: () => Promise<unknown>) => {
        try {
            await run();
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
    };
    const changes = may(row.id, "state:m.room.name");
    return (
        <div class="about-room">
            <div class="person">
                <Avatar id={row.peer ?? row.id} name={row.name} mxc={row.avatar} size={96} />
                <h3><Name>{row.name}</Name></h3>
                {topic && <p class="topic" dir="auto">{linked(topic.slice(0, 1000), linkTo(row.id))}</p>}
                <p class={row.encrypted ? "good" : "warn"}><Icon name={row.encrypted ? "lock" : "unlock"} size={18} /> {t(row.encrypted ? "encrypted_long" : row.isPublic ? "public_long" : "not_encrypted_long")}</p>
            </div>
            <div class="stack">
                {row.peer && <Button icon="person" onClick={() => openDialog("person", { user: row.peer, room: row.id })}>{t("person")}</Button>}
                <Button icon="group" onClick={() => set({ panel: "members" })}>{t("members_count", { count: row.members })}</Button>
                {may(row.id, "invite") && <Button icon="plus" onClick={() => openDialog("invite", { room: row.id })}>{t("invite")}</Button>}
                {row.kind !== "direct" && may(row.id, "invite") && <Button icon="link" onClick={() => openDialog("invitation-link", { room: row.id, name: row.name })}>{t("invitation_link")}</Button>}
                <Button icon="pin" onClick={() => set({ panel: "pinned" })}>{t("pinned")}</Button>
                <Button icon="calendar" onClick={() => openDialog("jump-date", { room: row.id })}>{t("jump_to_date")}</Button>
            </div>
            <Toggle label={t("mute_on")} checked={row.muted} onChange={(on) => void setMuted(row.id, on)} />
            <Toggle label={t("favourite_on")} checked={row.favourite} onChange={(on) => void setFavourite(row.id, on)} />
            <Spaces row={row} />
            {changes && row.kind !== "direct" && (editing ? <EditRoom row={row} topic={topic} onDone={() => setEditing(false)} /> : <Button icon="edit" onClick={() => setEditing(true)}>{t("room_settings")}</Button>)}
            {!row.encrypted && !row.isPublic && may(row.id, "state:m.room.encryption") && <Button icon="lock" onClick={() => void act(() => putState(row.id, "m.room.encryption", encryption.content))}>{t("turn_on_encryption")}</Button>}
            <Button icon="logout" kind="danger" onClick={() => openDialog("leave", { room: row.id })}>{t("leave")}</Button>
            <p class="quiet small-print"><bdi dir="ltr">{row.id}</bdi></p>
        </div>
    );
}

/** The spaces that one may arrange, and whether the room is in them. Spec: Client-Server API › Spaces. */
function Spaces({ row }: { row: RoomRow }): JSX.Element | null {
    const t = useWords();
    const rooms = useStore((s) => s.rooms);
    const spaces = [...rooms.values()].filter((one) => one.kind === "space" && one.membership === "join" && may(one.id, "state:m.space.child"));
    if (row.kind === "direct" || !spaces.length) return null;
    const put = async (space: string, on: boolean) => {
        try {
            await putState(space, "m.space.child", on ? { via: [row.id.split(":").slice(1).join(":") || me().split(":").slice(1).join(":")] } : {}, row.id);
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
    };
    return <>{spaces.map((one) => <Toggle key={one.id} label={t("in_space", { name: clean(one.name) })} checked={one.children.includes(row.id)} onChange={(on) => void put(one.id, on)} />)}</>;
}

function EditRoom({ row, topic, onDone }: { row: RoomRow; topic: string; onDone: () => void }): JSX.Element {
    const t = useWords();
    const state = roomOf(row.id)!.currentState;
    const rule = String(state.getStateEvents("m.room.join_rules", "")?.getContent().join_rule ?? "invite");
    const history = String(state.getStateEvents("m.room.history_visibility", "")?.getContent().history_visibility ?? "shared");
    const [name, setName] = useState(row.name);
    const [about, setAbout] = useState(topic);
    const [open, setOpen] = useState(rule === "public");
    const [past, setPast] = useState(history === "shared" || history === "world_readable");
    const [channel, setChannel] = useState(row.kind === "channel");
    const [picture, setPicture] = useState<File | null>(null);
    const [busy, setBusy] = useState(false);
    const save = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        try {
            if (name.trim() !== row.name) await putState(row.id, "m.room.name", { name: name.trim() });
            if (about.trim() !== topic) await putState(row.id, "m.room.topic", { topic: about.trim() });
            if (picture) await putState(row.id, "m.room.avatar", { url: await uploadAvatar(picture) });
            if (open !== (rule === "public")) await putState(row.id, "m.room.join_rules", { join_rule: open ? "public" : "invite" });
            if (past !== (history === "shared" || history === "world_readable")) await putState(row.id, "m.room.history_visibility", { history_visibility: past ? "shared" : "joined" });
            if (channel !== (row.kind === "channel")) {
                const powers = state.getStateEvents("m.room.power_levels", "")?.getContent() ?? {};
                await putState(row.id, "m.room.power_levels", { ...powers, events_default: channel ? 50 : 0, events: { ...powers.events, "m.reaction": 0 } });
            }
            onDone();
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    return (
        <form onSubmit={save} class="panel-form">
            <Field label={t("room_name")} value={name} onInput={setName} maxLength={100} required />
            <Field label={t("room_topic")} value={about} onInput={setAbout} maxLength={400} />
            <PictureField label={t("picture")} action={t("choose_picture")} onPick={setPicture} />
            <Toggle label={t("only_admins_write")} checked={channel} onChange={setChannel} />
            <Toggle label={t("past_for_new")} hint={t("past_for_new_hint")} checked={past} onChange={setPast} />
            <Toggle label={t("make_public")} hint={t(row.encrypted ? "public_encrypted_hint" : "make_public_hint")} checked={open} onChange={setOpen} />
            <div class="row"><Button onClick={onDone}>{t("cancel")}</Button><Button submit kind="primary" busy={busy} disabled={!name.trim()}>{t("save")}</Button></div>
        </form>
    );
}
