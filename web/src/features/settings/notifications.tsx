import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { keep } from "../../store/local.ts";
import { Button, Toggle } from "../../ui/basics.tsx";
import { chime, notifySettings, type NotifySettings } from "../notifications/notify.ts";

export function Notifications(): JSX.Element {
    const t = useWords();
    const [settings, setSettings] = useState(notifySettings());
    const able = "Notification" in globalThis;
    const [refused, setRefused] = useState(able && Notification.permission === "denied");
    const change = (to: Partial<NotifySettings>) => {
        const next = { ...settings, ...to };
        setSettings(next);
        keep("notify", next);
    };
    const desktop = async (on: boolean) => {
        if (on && Notification.permission !== "granted" && (await Notification.requestPermission()) !== "granted") {
            setRefused(true);
            return;
        }
        change({ desktop: on });
    };
    return (
        <>
            <Toggle label={t("notify_desktop")} hint={t(refused ? "notify_refused" : able ? "notify_desktop_hint" : "notify_unable")} checked={settings.desktop && !refused} disabled={!able || refused} onChange={(on) => void desktop(on)} />
            <Toggle label={t("notify_hidden")} hint={t("notify_hidden_hint")} checked={settings.hidden} onChange={(hidden) => change({ hidden })} />
            <Toggle label={t("notify_sound")} checked={settings.sound} onChange={(sound) => change({ sound })} />
            <Button icon="bell" onClick={chime}>{t("notify_try")}</Button>
        </>
    );
}
