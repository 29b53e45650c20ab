// What this server knows: every kind of thing that it keeps, in its own words, and an export of what is one's own.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { api } from "../../matrix/http.ts";
import { matrix, me } from "../../matrix/client.ts";
import { saveAs } from "../../matrix/media.ts";
import { Button, Spinner } from "../../ui/basics.tsx";

/** Whatever shape the inventory has, it is shown: lists as lists, names with their values. */
export function Tree({ value, depth = 0 }: { value: unknown; depth?: number }): JSX.Element {
    if (depth > 6) return <span>…</span>;
    if (Array.isArray(value)) return <ul class="tree">{value.slice(0, 300).map((one, n) => <li key={n}><Tree value={one} depth={depth + 1} /></li>)}</ul>;
    if (value && typeof value === "object") {
        return <dl class="tree">{Object.entries(value).slice(0, 300).map(([name, one]) => <div key={name}><dt dir="auto">{name.replaceAll("_", " ")}</dt><dd><Tree value={one} depth={depth + 1} /></dd></div>)}</dl>;
    }
    return <span dir="auto">{String(value)}</span>;
}

function useInventory(): unknown {
    const [inventory, setInventory] = useState<unknown>(undefined);
    useEffect(() => {
        api("GET", "/_peyk/client/v1/inventory", undefined, matrix().getAccessToken()!).then(setInventory, () => setInventory(null));
    }, []);
    return inventory;
}

function Inventory({ inventory }: { inventory: unknown }): JSX.Element {
    const t = useWords();
    if (inventory === undefined) return <Spinner label={t("loading")} />;
    return inventory ? <Tree value={inventory} /> : <p class="quiet">{t("known_unavailable")}</p>;
}

/** For whoever runs the server: what it holds of everybody, as its settings are now. */
export function AdminPrivacy(): JSX.Element {
    const t = useWords();
    const inventory = useInventory();
    return <><p>{t("admin_privacy_text")}</p><Inventory inventory={inventory} /></>;
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
