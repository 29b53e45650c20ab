// A recovery key that was just made.
import type { JSX } from "preact";
import { useWords } from "../../i18n/index.ts";
import { Button } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { KeyBox } from "./recovery-key.tsx";

export function ShowKey({ value, onClose }: { value: string; onClose: () => void }): JSX.Element {
    const t = useWords();
    return (
        <Dialog title={t("recovery_title")} onClose={onClose} actions={<Button kind="primary" onClick={onClose}>{t("done")}</Button>}>
            <p>{t("recovery_text")}</p><KeyBox value={value} />
        </Dialog>
    );
}
