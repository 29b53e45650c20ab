// The menu at the head of the list.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog, useStore } from "../../store/store.ts";
import { go } from "../../store/route.ts";
import { me } from "../../matrix/client.ts";
import { localPart } from "../../matrix/rooms.ts";
import { Avatar, IconButton } from "../../ui/basics.tsx";
import { Menu, type Entry } from "../../ui/menu.tsx";
import { signOutDialog } from "../settings/sign-out.tsx";
import { useProfile } from "../settings/profile.ts";

export function MainMenu(): JSX.Element {
    const t = useWords();
    const admin = useStore((s) => s.isAdmin);
    const [at, setAt] = useState<{ x: number; y: number } | null>(null);
    const box = useRef<HTMLSpanElement>(null);
    const own = useProfile();
    const entries: Entry[] = [
        { label: t("my_link"), icon: "qr", run: () => openDialog("my-link") },
        { label: t("find_person"), icon: "person", run: () => openDialog("new-room", { kind: "direct" }) },
        { label: t("settings"), icon: "settings", run: () => go({ at: "settings" }) },
        ...(admin ? [{ label: t("admin_corner"), icon: "shield" as const, run: () => go({ at: "admin", page: "overview" }) }] : []),
        { label: t("sign_out"), icon: "logout", run: signOutDialog },
    ];
    return (
        <span ref={box}>
            <IconButton icon="menu" label={t("menu")} onClick={() => {
                const place = box.current!.getBoundingClientRect();
                setAt({ x: document.documentElement.dir === "rtl" ? place.right : place.left, y: place.bottom + 6 });
            }} />
            {at && <Menu at={at} label={t("menu")} entries={entries} onClose={() => setAt(null)} above={
                <div class="menu-head"><Avatar id={me()} name={own.name} mxc={own.avatar} size={44} /><span><b><bdi>{own.name || localPart(me())}</bdi></b><small><bdi dir="ltr">{me()}</bdi></small></span></div>
            } />}
        </span>
    );
}
