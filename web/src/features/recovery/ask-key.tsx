// Asking for the recovery key when something that is kept under it is needed.
import { decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/recovery-key.js";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog } from "../../store/store.ts";
import { matrix } from "../../matrix/client.ts";
import { Button, Field } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";

type Key = Uint8Array<ArrayBuffer>;
let pending: Promise<Key | null> | null = null;

export function askRecoveryKey(): Promise<Key | null> {
    pending ??= new Promise<Key | null>((resolve) => openDialog("ask-key", { answer: resolve })).finally(() => { pending = null; });
    return pending;
}

export function AskKey({ answer, onClose }: { answer: (key: Key | null) => void; onClose: () => void }): JSX.Element {
    const t = useWords();
    const [text, setText] = useState("");
    const [problem, setProblem] = useState("");
    const submit = async (event: Event) => {
        event.preventDefault();
        try {
            const key = decodeRecoveryKey(text.replace(/\s+/g, "")) as Key;
            const stored = await matrix().secretStorage.getKey();
            if (!stored || !(await matrix().secretStorage.checkKey(key, stored[1]))) throw new Error("wrong");
            onClose();
            answer(key);
        } catch {
            setProblem(t("recovery_wrong"));
        }
    };
    return (
        <Dialog title={t("recovery_key")} onClose={() => { onClose(); answer(null); }}>
            <form onSubmit={submit}>
                <p>{t("recovery_needed")}</p>
                <Field label={t("recovery_key")} value={text} onInput={setText} error={problem} plain autoFocus />
                <Button submit kind="primary" disabled={text.trim().length < 20}>{t("go_on")}</Button>
            </form>
        </Dialog>
    );
}
