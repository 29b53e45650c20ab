// What protects the messages, and whether it is in place: this device, the recovery key, the backup. And the wipe.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog, toast, useStore } from "../../store/store.ts";
import { crypto, matrix } from "../../matrix/client.ts";
import { checkTrust, renewRecoveryKey } from "../../matrix/trust.ts";
import { Button } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";

export function Security(): JSX.Element {
    const t = useWords();
    const trusted = useStore((s) => s.trusted);
    const backup = useStore((s) => s.backup);
    const [busy, setBusy] = useState(false);
    const [finger, setFinger] = useState("");
    useEffect(() => {
        void checkTrust();
        void crypto().getOwnDeviceKeys().then((keys) => setFinger(keys.ed25519.match(/.{1,4}/g)?.join(" ") ?? ""), () => {});
    }, []);
    const renew = async () => {
        setBusy(true);
        try {
            openDialog("show-key", { value: await renewRecoveryKey() });
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    return (
        <>
            <ul class="facts">
                <li class={trusted ? "good" : "warn"}><Icon name="shield" /><span><b>{t(trusted ? "device_confirmed" : "device_unconfirmed")}</b><small>{t("device_confirmed_text")}</small></span>
                    {trusted === false && <Button kind="primary" onClick={() => openDialog("confirm-device")}>{t("confirm")}</Button>}</li>
                <li class={backup ? "good" : "warn"}><Icon name="key" /><span><b>{t(backup ? "backup_on" : "backup_off")}</b><small>{t("backup_text")}</small></span></li>
                <li><Icon name="lock" /><span><b>{t("recovery_key")}</b><small>{t("recovery_renew_text")}</small></span>
                    <Button busy={busy} disabled={!trusted} onClick={() => void renew()}>{t("recovery_renew")}</Button></li>
            </ul>
            <h3>{t("this_device")}</h3>
            <p class="quiet"><bdi dir="ltr">{matrix().getDeviceId()}</bdi><br /><code dir="ltr">{finger}</code></p>
            <h3>{t("wipe")}</h3>
            <p>{t("wipe_short")}</p>
            <Button kind="danger" icon="trash" onClick={() => openDialog("wipe")}>{t("wipe")}</Button>
        </>
    );
}
