// Pictures, videos, voice messages and files in the conversation.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { bytes, duration, t } from "../../i18n/index.ts";
import { openDialog, toast } from "../../store/store.ts";
import { download, fileOf, media, type FileInfo, type Media } from "../../matrix/media.ts";
import { clean } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";

const SHOWN_WITHOUT_ASKING = 12 * 1024 * 1024;

/** Fetches when it comes near the part of the page that is seen. */
function useMedia(file: FileInfo | null, said: string, wanted: boolean): { box: { current: HTMLElement | null }; made: Media | null; failed: boolean; again: () => void } {
    const box = useRef<HTMLElement | null>(null);
    const [made, setMade] = useState<Media | null>(null);
    const [failed, setFailed] = useState(false);
    const [tries, setTries] = useState(0);
    useEffect(() => {
        if (!file || !wanted) return undefined;
        let current = true;
        const load = () => media(file, said).then((one) => current && setMade(one), () => current && setFailed(true));
        const watch = new IntersectionObserver((seen) => {
            if (!seen.some((one) => one.isIntersecting)) return;
            watch.disconnect();
            void load();
        }, { rootMargin: "400px" });
        if (box.current) watch.observe(box.current);
        return () => {
            current = false;
            watch.disconnect();
        };
    }, [file?.url, wanted, tries]);
    return { box, made, failed, again: () => { setFailed(false); setTries(tries + 1); } };
}

const number = (value: unknown, otherwise: number): number => (typeof value === "number" && value > 0 && value < 20000 ? value : otherwise);

/** What was written with a file; null when its text is its name. Spec: Client-Server API › Media captions. */
export function captionOf(content: Record<string, any>): string | null {
    const voice = content["org.matrix.msc3245.voice"] ?? content["m.voice"];
    return !voice && content.filename && content.body !== content.filename && typeof content.body === "string" ? content.body : null;
}

/** A picture without words: its time stands on it. */
export const isBare = (type: string, content: Record<string, any>): boolean =>
    type === "m.sticker" || (["m.image", "m.video"].includes(content.msgtype) && captionOf(content) === null);

export function FileBody({ room, type, content }: { room: string; type: string; content: Record<string, any> }): JSX.Element {
    const info = typeof content.info === "object" && content.info ? content.info : {};
    const caption = captionOf(content);
    const kind = type === "m.sticker" ? "m.image" : content.msgtype;
    const body = kind === "m.image" || kind === "m.video" ? <Picture room={room} content={content} info={info} video={kind === "m.video"} sticker={type === "m.sticker"} />
        : kind === "m.audio" ? <Sound content={content} info={info} /> : <PlainFile content={content} info={info} />;
    return <>{body}{caption !== null && <div class="text" dir="auto">{caption}</div>}</>;
}

function Picture({ content, info, video, sticker }: {
    room: string; content: Record<string, any>; info: Record<string, any>; video: boolean; sticker: boolean;
}): JSX.Element {
    const whole = fileOf(content);
    const small: FileInfo | null = info.thumbnail_file?.url ? info.thumbnail_file : typeof info.thumbnail_url === "string" ? { url: info.thumbnail_url } : null;
    const file = small ?? (video ? null : whole);
    const [wanted, setWanted] = useState(!!small || number(info.size, 0) <= SHOWN_WITHOUT_ASKING);
    const { box, made, failed, again } = useMedia(file, "image/", wanted);
    const width = number(info.w, 320), height = number(info.h, 240);
    const scale = Math.min(1, (sticker ? 180 : 340) / width, (sticker ? 180 : 380) / height);
    const size = { inlineSize: `${Math.max(80, Math.round(width * scale))}px`, aspectRatio: `${width} / ${height}` };
    const name = clean(String(content.filename ?? content.body ?? ""));
    if (made && made.kind !== "image" && !video) return <PlainFile content={content} info={info} lies />;
    return (
        <button type="button" class={`picture${sticker ? " sticker" : ""}`} style={size} ref={(one) => { box.current = one; }} data-state={made ? "shown" : failed ? "failed" : "waiting"}
            aria-label={t(video ? "open_video" : "open_photo", { name })}
            onClick={() => (failed ? again() : !wanted ? setWanted(true) : openDialog("viewer", { content, video }))}>
            {made && <img src={made.url} alt={name} draggable={false} />}
            {!made && !failed && wanted && file && <span class="spinner" aria-hidden="true" />}
            {!wanted && <span class="over"><Icon name="download" size={26} /><span>{bytes(number(info.size, 0))}</span></span>}
            {failed && <span class="over"><Icon name="refresh" size={26} /><span>{t("load_failed")}</span></span>}
            {video && !failed && <span class="over"><span class="play"><Icon name="play" size={26} /></span></span>}
            {video && typeof info.duration === "number" && <span class="length">{duration(info.duration / 1000)}</span>}
        </button>
    );
}

