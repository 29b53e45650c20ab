// What is in front of the door: signing in, or making an account where there is an invitation or the server is open.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { setLanguage, setTheme, useWords } from "../../i18n/index.ts";
import { state, useStore } from "../../store/store.ts";
import { isOpen } from "../../matrix/session.ts";
import { Logo } from "../../ui/logo.tsx";
import { IconButton } from "../../ui/basics.tsx";
import { SignIn } from "./sign-in.tsx";
import { Welcome } from "../invitation/welcome.tsx";

/** The invitation in an address, /i/TOKEN. */
export const tokenOf = (path: string): string | null => {
    const found = /^\/i\/([^/]+)\/?$/.exec(path);
    try {
        return found ? decodeURIComponent(found[1]) : null;
    } catch {
        return null;
    }
};

export function Entrance(): JSX.Element {
    const t = useWords();
    const language = useStore((s) => s.language);
    const theme = useStore((s) => s.theme);
    const token = tokenOf(location.pathname);
    const [way, setWay] = useState<"in" | "new">(token ? "new" : "in");
    const [open, setOpen] = useState(false);
    useEffect(() => {
        if (!token) void isOpen().then(setOpen, () => {});
    }, []);
    const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
    return (
        <main class="entrance">
            <div class="corner">
                <button type="button" class="button quiet" lang={language === "en" ? "fa" : "en"}
                    onClick={() => setLanguage(state.language === "en" ? "fa" : "en")}>{language === "en" ? "فارسی" : "English"}</button>
                <IconButton icon={dark ? "sun" : "moon"} label={t(dark ? "theme_light" : "theme_dark")} onClick={() => setTheme(dark ? "light" : "dark")} />
            </div>
            <div class="card">
                <Logo size={76} />
                {way === "in" ? <SignIn token={token} /> : <Welcome token={token} onSignIn={() => setWay("in")} />}
                {way === "in" && (token || open) && <p class="other-way">{t("no_account")} <button type="button" class="link" onClick={() => setWay("new")}>{t("make_account")}</button></p>}
                {way === "new" && <p class="other-way">{t("have_account")} <button type="button" class="link" onClick={() => setWay("in")}>{t("sign_in")}</button></p>}
            </div>
            <p class="entrance-foot">{t("entrance_foot")}</p>
        </main>
    );
}
