// Links for people who have no account yet: made by an administrator of the server, used once, as text and as a code.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { toast, useStore } from "../../store/store.ts";
import { api } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { Button } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { QrCode } from "../qr/qr-code.tsx";

export const linkOf = (token: string): string => `${location.origin}/i/${encodeURIComponent(token)}`;
export const roomLink = (room: string): string => `${location.origin}/#/room/${encodeURIComponent(room)}`;
const WEEK = 7 * 86400000;

export async function newInvitation(uses: number, days: number, room?: string): Promise<string> {
    const body = { uses_allowed: uses, expiry_time: Date.now() + (days * 86400000 || WEEK), ...(room && { room_id: room }) };
    const made = await api("POST", "/_synapse/admin/v1/registration_tokens/new", body, matrix().getAccessToken()!);
    return String(made.token);
}

export function LinkCard({ link, label }: { link: string; label: string }): JSX.Element {
    const t = useWords();
    return (
        <div class="person">
            <QrCode text={link} label={label} />
            <output class="key-box small" dir="ltr">{link}</output>
            <Button icon="copy" kind="primary" onClick={() => void navigator.clipboard.writeText(link).then(() => toast(t("copied")), () => toast(t("copy_failed"), "error"))}>{t("copy_link")}</Button>
        </div>
    );
}

export function InvitationLink({ room, name, onClose }: { room: string; name: string; onClose: () => void }): JSX.Element {
    const t = useWords();
    const admin = useStore((s) => s.isAdmin);
    const row = useStore((s) => s.rooms.get(room));
    const [link, setLink] = useState("");
    const [busy, setBusy] = useState(false);
    const make = async () => {
        setBusy(true);
        try {
            setLink(linkOf(await newInvitation(1, 7, room)));
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    return (
        <Dialog title={t("invitation_link")} onClose={onClose}>
            {link ? <LinkCard link={link} label={name} /> : <>
                {admin && <div class="stack"><p>{t("invitation_link_text")}</p><Button kind="primary" icon="link" busy={busy} onClick={() => void make()}>{t("make_link")}</Button></div>}
                <p>{t(row?.isPublic ? "room_link_public" : "room_link_private")}</p>
                <LinkCard link={roomLink(room)} label={name} />
            </>}
        </Dialog>
    );
}
