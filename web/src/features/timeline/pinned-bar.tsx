// The newest pinned message, under the head of the conversation.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { set, useStore } from "../../store/store.ts";
import { feedOf } from "../../matrix/feeds.ts";
import { clean } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";
import { eventLine } from "../rooms/preview.ts";
import { fetchEvent } from "../room-info/fetch-event.ts";
import { pinned } from "./message-actions.ts";

export function PinnedBar({ room, onJump }: { room: string; onJump: (event: string) => void }): JSX.Element | null {
    const t = useWords();
    useStore((s) => s.rooms.get(room));
    const list = pinned(room);
    const newest = list.at(-1);
    const [line, setLine] = useState("");
    useEffect(() => {
        let current = true;
        setLine("");
        if (!newest) return undefined;
        const known = feedOf(room).find(newest);
        if (known) setLine(eventLine(known.event));
        else void fetchEvent(room, newest).then((event) => current && setLine(eventLine(event)), () => {});
        return () => {
            current = false;
        };
    }, [room, newest]);
    if (!newest) return null;
    return (
        <div class="pinned-bar">
            <button type="button" class="pinned-line" onClick={() => onJump(newest)}>
                <Icon name="pin" size={18} /><span><b>{t("pinned")}</b><span dir="auto">{clean(line) || "…"}</span></span>
            </button>
            {list.length > 1 && <button type="button" class="link" onClick={() => set({ panel: "pinned", thread: null })}>{t("all_pinned", { count: list.length })}</button>}
        </div>
    );
}