function Sound({ content, info }: { content: Record<string, any>; info: Record<string, any> }): JSX.Element {
    const file = fileOf(content);
    const voice = !!(content["org.matrix.msc3245.voice"] ?? content["m.voice"]);
    const [source, setSource] = useState<string | null>(null);
    const [busy, setBusy] = useState(false);
    const [playing, setPlaying] = useState(false);
    const [at, setAt] = useState(0);
    const player = useRef<HTMLAudioElement>(null);
    const length = Number(content["org.matrix.msc1767.audio"]?.duration ?? info.duration ?? 0) / 1000;
    const raw = content["org.matrix.msc1767.audio"]?.waveform;
    const wave: number[] = Array.isArray(raw) ? raw.slice(0, 200).map((one) => Math.max(0, Math.min(1024, Number(one) || 0)) / 1024) : [];
    const bars = Array.from({ length: 34 }, (_, n) => (wave.length ? wave[Math.floor(n * wave.length / 34)] : 0.25 + 0.2 * Math.sin(n * 1.7)));
    const toggle = async () => {
        if (player.current && source) return void (playing ? player.current.pause() : player.current.play());
        if (!file) return undefined;
        setBusy(true);
        try {
            const made = await media(file, "audio/");
            if (made.kind === "audio" || made.kind === "video") setSource(made.url);
            else await download(content);
        } catch {
            toast(t("load_failed"), "error");
        }
        setBusy(false);
        return undefined;
    };
    return (
        <div class="sound">
            <button type="button" class="round" aria-label={t(playing ? "pause" : "play")} onClick={toggle} aria-busy={busy}>
                {busy ? <span class="spinner small" aria-hidden="true" /> : <Icon name={playing ? "pause" : "play"} size={22} />}
            </button>
            <div class="sound-about">
                {voice ? <div class="wave" aria-hidden="true">{bars.map((one, n) => (
                    <i key={n} class={length && at / length > n / bars.length ? "past" : ""} style={{ blockSize: `${Math.round(4 + one * 22)}px` }} />))}</div>
                    : <b><bdi>{clean(String(content.filename ?? content.body ?? t("an_audio")))}</bdi></b>}
                <small>{voice && <span class="sr">{t("a_voice")} </span>}{duration(playing || at ? at : length)}</small>
            </div>
            {source && <audio ref={player} src={source} autoPlay onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)}
                onEnded={() => { setPlaying(false); setAt(0); }} onTimeUpdate={(event) => setAt((event.target as HTMLAudioElement).currentTime)} />}
        </div>
    );
}

function PlainFile({ content, info, lies }: { content: Record<string, any>; info: Record<string, any>; lies?: boolean }): JSX.Element {
    const [busy, setBusy] = useState(false);
    const name = clean(String(content.filename ?? content.body ?? t("a_file")));
    const save = async () => {
        setBusy(true);
        try {
            await download(content);
        } catch {
            toast(t("load_failed"), "error");
        }
        setBusy(false);
    };
    return (
        <button type="button" class="file" onClick={save} aria-busy={busy} aria-label={t("download_file", { name })}>
            <span class="round">{busy ? <span class="spinner small" aria-hidden="true" /> : <Icon name="file" size={22} />}</span>
            <span class="file-about"><b><bdi>{name}</bdi></b><small>{bytes(number(info.size, 0) || Number(info.size) || 0)}{lies && ` · ${t("type_lies")}`}</small></span>
        </button>
    );
}
