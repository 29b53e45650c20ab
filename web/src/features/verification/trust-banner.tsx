// A line over the list while this device is not confirmed: it says what is missing and leads there.
import type { JSX } from "preact";
import { useWords } from "../../i18n/index.ts";
import { openDialog, useStore } from "../../store/store.ts";
import { Icon } from "../../ui/icons.tsx";

export function TrustBanner(): JSX.Element | null {
    const t = useWords();
    const trusted = useStore((s) => s.trusted);
    const phase = useStore((s) => s.phase);
    if (trusted !== false || phase !== "ready") return null;
    return (
        <button type="button" class="trust-banner" onClick={() => openDialog("confirm-device")}>
            <Icon name="shield" size={24} /><span><b>{t("confirm_device")}</b><small>{t("confirm_device_short")}</small></span><Icon name="next" size={18} />
        </button>
    );
}
