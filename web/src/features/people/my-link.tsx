// One's own address, as text and as a code that another phone reads.
import type { JSX } from "preact";
import { useWords } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { me } from "../../matrix/client.ts";
import { Button } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { QrCode } from "../qr/qr-code.tsx";

export function MyLink({ onClose }: { onClose: () => void }): JSX.Element {
    const t = useWords();
    const link = `${location.origin}/#/user/${encodeURIComponent(me())}`;
    const copy = () => void navigator.clipboard.writeText(link).then(() => toast(t("copied")), () => toast(t("copy_failed"), "error"));
    return (
        <Dialog title={t("my_link")} onClose={onClose}>
            <div class="person">
                <QrCode text={link} label={t("my_link")} />
                <p><b><bdi dir="ltr">{me()}</bdi></b></p>
                <p class="quiet">{t("my_link_text")}</p>
                <Button icon="copy" kind="primary" onClick={copy}>{t("copy_link")}</Button>
            </div>
        </Dialog>
    );
}
