// One's own name and picture, and the password.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { openDialog, toast } from "../../store/store.ts";
import { matrix, me } from "../../matrix/client.ts";
import { Avatar, Button, Field, PictureField } from "../../ui/basics.tsx";
import { signOutDialog } from "./sign-out.tsx";
import { setProfile, useProfile } from "./profile.ts";
import { uploadAvatar } from "./avatar.ts";

export function ProfilePage(): JSX.Element {
    const t = useWords();
    const own = useProfile();
    const [name, setName] = useState<string | null>(null);
    const [busy, setBusy] = useState(false);
    const act = async (run: () => Promise<unknown>) => {
        setBusy(true);
        try {
            await run();
            toast(t("saved"));
        } catch (error) {
            toast(t("failed", { text: (error as Error).message }), "error");
        }
        setBusy(false);
    };
    const save = (event: Event) => {
        event.preventDefault();
        void act(async () => {
            await matrix().setDisplayName(name!.trim());
            setProfile({ name: name!.trim() });
            setName(null);
        });
    };
    const picture = (file: File) => void act(async () => {
        const url = await uploadAvatar(file);
        await matrix().setAvatarUrl(url);
        setProfile({ avatar: url });
    });
    return (
        <>
            <div class="person"><Avatar id={me()} name={own.name} mxc={own.avatar} size={112} /><p><bdi dir="ltr">{me()}</bdi></p></div>
            <form onSubmit={save}>
                <Field label={t("display_name")} value={name ?? own.name} onInput={setName} maxLength={100} required />
                <PictureField label={t("picture")} action={t("choose_picture")} disabled={busy} onPick={picture} />
                <Button submit kind="primary" busy={busy} disabled={name === null || !name.trim()}>{t("save")}</Button>
            </form>
            <div class="stack">
                <Button icon="qr" onClick={() => openDialog("my-link")}>{t("my_link")}</Button>
                <a class="button" href="/_peyk/account/password"><span>{t("change_password")}</span></a>
                <Button icon="logout" kind="danger" onClick={signOutDialog}>{t("sign_out")}</Button>
            </div>
        </>
    );
}
