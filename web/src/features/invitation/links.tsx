// Links for people who have no account yet: made by an administrator of the server, used once, as text and as a code.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { toast, useStore } from "../../store/store.ts";
import { api, ApiError, enc } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { Button } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { QrCode } from "../qr/qr-code.tsx";

export const linkOf = (token: string): string => `${location.origin}/i/${encodeURIComponent(token)}`;
export const roomLink = (room: string): string => `${location.origin}/#/room/${encodeURIComponent(room)}`;
const DAY = 86400000;

export async function newInvitation(uses: number, days: number): Promise<string> {
    const made = await api("POST", "/_synapse/admin/v1/registration_tokens/new", { uses_allowed: uses, expiry_time: Date.now() + days * DAY }, matrix().getAccessToken()!);
    return String(made.token);
}

/** A link into a room, for people with and without an account, made by whoever may invite there. Null where the server has none. */
async function newRoomInvitation(room: string): Promise<string | null> {
    try {
        const made = await api("POST", `/_peyk/client/v1/rooms/${enc(room)}/invitations`, { uses: 1, lifetime_ms: 7 * DAY }, matrix().getAccessToken()!);
        return linkOf(String(made.token));
    } catch (error) {
        if (error instanceof ApiError && (error.status === 404 || error.errcode === "M_UNRECOGNIZED")) return null;
        throw error;
    }
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
    const row = useStore((s) => s.rooms.get(room));
    const [link, setLink] = useState("");
    const [busy, setBusy] = useState(false);
    const make = async () => {
        setBusy(true);
        try {
            const made = await newRoomInvitation(room);
            if (made) setLink(made);
            else toast(t("no_room_links"), "error");
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    return (
        <Dialog title={t("invitation_link")} onClose={onClose}>
            {link ? <LinkCard link={link} label={name} /> : <>
                <div class="stack"><p>{t("invitation_link_text")}</p><Button kind="primary" icon="link" busy={busy} onClick={() => void make()}>{t("make_link")}</Button></div>
                <p>{t(row?.isPublic ? "room_link_public" : "room_link_private")}</p>
                <LinkCard link={roomLink(room)} label={name} />
            </>}
        </Dialog>
    );
}
