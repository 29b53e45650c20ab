// A person: who they are, whether they were confirmed, and what one can do about them.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog, toast, useStore } from "../../store/store.ts";
import { go } from "../../store/route.ts";
import { crypto, matrix, me } from "../../matrix/client.ts";
import { avatarOf, directWith, localPart, memberName } from "../../matrix/rooms.ts";
import { Avatar, Button, Name } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icons.tsx";
import { createDirect } from "./direct.ts";
import { lookUp } from "./look-up.ts";
import { verifyUser } from "../verification/requests.ts";

export async function setIgnored(user: string, on: boolean): Promise<void> {
    const now = matrix().getIgnoredUsers().filter((one) => one !== user);
    await matrix().setIgnoredUsers(on ? [...now, user] : now);
}

export function Person({ user, room, onClose }: { user: string; room?: string; onClose: () => void }): JSX.Element {
    const t = useWords();
    const blocked = useStore((s) => s.ignored.has(user));
    const [name, setName] = useState(room ? memberName(room, user) : localPart(user));
    const [avatar, setAvatar] = useState(room ? avatarOf(room, user) : null);
    const [verified, setVerified] = useState<boolean | null>(null);
    const [changed, setChanged] = useState(false);
    const [busy, setBusy] = useState(false);
    useEffect(() => {
        if (!room) void lookUp(user).then((found) => { if (found) { setName(found.name); setAvatar(found.avatar); } }, () => {});
        void crypto().getUserVerificationStatus(user).then((status) => { setVerified(status.isCrossSigningVerified()); setChanged(status.needsUserApproval); }, () => {});
    }, [user]);
    const act = async (run: () => Promise<unknown>) => {
        setBusy(true);
        try {
            await run();
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    const write = () => act(async () => {
        const id = directWith(user) ?? await createDirect(user);
        onClose();
        go({ at: "room", room: id });
    });
    return (
        <Dialog title={t(user === me() ? "you" : "person")} onClose={onClose}>
            <div class="person">
                <Avatar id={user} name={name} mxc={avatar} size={96} />
                <h3><Name>{name}</Name></h3>
                <p class="quiet"><bdi dir="ltr">{user}</bdi></p>
                {changed && <p class="warn"><Icon name="alert" size={18} /> {t("identity_changed")} <button type="button" class="link" onClick={() => void act(async () => { await crypto().pinCurrentUserIdentity(user); setChanged(false); })}>{t("identity_accept")}</button></p>}
                {user !== me() && verified !== null && <p class={verified ? "good" : "quiet"}><Icon name="shield" size={18} /> {t(verified ? "person_verified" : "person_unverified")}</p>}
            </div>
            {user !== me() && <div class="stack">
                <Button kind="primary" icon="write" busy={busy} onClick={() => void write()}>{t("write_to")}</Button>
                {!verified && <Button icon="shield" busy={busy} onClick={() => void act(async () => { await verifyUser(user); onClose(); })}>{t("verify_person")}</Button>}
                <Button icon="block" busy={busy} onClick={() => void act(() => setIgnored(user, !blocked))}>{t(blocked ? "unblock" : "block")}</Button>
                <Button icon="flag" kind="danger" onClick={() => { onClose(); openDialog("report", { user, room }); }}>{t("report")}</Button>
            </div>}
        </Dialog>
    );
}
