// Signing out: what this browser keeps goes, and whoever has no recovery key is told what that means.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog, state, toast } from "../../store/store.ts";
import { signOut } from "../../matrix/app.ts";
import { Button } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";

export const signOutDialog = (): void => void openDialog("sign-out");

export function SignOut({ onClose }: { onClose: () => void }): JSX.Element {
    const t = useWords();
    const [busy, setBusy] = useState(false);
    const go = async () => {
        setBusy(true);
        try {
            await signOut();
        } catch {
            toast(t("error_away"), "error");
            setBusy(false);
        }
    };
    return (
        <Dialog title={t("sign_out")} onClose={onClose} actions={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="danger" busy={busy} onClick={go}>{t("sign_out")}</Button></>}>
            <p>{t("sign_out_text")}</p>
            {(!state.backup || !state.trusted) && <p class="warn">{t("sign_out_no_backup")}</p>}
        </Dialog>
    );
}
