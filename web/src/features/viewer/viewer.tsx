// A picture or a video over the whole page. Wheel, double click and + or - make a picture larger and smaller.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { download, fileOf, media, type Media } from "../../matrix/media.ts";
import { clean, IconButton, Spinner } from "../../ui/basics.tsx";

export function Viewer({ content, video, onClose }: { content: Record<string, any>; video: boolean; onClose: () => void }): JSX.Element {
    const t = useWords();
    const box = useRef<HTMLDialogElement>(null);
    const [made, setMade] = useState<Media | null>(null);
    const [failed, setFailed] = useState(false);
    const [scale, setScale] = useState(1);
    const name = clean(String(content.filename ?? content.body ?? ""));
    useEffect(() => {
        box.current!.showModal();
        const file = fileOf(content);
        if (file) media(file, content.info?.mimetype ?? (video ? "video/" : "image/")).then(setMade, () => setFailed(true));
        return () => box.current?.close();
    }, []);
    const zoom = (by: number) => setScale((now) => Math.min(6, Math.max(1, now * by)));
    return (
        <dialog ref={box} class="viewer" aria-label={name || t("viewer")} onCancel={(event) => { event.preventDefault(); onClose(); }}
            onClick={(event) => (event.target as HTMLElement).classList.contains("viewer-stage") && onClose()}
            onKeyDown={(event) => { if (event.key === "+") zoom(1.4); if (event.key === "-") zoom(1 / 1.4); }}>
            <header>
                <bdi>{name}</bdi>
                <IconButton icon="download" label={t("save_file")} onClick={() => void download(content).catch(() => toast(t("load_failed"), "error"))} />
                <IconButton icon="close" label={t("close")} onClick={onClose} />
            </header>
            <div class="viewer-stage" onWheel={(event) => zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15)}>
                {failed && <p role="alert">{t("load_failed")}</p>}
                {!made && !failed && <Spinner label={t("loading")} />}
                {made?.kind === "image" && <img src={made.url} alt={name} style={{ transform: `scale(${scale})` }} onDblClick={() => setScale(scale > 1 ? 1 : 2.5)} />}
                {made?.kind === "video" && <video src={made.url} controls autoPlay />}
                {made && (made.kind === "file" || made.kind === "audio") && <p>{t("type_lies")}</p>}
            </div>
        </dialog>
    );
}
