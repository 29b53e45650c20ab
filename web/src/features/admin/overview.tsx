// How the server is: what it holds, what it warns of. Without the server's own summary the page says that it has none.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { bytes, fullDate, number, useWords, type Word } from "../../i18n/index.ts";
import { Button, Spinner } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";
import { ask } from "./common.ts";

interface Overview {
    server_name: string; version: string; users: number; rooms: number; media_bytes: number; store_bytes: number; disk_free_bytes: number;
    started: number; warnings: (string | { text?: string })[];
}

export function AdminOverview(): JSX.Element {
    const t = useWords();
    const [now, setNow] = useState<Overview | null | undefined>(undefined);
    const load = () => ask<Overview>("GET", "/_peyk/admin/v1/overview").then(setNow, () => setNow(null));
    useEffect(() => void load(), []);
    if (now === undefined) return <Spinner label={t("loading")} />;
    if (now === null) return <p class="quiet">{t("overview_unavailable")}</p>;
    const tiles: [Word, string][] = [["count_users", number(now.users)], ["count_rooms", number(now.rooms)], ["store_size", bytes(now.store_bytes)],
        ["media_size", bytes(now.media_bytes)], ["disk_free", bytes(now.disk_free_bytes)]];
    return (
        <>
            <p><b><bdi dir="ltr">{now.server_name}</bdi></b> · <bdi dir="ltr">{now.version}</bdi>{now.started > 0 && <><br /><small class="quiet">{t("running_since", { when: fullDate(now.started) })}</small></>}</p>
            {(now.warnings ?? []).map((one, n) => <p key={n} class="warn boxed" role="alert"><Icon name="alert" size={18} /> <span dir="auto">{typeof one === "string" ? one : one.text ?? JSON.stringify(one)}</span></p>)}
            {!now.warnings?.length && <p class="good boxed"><Icon name="check" size={18} /> {t("no_warnings")}</p>}
            <dl class="tiles">{tiles.map(([word, value]) => <div key={word}><dt>{t(word)}</dt><dd>{value}</dd></div>)}</dl>
            <Button icon="refresh" onClick={() => void load()}>{t("refresh")}</Button>
        </>
    );
}
