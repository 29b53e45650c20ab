// The place to write: text that grows, answers and edits, mentions, files, voice. What was typed is kept until it is sent.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { duration, useWords } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { keep, kept } from "../../store/local.ts";
import type { Feed } from "../../matrix/feed.ts";
import type { Item } from "../../matrix/items.ts";
import { send } from "../../matrix/outbox.ts";
import { matrix, me, roomOf } from "../../matrix/client.ts";
import { memberName } from "../../matrix/rooms.ts";
import { clean, IconButton, Name } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";
import { eventLine, stripReply } from "../rooms/preview.ts";
import { EmojiGrid } from "./emoji.tsx";
import { relationFor, sendVoice, takeFiles } from "./attach.ts";
import { contentOf, type Mentioned } from "./markdown.ts";
import { MentionList, useMentions } from "./mentions.tsx";
import { record, type Recording } from "./voice.ts";

export interface ComposerHandle { reply(item: Item): void; edit(item: Item): void; focus(): void }
interface Draft { text: string; mentions?: Mentioned[]; reply?: string }
const LONGEST = 30000; // characters: an event is at most 65,536 bytes, and encryption makes it longer

export function Composer({ room, feed, thread, handle }: {
    room: string; feed: Feed; thread: string | null; handle: { current: ComposerHandle | null };
}): JSX.Element {
    const t = useWords();
    const name = `draft.${room}${thread ? `.${thread}` : ""}`;
    const first = useRef(kept<Draft>(name, { text: "" })).current;
    const [text, setText] = useState(first.text ?? "");
    const [mentions, setMentions] = useState<Mentioned[]>(first.mentions ?? []);
    const [reply, setReply] = useState<Item | null>(null);
    const [edit, setEdit] = useState<Item | null>(null);
    const [emoji, setEmoji] = useState(false);
    const [recording, setRecording] = useState<Recording | null>(null);
    const area = useRef<HTMLTextAreaElement>(null);
    const files = useRef<HTMLInputElement>(null);
    const typingAt = useRef(0);
    const found = useMentions(room, text, area);

    useLayoutEffect(() => {
        const box = area.current;
        if (!box) return;
        box.style.blockSize = "auto";
        box.style.blockSize = `${Math.min(box.scrollHeight, innerHeight * 0.4)}px`;
    }, [text, recording]);
    useEffect(() => {
        if (!edit) keep(name, text ? { text, mentions, ...(reply && { reply: reply.id }) } : null);
    }, [text, mentions, reply, edit]);
    useEffect(() => {
        if (first.reply) setReply(feed.find(first.reply) ?? null);
        if (matchMedia("(hover: hover)").matches) area.current?.focus({ preventScroll: true });
        return () => stopTyping();
    }, []);
    handle.current = {
        focus: () => area.current?.focus(),
        reply: (item) => { setEdit(null); setReply(item); area.current?.focus(); },
        edit: (item) => { setReply(null); setEdit(item); setText(stripReply(item.content.body)); area.current?.focus(); },
    };

    const stopTyping = () => {
        if (!typingAt.current) return;
        typingAt.current = 0;
        void matrix().sendTyping(room, false, 0).catch(() => {});
    };
    const typed = (value: string) => {
        setText(value);
        if (thread || edit) return;
        if (!value) return stopTyping();
        if (Date.now() - typingAt.current > 15000) {
            typingAt.current = Date.now();
            void matrix().sendTyping(room, true, 20000).catch(() => {});
        }
        return undefined;
    };
    const done = () => {
        setText(edit ? kept<Draft>(name, { text: "" }).text ?? "" : "");
        setMentions([]);
        setReply(null);
        setEdit(null);
        stopTyping();
        area.current?.focus();
    };
    const submit = () => {
        const body = text.trim();
        if (!body) return;
        if (body.length > LONGEST) return toast(t("too_long"), "error");
        let content = contentOf(body, mentions);
        if (edit) {
            if (body === stripReply(edit.content.body)) return done();
            content = { ...content, body: `* ${content.body}`, ...(content.formatted_body && { formatted_body: `* ${content.formatted_body}` }),
                "m.new_content": content, "m.relates_to": { rel_type: "m.replace", event_id: edit.id } };
        } else {
            content = { ...content, ...relationFor(thread, reply?.id ?? null) };
            if (reply && reply.sender !== me()) content["m.mentions"] = { user_ids: [...new Set([...(content["m.mentions"].user_ids ?? []), reply.sender])] };
        }
        if (!send(room, content)) return toast(t("outbox_full"), "error");
        done();
        return void (feed.atLive || feed.toLive());
    };
    /** Puts the text and the place for what follows there at once: somebody may be typing on already. */
    const put = (value: string, caret: number) => {
        const box = area.current!;
        box.value = value;
        box.focus();
        box.setSelectionRange(caret, caret);
        typed(value);
    };
    const insert = (addition: string) => {
        const box = area.current!;
        const at = box.selectionStart ?? text.length;
        put(box.value.slice(0, at) + addition + box.value.slice(box.selectionEnd ?? at), at + addition.length);
    };
    const mention = (one: Mentioned) => {
        const { before, after } = found.around();
        const start = `${before}@${one.name} `;
        setMentions([...mentions.filter((each) => each.user !== one.user), one]);
        put(start + after, start.length);
    };
    const keys = (event: KeyboardEvent) => {
        if (found.key(event, mention)) return;
        const touch = matchMedia("(hover: none)").matches;
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing && (!touch || event.ctrlKey)) {
            event.preventDefault();
            submit();
        } else if (event.key === "Escape" && (reply || edit || emoji)) {
            event.preventDefault();
            event.stopPropagation();
            if (emoji) setEmoji(false);
            else if (edit) done();
            else setReply(null);
        } else if (event.key === "ArrowUp" && !text && !edit) {
            const last = feed.items.findLast((item) => item.sender === me() && !item.redacted && !item.failed && item.content.msgtype === "m.text");
            if (last) { event.preventDefault(); handle.current?.edit(last); }
        }
    };
    const paste = (event: ClipboardEvent) => {
        const pasted = [...event.clipboardData?.files ?? []];
        if (!pasted.length) return;
        event.preventDefault();
        void takeFiles(room, thread, pasted);
    };
    const startVoice = async () => {
        try {
            setRecording(await record());
        } catch {
            toast(t("no_microphone"), "error");
        }
    };
    if (recording) return <RecordingBar recording={recording} onEnd={(result) => { setRecording(null); if (result) sendVoice(room, thread, result.sound, result.length, result.wave); }} />;
    const about = edit ?? reply;
    const encrypted = roomOf(room)?.hasEncryptionStateEvent();
    return (
        <div class="composer">
            {found.list.length > 0 && <MentionList found={found} onPick={mention} />}
            {about && (
                <div class="about">
                    <Icon name={edit ? "edit" : "reply"} size={20} />
                    <span><b>{edit ? t("editing") : <Name>{memberName(room, about.sender)}</Name>}</b><span dir="auto">{clean(eventLine(about.event))}</span></span>
                    <IconButton icon="close" label={t("cancel")} size={18} onClick={() => (edit ? done() : setReply(null))} />
                </div>
            )}
            <div class="write-row">
                <IconButton icon="clip" label={t("attach")} onClick={() => files.current?.click()} />
                <input ref={files} type="file" multiple hidden aria-hidden="true" tabIndex={-1} onChange={(event) => {
                    const input = event.target as HTMLInputElement;
                    void takeFiles(room, thread, [...input.files ?? []]);
                    input.value = "";
                }} />
                <textarea ref={area} value={text} rows={1} dir="auto" placeholder={t(thread ? "write_thread" : encrypted ? "write_here" : "write_open")} aria-label={t("write_message")}
                    onInput={(event) => typed((event.target as HTMLTextAreaElement).value)} onKeyDown={keys} onPaste={paste} onSelect={found.moved} enterkeyhint="send" />
                <IconButton icon="smile" label={t("emoji")} active={emoji} onClick={() => setEmoji(!emoji)} />
                {text.trim() ? <IconButton icon={edit ? "check" : "send"} label={t(edit ? "save" : "send")} kind="send" onClick={submit} />
                    : <IconButton icon="mic" label={t("record_voice")} onClick={startVoice} />}
            </div>
            {emoji && <EmojiGrid onPick={(one) => insert(one)} />}
        </div>
    );
}

function RecordingBar({ recording, onEnd }: {
    recording: Recording; onEnd: (result: { sound: Blob; length: number; wave: number[] } | null) => void;
}): JSX.Element {
    const t = useWords();
    const [seconds, setSeconds] = useState(0);
    const level = useRef<HTMLSpanElement>(null);
    useEffect(() => {
        const began = Date.now();
        const timer = setInterval(() => {
            setSeconds((Date.now() - began) / 1000);
            if (level.current) level.current.style.inlineSize = `${Math.round(recording.level() * 100)}%`;
        }, 100);
        return () => clearInterval(timer);
    }, []);
    return (
        <div class="composer recording" role="group" aria-label={t("recording")}>
            <IconButton icon="trash" label={t("discard")} onClick={() => { recording.cancel(); onEnd(null); }} />
            <span class="red-dot" aria-hidden="true" /><span role="timer">{duration(seconds)}</span>
            <span class="level" aria-hidden="true"><span ref={level} /></span>
            <IconButton icon="send" label={t("send")} kind="send" onClick={() => void recording.stop().then(onEnd)} />
        </div>
    );
}
