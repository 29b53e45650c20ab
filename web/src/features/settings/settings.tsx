// Settings: pages of their own addresses, the administrator's corner among them.
import type { JSX } from "preact";
import { useWords, type Word } from "../../i18n/index.ts";
import { useStore } from "../../store/store.ts";
import { address, go } from "../../store/route.ts";
import { IconButton } from "../../ui/basics.tsx";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { AdminInvitations } from "../admin/invitations.tsx";
import { AdminOverview } from "../admin/overview.tsx";
import { AdminReports } from "../admin/reports.tsx";
import { AdminUsers } from "../admin/users.tsx";
import { Sessions } from "../sessions/sessions.tsx";
import { Appearance } from "./appearance.tsx";
import { Notifications } from "./notifications.tsx";
import { AdminPrivacy, Privacy } from "./privacy.tsx";
import { ProfilePage } from "./profile-page.tsx";
import { Security } from "./security.tsx";

interface Page { id: string; icon: IconName; title: Word; admin?: boolean; view: () => JSX.Element }
const PAGES: Page[] = [
    { id: "profile", icon: "person", title: "profile", view: ProfilePage },
    { id: "security", icon: "shield", title: "security", view: Security },
    { id: "sessions", icon: "device", title: "sessions", view: Sessions },
    { id: "notifications", icon: "bell", title: "notifications", view: Notifications },
    { id: "appearance", icon: "globe", title: "appearance", view: Appearance },
    { id: "privacy", icon: "info", title: "what_is_known", view: Privacy },
    { id: "admin-overview", icon: "settings", title: "admin_overview", admin: true, view: AdminOverview },
    { id: "admin-invitations", icon: "link", title: "admin_invitations", admin: true, view: AdminInvitations },
    { id: "admin-users", icon: "group", title: "admin_users", admin: true, view: AdminUsers },
    { id: "admin-reports", icon: "flag", title: "admin_reports", admin: true, view: AdminReports },
    { id: "admin-privacy", icon: "shield", title: "admin_privacy", admin: true, view: AdminPrivacy },
];

const routeTo = (id: string) => (id.startsWith("admin-") ? { at: "admin" as const, page: id.slice(6) } : { at: "settings" as const, page: id });

export function Settings({ page }: { page?: string }): JSX.Element {
    const t = useWords();
    const admin = useStore((s) => s.isAdmin);
    const pages = PAGES.filter((one) => !one.admin || admin);
    const chosen = pages.find((one) => one.id === page);
    const shown = chosen ?? pages[0];
    const View = shown.view;
    return (
        <section class={`settings${chosen ? " chosen" : ""}`} aria-label={t("settings")}>
            <nav class="settings-list" aria-label={t("settings")}>
                <header class="bar"><IconButton icon="back" label={t("back")} onClick={() => go({ at: "list" })} /><h1>{t("settings")}</h1></header>
                <ul>
                    {pages.map((one) => (
                        <li key={one.id} class={one.id === "admin-overview" ? "first-of-group" : ""}>
                            {one.id === "admin-overview" && <h2>{t("admin_corner")}</h2>}
                            <a href={address(routeTo(one.id))} class={one === shown ? "on" : ""} aria-current={one === shown ? "page" : undefined}>
                                <Icon name={one.icon} size={22} /><span>{t(one.title)}</span><Icon name="next" size={16} /></a>
                        </li>
                    ))}
                </ul>
            </nav>
            <div class="settings-page">
                <header class="bar"><IconButton icon="back" label={t("back")} kind="only-narrow" onClick={() => go({ at: "settings" })} /><h2>{t(shown.title)}</h2></header>
                <div class="settings-content"><View key={shown.id} /></div>
            </div>
        </section>
    );
}
