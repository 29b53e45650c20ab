// Asking for the password where the server wants a decision to be confirmed.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog } from "../../store/store.ts";
import { Button, Field } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";

export const askPassword = (text: string): Promise<string | null> =>
    new Promise((resolve) => openDialog("password", { text, answer: resolve }));

export function Password({ text, answer, onClose }: { text: string; answer: (password: string | null) => void; onClose: () => void }): JSX.Element {
    const t = useWords();
    const [password, setPassword] = useState("");
    const submit = (event: Event) => {
        event.preventDefault();
        onClose();
        answer(password);
    };
    return (
        <Dialog title={t("confirm_password")} onClose={() => { onClose(); answer(null); }}>
            <form onSubmit={submit}>
                <p>{text}</p>
                <Field label={t("password")} name="confirm-password" type="password" value={password} onInput={setPassword} autoComplete="current-password" autoFocus required plain />
                <Button submit kind="primary" disabled={!password}>{t("confirm")}</Button>
            </form>
        </Dialog>
    );
}
