// A thread, beside the conversation: its first message, the answers, and a place to write of its own.
import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { set, useStore } from "../../store/store.ts";
import { threadOf } from "../../matrix/feeds.ts";
import { may } from "../../matrix/rooms.ts";
import { IconButton, Name } from "../../ui/basics.tsx";
import { Composer, type ComposerHandle } from "../composer/composer.tsx";
import { Timeline } from "../timeline/timeline.tsx";

export function ThreadPanel({ room, root }: { room: string; root: string }): JSX.Element | null {
    const t = useWords();
    const row = useStore((s) => s.rooms.get(room));
    const feed = useMemo(() => threadOf(room, root), [room, root]);
    const composer = useRef<ComposerHandle>(null);
    if (!row) return null;
    return (
        <aside class="side thread-panel" aria-label={t("thread")}>
            <header class="bar">
                <IconButton icon="back" label={t("back")} kind="only-narrow" onClick={() => set({ thread: null })} />
                <span class="bar-texts"><h2>{t("thread")}</h2><small><Name>{row.name}</Name></small></span>
                <IconButton icon="close" label={t("close")} kind="only-wide" onClick={() => set({ thread: null })} />
            </header>
            <Timeline feed={feed} row={row} composer={composer} thread={root} />
            {may(room, "send") && <Composer room={room} feed={feed} thread={root} handle={composer} />}
        </aside>
    );
}
