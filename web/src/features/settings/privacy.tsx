// What this server knows: every kind of thing that it keeps, in its own words, and an export of what is one's own.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { matrix, me } from "../../matrix/client.ts";
import { saveAs } from "../../matrix/media.ts";
import { Button } from "../../ui/basics.tsx";
import { Inventory, useInventory } from "./inventory.tsx";

/** For whoever runs the server: what it holds of everybody, as its settings are now. */
export function AdminPrivacy(): JSX.Element {
    const t = useWords();
    const inventory = useInventory();
    return <><p>{t("admin_privacy_text")}</p><Inventory inventory={inventory} whole /></>;
}

export function Privacy(): JSX.Element {
    const t = useWords();
    const inventory = useInventory();
    const [busy, setBusy] = useState(false);
    const save = async () => {
        setBusy(true);
        try {
            const answer = await fetch("/_peyk/client/v1/export", { headers: { Authorization: `Bearer ${matrix().getAccessToken()}` } });
            if (!answer.ok) throw new Error(answer.statusText);
            const url = URL.createObjectURL(await answer.blob());
            saveAs(url, /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? `peyk-export-${me().slice(1).replace(/[^a-z0-9.-]/gi, "-")}`);
            setTimeout(() => URL.revokeObjectURL(url), 60000);
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    return (
        <>
            <p>{t("known_text")}</p>
            {!!inventory && <Button icon="download" busy={busy} onClick={() => void save()}>{t("export")}</Button>}
            <Inventory inventory={inventory} />
        </>
    );
}
