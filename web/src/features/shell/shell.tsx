// The frame: the list at the start of the line, the conversation beside it, details at the end. On a phone one at a time.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { closeDialog, set, state, useStore } from "../../store/store.ts";
import { go } from "../../store/route.ts";
import { onKeyWanted } from "../../matrix/secrets.ts";
import { RoomList } from "../rooms/room-list.tsx";
import { Conversation } from "../timeline/conversation.tsx";
import { ThreadPanel } from "../thread/thread-panel.tsx";
import { InfoPanel } from "../room-info/info-panel.tsx";
import { Settings } from "../settings/settings.tsx";
import { Dialogs } from "./dialogs.tsx";
import { Boundary } from "../../ui/boundary.tsx";
import { Logo } from "../../ui/logo.tsx";
import { askRecoveryKey } from "../recovery/ask-key.tsx";

export function Shell(): JSX.Element {
    const t = useWords();
    const route = useStore((s) => s.route);
    const thread = useStore((s) => s.thread);
    const panel = useStore((s) => s.panel);
    useEffect(() => {
        onKeyWanted(askRecoveryKey);
        const keys = (event: KeyboardEvent) => {
            if (event.key === "Escape" && !event.defaultPrevented) {
                if (state.dialogs.length) closeDialog();
                else if (state.thread || state.panel) set({ thread: null, panel: null });
                else if (state.route.at !== "list") go({ at: "list" });
            }
            if ((event.ctrlKey || event.metaKey) && event.key === "k") {
                event.preventDefault();
                if (state.route.at !== "list" && innerWidth < 800) go({ at: "list" });
                setTimeout(() => document.querySelector<HTMLInputElement>("#filter")?.focus());
            }
        };
        const opened = (message: MessageEvent) => typeof message.data?.open === "string" && go({ at: "room", room: message.data.open });
        addEventListener("keydown", keys);
        navigator.serviceWorker?.addEventListener("message", opened);
        return () => {
            removeEventListener("keydown", keys);
            navigator.serviceWorker?.removeEventListener("message", opened);
        };
    }, []);
    const side = route.at === "room" && (thread || panel);
    return (
        <div class={`shell at-${route.at}${side ? " with-side" : ""}`}>
            <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("#main")?.focus(); }}>{t("skip")}</a>
            <RoomList />
            <div class="stage" id="main" tabIndex={-1}>
                {route.at === "room" ? <Boundary key={route.room}><Conversation room={route.room} /></Boundary>
                    : route.at === "settings" || route.at === "admin" ? <Settings page={route.at === "admin" ? `admin-${route.page ?? "overview"}` : route.page} />
                    : <div class="nothing"><Logo size={88} /><p>{t("choose_conversation")}</p></div>}
            </div>
            {route.at === "room" && thread && <ThreadPanel key={thread} room={route.room} root={thread} />}
            {route.at === "room" && !thread && panel && <Boundary key={route.room}><InfoPanel room={route.room} page={panel} /></Boundary>}
            <Dialogs />
        </div>
    );
}
