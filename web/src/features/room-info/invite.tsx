// Inviting somebody into a room.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { Button } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { lookUp } from "../people/look-up.ts";
import { PersonField } from "../people/person-field.tsx";

export function Invite({ room, onClose }: { room: string; onClose: () => void }): JSX.Element {
    const t = useWords();
    const [text, setText] = useState("");
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState("");
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setProblem("");
        try {
            const found = await lookUp(text);
            if (found) {
                await api("POST", `/_matrix/client/v3/rooms/${enc(room)}/invite`, { user_id: found.user }, matrix().getAccessToken()!);
                toast(t("was_invited", { name: found.name }));
                setText("");
            } else setProblem(t("person_unknown"));
        } catch (error) {
            setProblem(t("failed", { text: (error as Error).message }));
        }
        setBusy(false);
    };
    return (
        <Dialog title={t("invite")} onClose={onClose}>
            <form onSubmit={submit}><PersonField value={text} onInput={setText} error={problem} /><Button submit kind="primary" busy={busy} disabled={!text.trim()}>{t("invite")}</Button></form>
        </Dialog>
    );
}
