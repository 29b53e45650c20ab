// A further device: with the recovery key, or from a device that is signed in already. Or, when both are lost, from the start.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { number, useWords } from "../../i18n/index.ts";
import { openDialog, toast } from "../../store/store.ts";
import { crypto, me } from "../../matrix/client.ts";
import { checkTrust, restore, withPassword } from "../../matrix/trust.ts";
import { giveKey } from "../../matrix/secrets.ts";
import { Button, Field } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { askPassword } from "../settings/password.tsx";
import { verifyOwnDevice } from "./requests.ts";

export function ConfirmDevice({ onClose }: { onClose: () => void }): JSX.Element {
    const t = useWords();
    const [key, setKey] = useState("");
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState("");
    const [progress, setProgress] = useState("");
    const [others, setOthers] = useState(false);
    const [lost, setLost] = useState(false);
    useEffect(() => {
        void crypto().getUserDeviceInfo([me()], true).then((map) => setOthers((map.get(me())?.size ?? 0) > 1), () => {});
    }, []);
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setProblem("");
        try {
            const count = await restore(key, (done, all) => setProgress(t("restored_so_far", { done: number(done), all: number(all) })));
            toast(t("restored", { count }));
            onClose();
        } catch (error) {
            const text = (error as Error).message;
            setProblem(t(text === "NO_STORAGE" ? "no_recovery_key" : text === "WRONG_KEY" || /key|parity|length|Incorrect/i.test(text) ? "recovery_wrong" : "failed", { text }));
        }
        setBusy(false);
    };
    const reset = async () => {
        const password = await askPassword(t("reset_identity_text"));
        if (!password) return;
        setBusy(true);
        try {
            giveKey(null);
            const made = await crypto().createRecoveryKeyFromPassphrase();
            giveKey(made.privateKey as Uint8Array<ArrayBuffer>);
            await crypto().bootstrapCrossSigning({ setupNewCrossSigning: true, authUploadDeviceSigningKeys: withPassword(password) as never });
            await crypto().bootstrapSecretStorage({ createSecretStorageKey: async () => made, setupNewSecretStorage: true, setupNewKeyBackup: true });
            await checkTrust();
            onClose();
            openDialog("show-key", { value: made.encodedPrivateKey });
        } catch (error) {
            setProblem(t("failed", { text: (error as Error).message }));
        }
        setBusy(false);
    };
    return (
        <Dialog title={t("confirm_device")} onClose={onClose}>
            <p>{t("confirm_device_text")}</p>
            <form onSubmit={submit}>
                <Field label={t("recovery_key")} name="recovery-key" value={key} onInput={setKey} error={problem} hint={t("recovery_key_hint")} plain autoFocus />
                <Button submit kind="primary" busy={busy} disabled={key.trim().length < 20}>{t("confirm_with_key")}</Button>
                {progress && busy && <p role="status" class="hint">{progress}</p>}
            </form>
            {others && <><p class="or"><span>{t("or")}</span></p>
                <Button icon="device" disabled={busy} onClick={() => void verifyOwnDevice().then(onClose, (error) => setProblem(t("failed", { text: (error as Error).message })))}>{t("confirm_with_device")}</Button></>}
            <p class="small-print">{lost ? <>{t("lost_all_text")} <button type="button" class="link danger" disabled={busy} onClick={() => void reset()}>{t("reset_identity")}</button></>
                : <button type="button" class="link" onClick={() => setLost(true)}>{t("lost_all")}</button>}</p>
        </Dialog>
    );
}
