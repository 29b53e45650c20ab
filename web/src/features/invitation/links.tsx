// Links for people who have no account yet: made by an administrator of the server, used once, as text and as a code.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { day, time, useWords } from "../../i18n/index.ts";
import { toast, useStore } from "../../store/store.ts";
import { api, ApiError, enc } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { Button } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icons.tsx";
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

interface Given { token: string; uses: number; completed: number; expires_ts?: number; state: string }

/** The links into a room that one has made oneself and that are still good: to be shown again, or taken back. */
function GivenLinks({ room, onShow }: { room: string; onShow: (link: string) => void }): JSX.Element | null {
    const t = useWords();
    const [given, setGiven] = useState<Given[]>([]);
    const path = `/_peyk/client/v1/rooms/${enc(room)}/invitations`;
    const load = () => api("GET", path, undefined, matrix().getAccessToken()!).then((all) => setGiven(all.invitations.filter((one: Given) => one.state === "valid")), () => {});
    useEffect(() => void load(), [room]);
    const revoke = (token: string) => void api("DELETE", `${path}/${enc(token)}`, undefined, matrix().getAccessToken()!)
        .then(load, (error) => toast(t("failed", { text: (error as Error).message }), "error"));
    if (!given.length) return null;
    return (
        <>
            <h3>{t("links_given")}</h3>
            <ul class="facts">{given.map((one) => (
                <li key={one.token}><Icon name="link" /><span><b><bdi dir="ltr">{one.token}</bdi></b><small>{t("token_uses", { used: one.completed, all: one.uses })}
                    {one.expires_ts !== undefined && ` · ${t("token_until", { when: `${day(one.expires_ts)} ${time(one.expires_ts)}` })}`}</small></span>
                    <span class="row"><Button icon="qr" onClick={() => onShow(linkOf(one.token))}>{t("show")}</Button><Button kind="danger" onClick={() => revoke(one.token)}>{t("revoke")}</Button></span></li>
            ))}</ul>
        </>
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
                <GivenLinks room={room} onShow={setLink} />
                <p>{t(row?.isPublic ? "room_link_public" : "room_link_private")}</p>
                <LinkCard link={roomLink(room)} label={name} />
            </>}
        </Dialog>
    );
}
