// What was pinned in a room.
import type { JSX } from "preact";
import type { MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import { useEffect, useState } from "preact/hooks";
import { fullDate, useWords } from "../../i18n/index.ts";
import { useStore } from "../../store/store.ts";
import { feedOf } from "../../matrix/feeds.ts";
import { memberName } from "../../matrix/rooms.ts";
import { clean, Name } from "../../ui/basics.tsx";
import { eventLine } from "../rooms/preview.ts";
import { pinned } from "../timeline/message-actions.ts";
import { fetchEvent } from "./fetch-event.ts";

export function Pinned({ room }: { room: string }): JSX.Element {
    const t = useWords();
    useStore((s) => s.rooms.get(room));
    const list = pinned(room);
    const [events, setEvents] = useState<MatrixEvent[]>([]);
    useEffect(() => {
        let current = true;
        void Promise.all(list.slice(-40).reverse().map((id) => fetchEvent(room, id).catch(() => null))).then((all) => current && setEvents(all.filter((one) => one !== null)));
        return () => {
            current = false;
        };
    }, [list.join()]);
    if (!list.length) return <p class="empty">{t("nothing_pinned")}</p>;
    return (
        <ul class="results">{events.map((event) => (
            <li key={event.getId()}><button type="button" onClick={() => void feedOf(room).jump(event.getId()!)}>
                <span class="row between"><b><Name>{memberName(room, event.getSender()!)}</Name></b><time>{fullDate(event.getTs())}</time></span>
                <span dir="auto">{clean(eventLine(event))}</span></button></li>))}
        </ul>
    );
}
