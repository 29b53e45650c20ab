// The recovery key of a new account, shown once: two sentences, a file to keep, and on.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { set, state, toast, useStore } from "../../store/store.ts";
import { go } from "../../store/route.ts";
import { saveAs } from "../../matrix/media.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix, me } from "../../matrix/client.ts";
import { Button } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";

export function saveRecoveryKey(key: string, text: string): void {
    const url = URL.createObjectURL(new Blob([`${text}\n\n${me()}\n\n${key}\n`], { type: "text/plain;charset=utf-8" }));
    saveAs(url, `peyk-recovery-key-${me().replace(/[^a-z0-9.-]+/gi, "-").replace(/^-/, "")}.txt`);
    setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export function KeyBox({ value, onKept }: { value: string; onKept?: () => void }): JSX.Element {
    const t = useWords();
    const copy = async () => {
        try {
            await navigator.clipboard.writeText(value);
            toast(t("copied"));
            onKept?.();
        } catch {
            toast(t("copy_failed"), "error");
        }
    };
    return (
        <>
            <output class="key-box" dir="ltr" aria-label={t("recovery_key")}>{value}</output>
            <div class="row">
                <Button icon="download" kind="primary" onClick={() => { saveRecoveryKey(value, t("recovery_file")); onKept?.(); }}>{t("download")}</Button>
                <Button icon="copy" onClick={copy}>{t("copy")}</Button>
            </div>
        </>
    );
}

export function RecoveryKey(): JSX.Element {
    const t = useWords();
    const key = useStore((s) => s.recoveryKey);
    const [safe, setSafe] = useState(false);
    const [busy, setBusy] = useState(false);
    const on = async () => {
        setBusy(true);
        const landing = state.landing;
        set({ phase: "ready", recoveryKey: "", landing: null });
        if (!landing) return;
        try {
            await api("POST", `/_matrix/client/v3/join/${enc(landing.room_id)}`, {}, matrix().getAccessToken()!);
            go({ at: "room", room: landing.room_id }, true);
        } catch {
            toast(t("landing_failed"), "error");
        }
    };
    return (
        <main class="entrance">
            <div class="card">
                <span class="big-icon"><Icon name="key" size={36} /></span>
                <h1>{t("recovery_title")}</h1>
                <p class="lead">{t("recovery_text")}</p>
                <KeyBox value={key} onKept={() => setSafe(true)} />
                <label class="check"><input type="checkbox" checked={safe} onChange={(event) => setSafe((event.target as HTMLInputElement).checked)} />
                    <span>{t("recovery_kept")}</span></label>
                <Button kind="primary" onClick={on} disabled={!safe} busy={busy}>{t("go_on")}</Button>
            </div>
        </main>
    );
}
