// A field for a person: an exact name or id, a pasted link, or a code in front of the camera.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { Field, IconButton } from "../../ui/basics.tsx";
import { Scanner } from "../qr/scanner.tsx";

export function PersonField({ value, onInput, error, label }: { value: string; onInput: (text: string) => void; error?: string; label?: string }): JSX.Element {
    const t = useWords();
    const [scanning, setScanning] = useState(false);
    return (
        <div class="person-field">
            <div class="with-button">
                <Field label={label ?? t("person")} value={value} onInput={onInput} hint={t("person_hint")} error={error} autoFocus={!label} plain />
                <IconButton icon="qr" label={t("scan")} onClick={() => setScanning(!scanning)} active={scanning} />
            </div>
            {scanning && <Scanner onText={(text) => { setScanning(false); onInput(text); }} onClose={() => setScanning(false)} />}
        </div>
    );
}
