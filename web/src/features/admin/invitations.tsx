// Invitations: links that make an account, how often each may be used and until when, and taking them back.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { day, t as say, time, useWords } from "../../i18n/index.ts";
import { enc } from "../../matrix/http.ts";
import { Button, Spinner } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icons.tsx";
import { LinkCard, linkOf, newInvitation } from "../invitation/links.tsx";
import { ask, failed } from "./common.ts";

interface Token { token: string; uses_allowed: number | null; pending: number; completed: number; expiry_time: number | null }

function standing(one: Token): { text: string; over: boolean } {
    if (one.uses_allowed !== null && one.completed >= one.uses_allowed) return { text: say("token_used"), over: true };
    if (one.expiry_time !== null && one.expiry_time < Date.now()) return { text: say("token_expired"), over: true };
    const uses = one.uses_allowed === null ? say("token_unlimited", { used: one.completed }) : say("token_uses", { used: one.completed, all: one.uses_allowed });
    return { text: one.expiry_time === null ? uses : `${uses} · ${say("token_until", { when: `${day(one.expiry_time)} ${time(one.expiry_time)}` })}`, over: false };
}

export function AdminInvitations(): JSX.Element {
    const t = useWords();
    const [tokens, setTokens] = useState<Token[] | null>(null);
    const [uses, setUses] = useState(1);
    const [days, setDays] = useState(7);
    const [busy, setBusy] = useState(false);
    const [shown, setShown] = useState<string | null>(null);
    const load = () => ask("GET", "/_synapse/admin/v1/registration_tokens").then((all) => setTokens(all.registration_tokens), failed);
    useEffect(() => void load(), []);
    const make = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        try {
            setShown(await newInvitation(uses, days));
            await load();
        } catch (error) {
            failed(error);
        }
        setBusy(false);
    };
    const revoke = (token: string) => void ask("DELETE", `/_synapse/admin/v1/registration_tokens/${enc(token)}`).then(load, failed);
    return (
        <>
            <form onSubmit={make} class="inline-form">
                <label class="field"><span>{t("token_how_often")}</span><select value={uses} onChange={(event) => setUses(Number((event.target as HTMLSelectElement).value))}>
                    {[1, 5, 20, 100].map((one) => <option key={one} value={one}>{t("times", { count: one })}</option>)}</select></label>
                <label class="field"><span>{t("token_how_long")}</span><select value={days} onChange={(event) => setDays(Number((event.target as HTMLSelectElement).value))}>
                    {[1, 7, 30].map((one) => <option key={one} value={one}>{t("days", { count: one })}</option>)}</select></label>
                <Button submit kind="primary" icon="link" busy={busy}>{t("make_link")}</Button>
            </form>
            {!tokens && <Spinner label={t("loading")} />}
            {tokens?.length === 0 && <p class="empty">{t("no_invitations")}</p>}
            <ul class="facts">{tokens?.map((one) => {
                const now = standing(one);
                return (
                    <li key={one.token} class={now.over ? "past" : ""}><Icon name="link" /><span><b><bdi dir="ltr">{one.token}</bdi></b><small>{now.text}</small></span>
                        <span class="row">{!now.over && <Button icon="qr" onClick={() => setShown(one.token)}>{t("show")}</Button>}<Button kind="danger" onClick={() => revoke(one.token)}>{t("revoke")}</Button></span></li>
                );
            })}</ul>
            {shown && <Dialog title={t("invitation_link")} onClose={() => setShown(null)}><LinkCard link={linkOf(shown)} label={t("invitation_link")} /></Dialog>}
        </>
    );
}
