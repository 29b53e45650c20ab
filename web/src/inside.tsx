// What is behind the sign-in.
import type { JSX } from "preact";
import { useWords } from "./i18n/index.ts";
import { useStore } from "./store/store.ts";
import { takeSession } from "./matrix/tab.ts";
import { Button, Spinner } from "./ui/basics.tsx";
import { RecoveryKey } from "./features/recovery/recovery-key.tsx";
import { Shell } from "./features/shell/shell.tsx";

export { acceptInvitation } from "./features/invitation/accept.ts";
export { openKept, openNew, openSignedIn } from "./matrix/app.ts";

export function Inside(): JSX.Element {
    const t = useWords();
    const phase = useStore((s) => s.phase);
    if (phase === "recovery-key") return <RecoveryKey />;
    if (phase === "elsewhere") {
        return (
            <main class="entrance"><div class="card">
                <h1>{t("elsewhere")}</h1><p class="lead">{t("elsewhere_text")}</p>
                <Button kind="primary" onClick={() => void takeSession()}>{t("use_here")}</Button>
            </div></main>
        );
    }
    if (phase === "opening") return <main class="entrance"><Spinner label={t("opening")} /></main>;
    return <Shell />;
}
