// Beside the conversation: what it is, who is in it, what may be changed, what was pinned, and the search.
import type { JSX } from "preact";
import { useWords } from "../../i18n/index.ts";
import { set, useStore } from "../../store/store.ts";
import { IconButton } from "../../ui/basics.tsx";
import { About } from "./about.tsx";
import { Members } from "./members.tsx";
import { Pinned } from "./pinned.tsx";
import { SearchHere } from "../search/search-here.tsx";

export function InfoPanel({ room, page }: { room: string; page: "info" | "members" | "search" | "pinned" }): JSX.Element | null {
    const t = useWords();
    const row = useStore((s) => s.rooms.get(room));
    if (!row || row.membership !== "join") return null;
    const title = { info: t("details"), members: t("members"), search: t("search_here"), pinned: t("pinned") }[page];
    return (
        <aside class="side" aria-label={title}>
            <header class="bar">
                {page === "members" || page === "pinned" ? <IconButton icon="back" label={t("back")} onClick={() => set({ panel: "info" })} />
                    : <IconButton icon="back" label={t("back")} kind="only-narrow" onClick={() => set({ panel: null })} />}
                <span class="bar-texts"><h2>{title}</h2></span>
                <IconButton icon="close" label={t("close")} onClick={() => set({ panel: null })} />
            </header>
            <div class="side-scroll">
                {page === "info" && <About row={row} />}
                {page === "members" && <Members row={row} />}
                {page === "pinned" && <Pinned room={room} />}
                {page === "search" && <SearchHere room={room} />}
            </div>
        </aside>
    );
}
