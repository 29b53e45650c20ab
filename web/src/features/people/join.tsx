// Joining a room by its address.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { go } from "../../store/route.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { Button, Field } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";

export function Join({ alias = "", onClose }: { alias?: string; onClose: () => void }): JSX.Element {
    const t = useWords();
    const [text, setText] = useState(alias);
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState("");
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        try {
            const made = await api("POST", `/_matrix/client/v3/join/${enc(text.trim())}`, {}, matrix().getAccessToken()!);
            onClose();
            go({ at: "room", room: made.room_id });
        } catch (error) {
            setProblem(t("failed", { text: (error as Error).message }));
        }
        setBusy(false);
    };
    return (
        <Dialog title={t("join_room")} onClose={onClose}>
            <form onSubmit={submit}>
                <Field label={t("room_address")} value={text} onInput={setText} error={problem} required plain autoFocus />
                <Button submit kind="primary" busy={busy} disabled={!text.trim()}>{t("join")}</Button>
            </form>
        </Dialog>
    );
}
