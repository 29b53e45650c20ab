// What is about to be sent, before it goes: pictures as pictures or as files, and a caption.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { bytes, useWords } from "../../i18n/index.ts";
import { toast, useStore } from "../../store/store.ts";
import { Button, clean, Field, Toggle } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icons.tsx";
import { sendFile } from "./attach.ts";

const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

export function SendFiles({ room, thread, files, onClose }: { room: string; thread: string | null; files: File[]; onClose: () => void }): JSX.Element {
    const t = useWords();
    const encrypted = useStore((s) => s.rooms.get(room)?.encrypted);
    const [caption, setCaption] = useState("");
    const [asFile, setAsFile] = useState(false);
    const pictures = useMemo(() => files.map((file) => (PICTURES.has(file.type) ? URL.createObjectURL(file) : null)), [files]);
    useEffect(() => () => pictures.forEach((one) => one && URL.revokeObjectURL(one)), []);
    const go = async (event?: Event) => {
        event?.preventDefault();
        onClose();
        for (const [n, file] of files.entries()) {
            if (!(await sendFile(room, thread, file, n === 0 ? caption.trim() : "", asFile))) return toast(t("outbox_full"), "error");
        }
        return undefined;
    };
    return (
        <Dialog title={t("send_files", { count: files.length })} onClose={onClose} actions={<>
            <Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" icon="send" onClick={() => void go()}>{t("send")}</Button></>}>
            <form onSubmit={go}>
                <div class={`send-files${files.length === 1 ? " one" : ""}`}>
                    {files.map((file, n) => (pictures[n] && !asFile ? <img key={n} src={pictures[n]!} alt={clean(file.name)} />
                        : <div key={n} class="file"><span class="round"><Icon name="file" /></span><span class="file-about"><b><bdi>{clean(file.name)}</bdi></b><small>{bytes(file.size)}</small></span></div>))}
                </div>
                <Field label={t("caption")} value={caption} onInput={setCaption} autoFocus maxLength={4000} />
                {pictures.some(Boolean) && <Toggle label={t("as_file")} checked={asFile} onChange={setAsFile} />}
                <p class={encrypted ? "good" : "warn"}><Icon name={encrypted ? "lock" : "unlock"} size={18} /> {t(encrypted ? "upload_encrypted" : "upload_open")}</p>
            </form>
        </Dialog>
    );
}
