// Everything that this browser keeps of peyk, gone in one step, with or without the server.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { wipe } from "../../matrix/app.ts";
import { api } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { Button } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";

export function Wipe({ onClose }: { onClose: () => void }): JSX.Element {
    const t = useWords();
    const [busy, setBusy] = useState(false);
    const go = async () => {
        setBusy(true);
        // The server is told for a moment only: the wipe does not wait for a network that is cut.
        await Promise.race([api("POST", "/_matrix/client/v3/logout", {}, matrix().getAccessToken()!).catch(() => {}), new Promise((resolve) => setTimeout(resolve, 2000))]);
        await wipe(true);
    };
    return (
        <Dialog title={t("wipe")} onClose={onClose} actions={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="danger" busy={busy} onClick={go}>{t("wipe_now")}</Button></>}>
            <p>{t("wipe_text")}</p>
        </Dialog>
    );
}
