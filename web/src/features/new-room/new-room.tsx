// Beginning: with a person, a group, or a channel in which only administrators write. What is private is encrypted.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords, type Word } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { go } from "../../store/route.ts";
import { api } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { directWith } from "../../matrix/rooms.ts";
import { Button, Field, Toggle } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { createDirect } from "../people/direct.ts";
import { lookUp, type Found } from "../people/look-up.ts";
import { PersonField } from "../people/person-field.tsx";

type Kind = "direct" | "group" | "channel" | "space";
const KINDS: [Kind, IconName, Word, Word][] = [["direct", "person", "kind_direct", "kind_direct_text"], ["group", "group", "kind_group", "kind_group_text"],
    ["channel", "channel", "kind_channel", "kind_channel_text"], ["space", "star", "kind_space", "kind_space_text"]];

export const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };

export function NewRoom({ kind: wanted, onClose }: { kind?: Kind; onClose: () => void }): JSX.Element {
    const t = useWords();
    const [kind, setKind] = useState<Kind | null>(wanted ?? null);
    if (!kind) {
        return (
            <Dialog title={t("new_conversation")} onClose={onClose}>
                <div class="choices">
                    {KINDS.map(([one, icon, name, about]) => (
                        <button type="button" key={one} onClick={() => setKind(one)}><span class="round"><Icon name={icon} /></span><span><b>{t(name)}</b><small>{t(about)}</small></span></button>
                    ))}
                </div>
            </Dialog>
        );
    }
    return kind === "direct" ? <NewDirect onClose={onClose} /> : <NewGroup kind={kind} onClose={onClose} />;
}

function NewDirect({ onClose }: { onClose: () => void }): JSX.Element {
    const t = useWords();
    const [text, setText] = useState("");
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState("");
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setProblem("");
        try {
            const found = await lookUp(text);
            if (!found) setProblem(t("person_unknown"));
            else {
                onClose();
                go({ at: "room", room: directWith(found.user) ?? await createDirect(found.user) });
            }
        } catch (error) {
            setProblem(t("failed", { text: (error as Error).message }));
        }
        setBusy(false);
    };
    return (
        <Dialog title={t("kind_direct")} onClose={onClose}>
            <form onSubmit={submit}>
                <PersonField value={text} onInput={setText} error={problem} />
                <p class="good"><Icon name="lock" size={18} /> {t("will_be_encrypted")}</p>
                <Button submit kind="primary" busy={busy} disabled={!text.trim()}>{t("begin")}</Button>
            </form>
        </Dialog>
    );
}

function NewGroup({ kind, onClose }: { kind: "group" | "channel" | "space"; onClose: () => void }): JSX.Element {
    const t = useWords();
    const [name, setName] = useState("");
    const [topic, setTopic] = useState("");
    const [open, setOpen] = useState(false);
    const [person, setPerson] = useState("");
    const [people, setPeople] = useState<Found[]>([]);
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState("");
    const add = async () => {
        setProblem("");
        const found = await lookUp(person).catch(() => null);
        if (!found) return setProblem(t("person_unknown"));
        setPeople([...people.filter((one) => one.user !== found.user), found]);
        return setPerson("");
    };
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setProblem("");
        try {
            if (person.trim()) {
                const found = await lookUp(person);
                if (!found) {
                    setBusy(false);
                    return setProblem(t("person_unknown"));
                }
                people.push(found);
            }
            const made = await api("POST", "/_matrix/client/v3/createRoom", {
                name: name.trim(), ...(topic.trim() && { topic: topic.trim() }), preset: open ? "public_chat" : "private_chat", visibility: "private",
                invite: [...new Set(people.map((one) => one.user))],
                initial_state: !open && kind !== "space" ? [encryption] : [],
                ...(kind === "space" && { creation_content: { type: "m.space" } }),
                ...(kind !== "group" && { power_level_content_override: { events_default: 50, invite: kind === "channel" ? 50 : 0, events: { "m.reaction": 0 } } }),
            }, matrix().getAccessToken()!);
            onClose();
            if (kind === "space") toast(t("space_made"));
            else go({ at: "room", room: made.room_id });
        } catch (error) {
            setProblem(t("failed", { text: (error as Error).message }));
        }
        return setBusy(false);
    };
    return (
        <Dialog title={t(`kind_${kind}`)} onClose={onClose}>
            <form onSubmit={submit}>
                <Field label={t("room_name")} value={name} onInput={setName} required autoFocus maxLength={100} />
                <Field label={t("room_topic")} value={topic} onInput={setTopic} maxLength={400} />
                <div class="with-button"><PersonField value={person} onInput={setPerson} error={problem} label={t("invite_people")} /><Button onClick={() => void add()} disabled={!person.trim()}>{t("add")}</Button></div>
                {people.length > 0 && <ul class="tags">{people.map((one) => <li key={one.user}><bdi>{one.name}</bdi><button type="button" aria-label={t("remove")} onClick={() => setPeople(people.filter((each) => each !== one))}><Icon name="close" size={14} /></button></li>)}</ul>}
                {kind !== "space" && <Toggle label={t("make_public")} hint={t("make_public_hint")} checked={open} onChange={setOpen} />}
                {kind !== "space" && <p class={open ? "warn" : "good"}><Icon name={open ? "unlock" : "lock"} size={18} /> {t(open ? "will_be_open" : "will_be_encrypted")}</p>}
                <Button submit kind="primary" busy={busy} disabled={!name.trim()}>{t("create")}</Button>
            </form>
        </Dialog>
    );
}
