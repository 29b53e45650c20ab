// Reporting a message, a person or an invitation to whoever runs the server, and blocking with it.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { go } from "../../store/route.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { Button, Field, Toggle } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { leave } from "../rooms/room-menu.ts";
import { setIgnored } from "./person.tsx";

export function Report({ user, room, event, block = false, onClose }: { user: string; room?: string; event?: string; block?: boolean; onClose: () => void }): JSX.Element {
    const t = useWords();
    const [reason, setReason] = useState("");
    const [also, setAlso] = useState(block);
    const [busy, setBusy] = useState(false);
    const submit = async (submitted: Event) => {
        submitted.preventDefault();
        setBusy(true);
        const token = matrix().getAccessToken()!;
        try {
            if (room && event) await api("POST", `/_matrix/client/v3/rooms/${enc(room)}/report/${enc(event)}`, { reason }, token);
            else await api("POST", `/_matrix/client/v3/users/${enc(user)}/report`, { reason }, token);
            if (also) await setIgnored(user, true);
            if (block && room) {
                await leave(room);
                go({ at: "list" });
            }
            toast(t("reported"));
            onClose();
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    return (
        <Dialog title={t("report")} onClose={onClose}>
            <form onSubmit={submit}>
                <p>{t("report_text")} <bdi dir="ltr">{user}</bdi></p>
                <Field label={t("reason")} value={reason} onInput={setReason} maxLength={500} autoFocus />
                <Toggle label={t("also_block")} checked={also} onChange={setAlso} />
                <Button submit kind="danger" busy={busy}>{t("report")}</Button>
            </form>
        </Dialog>
    );
}
