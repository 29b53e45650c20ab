// What people reported: messages, rooms and persons.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { fullDate, useWords, type Word } from "../../i18n/index.ts";
import { openDialog } from "../../store/store.ts";
import { Button, clean, Spinner } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";
import { ask, failed } from "./common.ts";

interface Report { id: number; kind: "event" | "room" | "user"; received_ts: number; reason: string; user_id: string; sender?: string; target_user_id?: string; room_id?: string; name?: string | null }

export function AdminReports(): JSX.Element {
    const t = useWords();
    const [reports, setReports] = useState<Report[] | null>(null);
    const load = async () => {
        try {
            const all = await Promise.all((["event", "room", "user"] as const).map(async (kind) =>
                (await ask("GET", `/_synapse/admin/v1/${kind}_reports?limit=100`))[`${kind}_reports`].map((one: Report) => ({ ...one, kind }))));
            setReports(all.flat().sort((a, b) => b.received_ts - a.received_ts));
        } catch (error) {
            failed(error);
        }
    };
    useEffect(() => void load(), []);
    const done = (one: Report) => void ask("DELETE", `/_synapse/admin/v1/${one.kind}_reports/${one.id}`).then(load, failed);
    if (!reports) return <Spinner label={t("loading")} />;
    if (!reports.length) return <p class="empty">{t("no_reports")}</p>;
    return (
        <ul class="facts">{reports.map((one) => {
            const about = one.target_user_id ?? one.sender;
            return (
                <li key={`${one.kind}${one.id}`}><Icon name="flag" />
                    <span><b>{t(`report_${one.kind}` as Word)}</b><small>{fullDate(one.received_ts)}</small>
                        {one.reason && <span dir="auto">{clean(one.reason)}</span>}
                        <small>{t("reported_by")} <bdi dir="ltr">{one.user_id}</bdi>{about && <> · {t("reported_person")} <bdi dir="ltr">{about}</bdi></>}{one.room_id && <> · <bdi>{clean(one.name ?? one.room_id)}</bdi></>}</small></span>
                    <span class="row">{about && <Button onClick={() => openDialog("person", { user: about })}>{t("person")}</Button>}<Button onClick={() => done(one)}>{t("report_done")}</Button></span></li>
            );
        })}</ul>
    );
}
