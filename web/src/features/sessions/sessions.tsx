// Where this account is signed in, which of it was confirmed, and signing out from afar.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { crypto, matrix, me } from "../../matrix/client.ts";
import { withPassword } from "../../matrix/trust.ts";
import { Button, clean, Spinner } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";
import { askPassword } from "../settings/password.tsx";
import { verifyDevice } from "../verification/requests.ts";

interface Device { id: string; name: string; verified: boolean; keys: boolean }

export function Sessions(): JSX.Element {
    const t = useWords();
    const [devices, setDevices] = useState<Device[] | null>(null);
    const [busy, setBusy] = useState("");
    const load = async () => {
        const { devices: all } = await matrix().getDevices();
        const known = (await crypto().getUserDeviceInfo([me()], true)).get(me());
        setDevices(await Promise.all(all.map(async (one) => ({
            id: one.device_id, name: one.display_name || one.device_id, keys: known?.has(one.device_id) ?? false,
            verified: (await crypto().getDeviceVerificationStatus(me(), one.device_id))?.crossSigningVerified ?? false,
        }))));
    };
    useEffect(() => {
        void load().catch((error) => toast(t("failed", { text: (error as Error).message }), "error"));
    }, []);
    const end = async (device: Device) => {
        const password = await askPassword(t("end_session_text", { name: device.name }));
        if (!password) return;
        setBusy(device.id);
        try {
            await withPassword(password)((auth) => matrix().deleteDevice(device.id, auth ?? undefined));
            toast(t("session_gone"));
            await load();
        } catch (error) {
            const refused = (error as { httpStatus?: number }).httpStatus === 401;
            toast(refused ? t("error_password") : t("failed", { text: (error as Error).message }), "error");
        }
        setBusy("");
    };
    if (!devices) return <Spinner label={t("loading")} />;
    const own = matrix().getDeviceId();
    return (
        <ul class="facts">
            {[...devices].sort((a, b) => Number(b.id === own) - Number(a.id === own)).map((one) => (
                <li key={one.id} class={one.verified ? "good" : "warn"} data-device={one.id}>
                    <Icon name="device" />
                    <span><b><bdi>{clean(one.name)}</bdi></b><small><bdi dir="ltr">{one.id}</bdi> · {one.id === own ? t("this_device") : ""} {t(one.verified ? "confirmed" : one.keys ? "unconfirmed" : "no_encryption")}</small></span>
                    {one.id !== own && <span class="row">
                        {!one.verified && one.keys && <Button onClick={() => void verifyDevice(one.id).catch((error) => toast(t("failed", { text: (error as Error).message }), "error"))}>{t("confirm")}</Button>}
                        <Button kind="danger" busy={busy === one.id} onClick={() => void end(one)}>{t("sign_out")}</Button></span>}
                </li>
            ))}
        </ul>
    );
}
