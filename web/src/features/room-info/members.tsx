// Who is in a room: found by name, with their roles.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog, useStore } from "../../store/store.ts";
import { roomOf } from "../../matrix/client.ts";
import type { RoomRow } from "../../matrix/rooms.ts";
import { Avatar, Field, Name, Spinner } from "../../ui/basics.tsx";

const SHOWN = 200;

export function Members({ row }: { row: RoomRow }): JSX.Element {
    const t = useWords();
    const [loaded, setLoaded] = useState(false);
    const [filter, setFilter] = useState("");
    const rooms = useStore((s) => s.rooms);
    useEffect(() => {
        void roomOf(row.id)?.loadMembersIfNeeded().catch(() => {}).then(() => setLoaded(true));
    }, [row.id]);
    const list = useMemo(() => {
        const wanted = filter.trim().toLocaleLowerCase();
        return (roomOf(row.id)?.getMembers() ?? []).filter((one) => ["join", "invite", "knock", "ban"].includes(one.membership ?? "")
            && (!wanted || one.name.toLocaleLowerCase().includes(wanted) || one.userId.toLowerCase().includes(wanted)))
            .sort((a, b) => Number(a.membership === "ban") - Number(b.membership === "ban") || b.powerLevel - a.powerLevel || a.name.localeCompare(b.name));
    }, [row.id, filter, loaded, rooms]);
    return (
        <>
            <Field label={t("filter")} value={filter} onInput={setFilter} type="search" />
            {!loaded && <Spinner label={t("loading")} />}
            <ul class="people">
                {list.slice(0, SHOWN).map((one) => (
                    <li key={one.userId}><button type="button" onClick={() => openDialog("member", { room: row.id, user: one.userId })}>
                        <Avatar id={one.userId} name={one.name} mxc={one.getMxcAvatarUrl()} size={40} />
                        <span><b><Name>{one.name}</Name></b><small><bdi dir="ltr">{one.userId}</bdi></small></span>
                        {one.membership !== "join" ? <small class="role">{t(one.membership === "invite" ? "is_invited" : one.membership === "ban" ? "is_banned" : "asks_in")}</small>
                            : one.powerLevel >= 50 && <small class="role">{t(one.powerLevel >= 100 ? "role_admin" : "role_moderator")}</small>}
                    </button></li>
                ))}
            </ul>
            {list.length > SHOWN && <p class="quiet">{t("more_people", { count: list.length - SHOWN })}</p>}
        </>
    );
}
