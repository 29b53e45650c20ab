// A member of a room: their role, and taking them out of it.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords, type Word } from "../../i18n/index.ts";
import { openDialog, toast } from "../../store/store.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix, me, roomOf } from "../../matrix/client.ts";
import { avatarOf, may, memberName } from "../../matrix/rooms.ts";
import { Avatar, Button, Field, Name } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { putState } from "./about.tsx";

const ROLES: [number, Word][] = [[0, "role_member"], [50, "role_moderator"], [100, "role_admin"]];

export function Member({ room, user, onClose }: { room: string; user: string; onClose: () => void }): JSX.Element {
    const t = useWords();
    const known = roomOf(room);
    const member = known?.getMember(user);
    const [reason, setReason] = useState("");
    const [busy, setBusy] = useState(false);
    const mine = known?.getMember(me())?.powerLevel ?? 0, theirs = member?.powerLevel ?? 0;
    const above = user !== me() && Number.isFinite(theirs) && theirs < mine;
    const act = async (run: () => Promise<unknown>) => {
        setBusy(true);
        try {
            await run();
            onClose();
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    const post = (what: string) => act(() => api("POST", `/_matrix/client/v3/rooms/${enc(room)}/${what}`, { user_id: user, ...(reason && { reason }) }, matrix().getAccessToken()!));
    const setRole = (level: number) => act(() => {
        const powers = known!.currentState.getStateEvents("m.room.power_levels", "")?.getContent() ?? {};
        const users = { ...powers.users, [user]: level };
        if (level === Number(powers.users_default ?? 0)) delete users[user];
        return putState(room, "m.room.power_levels", { ...powers, users });
    });
    const roles = may(room, "state:m.room.power_levels") && (above || user === me()) && member?.membership === "join";
    return (
        <Dialog title={t("member")} onClose={onClose}>
            <div class="person"><Avatar id={user} name={memberName(room, user)} mxc={avatarOf(room, user)} size={80} /><h3><Name>{memberName(room, user)}</Name></h3><p class="quiet"><bdi dir="ltr">{user}</bdi></p></div>
            <div class="stack">
                {user !== me() && <Button icon="person" onClick={() => { onClose(); openDialog("person", { user, room }); }}>{t("person")}</Button>}
                {roles && <fieldset class="roles"><legend>{t("role")}</legend>{ROLES.filter(([level]) => level <= mine).map(([level, word]) => (
                    <button type="button" key={level} class={`chip${theirs === level ? " on" : ""}`} aria-pressed={theirs === level} disabled={busy} onClick={() => void setRole(level)}>{t(word)}</button>))}</fieldset>}
                {above && (may(room, "kick") || may(room, "ban")) && <>
                    <Field label={t("reason")} value={reason} onInput={setReason} maxLength={200} />
                    {member?.membership !== "ban" && may(room, "kick") && <Button icon="logout" kind="danger" busy={busy} onClick={() => void post("kick")}>{t(member?.membership === "invite" ? "uninvite" : "kick")}</Button>}
                    {member?.membership !== "ban" && may(room, "ban") && <Button icon="block" kind="danger" busy={busy} onClick={() => void post("ban")}>{t("ban")}</Button>}
                    {member?.membership === "ban" && may(room, "ban") && <Button busy={busy} onClick={() => void post("unban")}>{t("unban")}</Button>}
                    {member?.membership === "knock" && may(room, "invite") && <Button kind="primary" busy={busy} onClick={() => void post("invite")}>{t("let_in")}</Button>}
                </>}
            </div>
        </Dialog>
    );
}
