// Signing in with a name and a password. What was typed stays when it was wrong or the server is away.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords, type Word } from "../../i18n/index.ts";
import { signIn } from "../../matrix/session.ts";
import { ApiError } from "../../matrix/http.ts";
import { Button, Field } from "../../ui/basics.tsx";
import { bringInside } from "../../main.tsx";

export function why(error: unknown): { word: Word; values?: Record<string, string | number> } {
    if (error instanceof TypeError && /import|fetch/i.test(error.message)) return { word: "error_away" }; // a part of the program did not come
    if (!(error instanceof ApiError)) return { word: "error_other", values: { text: String((error as Error)?.message ?? error) } };
    if (error.status === 0 || error.status >= 502) return { word: "error_away" };
    if (error.status === 429) return { word: "error_often" };
    if (error.errcode === "M_FORBIDDEN") return { word: "error_password" };
    if (error.errcode === "M_USER_DEACTIVATED") return { word: "error_deactivated" };
    if (error.errcode === "M_USER_LOCKED") return { word: "error_locked" };
    return { word: "error_other", values: { text: error.message } };
}

export function SignIn({ token }: { token: string | null }): JSX.Element {
    const t = useWords();
    const [name, setName] = useState("");
    const [password, setPassword] = useState("");
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState("");
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setProblem("");
        try {
            const { openSignedIn, acceptInvitation } = await bringInside(); // first: a session that nothing can open would be lost
            const session = await signIn(name, password);
            history.replaceState(null, "", `/${location.hash}`); // the invitation is not left in the address
            await openSignedIn(session, password);
            if (token !== null) await acceptInvitation(token);
        } catch (error) {
            const { word, values } = why(error);
            setProblem(t(word, values));
        }
        setBusy(false);
    };
    return (
        <>
            <h1>{t("sign_in_title")}</h1>
            <p class="lead"><bdi>{location.host}</bdi></p>
            <form onSubmit={submit}>
                <Field label={t("name")} name="name" value={name} onInput={setName} autoComplete="username" required autoFocus plain hint={t("name_hint")} />
                <Field label={t("password")} name="password" type="password" value={password} onInput={setPassword} autoComplete="current-password" required plain
                    error={problem} />
                <Button submit kind="primary" busy={busy} disabled={!name.trim() || !password}>{t("sign_in")}</Button>
            </form>
            <p class="small-print"><a href="/_peyk/account">{t("other_sign_in")}</a></p>
        </>
    );
}
