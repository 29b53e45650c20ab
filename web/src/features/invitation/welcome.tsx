// The first minute: what the invitation is worth, then a name and a password. Used, expired and revoked invitations say so.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t as say, useWords, type Word } from "../../i18n/index.ts";
import { invitation, nameTaken, register, savedSession, type Invitation } from "../../matrix/session.ts";
import { ApiError } from "../../matrix/http.ts";
import { Button, Field, Name, Spinner } from "../../ui/basics.tsx";
import { bringInside } from "../../main.tsx";
import { why } from "../sign-in/sign-in.tsx";

const SHORTEST = 8;
const BAD: Record<string, Word> = { used: "invitation_used", expired: "invitation_expired", revoked: "invitation_revoked", unknown: "invitation_unknown" };

function nameProblem(code: string): string {
    return say(code === "M_USER_IN_USE" ? "name_taken" : code === "M_INVALID_USERNAME" ? "name_invalid" : "name_refused");
}

export function Welcome({ token, onSignIn }: { token: string | null; onSignIn: () => void }): JSX.Element {
    const t = useWords();
    const [found, setFound] = useState<Invitation | null>(token ? null : { state: "valid" });
    const [problem, setProblem] = useState("");
    const load = () => {
        if (!token) return;
        setProblem("");
        invitation(token).then(setFound, (error) => {
            const { word, values } = why(error);
            setProblem(t(word, values));
        });
    };
    useEffect(load, [token]);
    if (problem) return <><h1>{t("welcome")}</h1><p role="alert">{problem}</p><Button kind="primary" onClick={load}>{t("try_again")}</Button></>;
    if (!found) return <Spinner label={t("invitation_reading")} />;
    if (found.state !== "valid") {
        return <><h1>{t("invitation_no")}</h1><p class="lead" role="alert">{t(BAD[found.state] ?? "invitation_unknown")}</p>
            <Button kind="primary" onClick={onSignIn}>{t("sign_in")}</Button></>;
    }
    if (found.may_register === false) {
        return <><h1>{t("welcome")}</h1><p class="lead">{t("invitation_members")}</p><Button kind="primary" onClick={onSignIn}>{t("sign_in")}</Button></>;
    }
    return <NewAccount token={token} found={found} />;
}

function NewAccount({ token, found }: { token: string | null; found: Invitation }): JSX.Element {
    const t = useWords();
    const [name, setName] = useState("");
    const [password, setPassword] = useState("");
    const [taken, setTaken] = useState("");
    const [problem, setProblem] = useState("");
    const [busy, setBusy] = useState(false);
    const proper = name.trim().replace(/^@/, "").toLowerCase();
    useEffect(() => {
        setTaken("");
        if (!proper) return undefined;
        const stop = new AbortController();
        const timer = setTimeout(() => nameTaken(proper, stop.signal).then((code) => setTaken(code ? nameProblem(code) : ""), () => {}), 400);
        return () => {
            clearTimeout(timer);
            stop.abort();
        };
    }, [proper]);
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setProblem("");
        try {
            if (savedSession()) throw new ApiError(400, "SIGNED_IN", t("already_signed_in"));
            const { openNew } = await bringInside(); // first: an account that nothing can open would be lost, with its invitation
            const session = await register(proper, password, token);
            history.replaceState(null, "", "/");
            await openNew(session, password, found.room ?? null);
        } catch (error) {
            if (error instanceof ApiError && (error.errcode === "M_USER_IN_USE" || error.errcode === "M_INVALID_USERNAME")) setTaken(nameProblem(error.errcode));
            else if (error instanceof ApiError && error.errcode === "M_WEAK_PASSWORD") setProblem(t("password_weak", { text: error.message }));
            else if (error instanceof ApiError && error.status === 401) setProblem(t("invitation_used"));
            else {
                const { word, values } = why(error);
                setProblem(t(word === "error_password" ? "error_other" : word, values ?? { text: (error as Error).message }));
            }
        }
        setBusy(false);
    };
    return (
        <>
            <h1>{t("welcome")}</h1>
            <p class="lead">{found.room?.name ? <>{t("invited_to")} <strong><Name>{found.room.name}</Name></strong></> : t("welcome_lead")}</p>
            <form onSubmit={submit}>
                <Field label={t("choose_name")} name="name" value={name} onInput={setName} autoComplete="username" required autoFocus plain maxLength={60}
                    hint={proper ? <bdi dir="ltr">@{proper}:{found.server_name ?? location.hostname}</bdi> : t("choose_name_hint")} error={taken} />
                <Field label={t("choose_password")} name="password" type="password" value={password} onInput={setPassword} autoComplete="new-password"
                    required plain hint={t("choose_password_hint")} error={problem} />
                <Button submit kind="primary" busy={busy} disabled={!proper || password.length < SHORTEST || !!taken}>{t("make_account")}</Button>
            </form>
            {busy && <p class="hint" role="status">{t("making_keys")}</p>}
        </>
    );
}
