// The people of this server: suspending (no writing) and locking (no signing in), and undoing both.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useWords, type Word } from "../../i18n/index.ts";
import { enc } from "../../matrix/http.ts";
import { me } from "../../matrix/client.ts";
import { localPart } from "../../matrix/rooms.ts";
import { userIdOf } from "../people/look-up.ts";
import { Avatar, Button, Field, Spinner } from "../../ui/basics.tsx";
import { ask, failed } from "./common.ts";

interface User { user_id: string; state: "active" | "suspended" | "locked" | "deactivated"; admin: boolean; created_day?: string | number }

export function AdminUsers(): JSX.Element {
    const t = useWords();
    const [users, setUsers] = useState<User[] | null | undefined>(undefined);
    const [next, setNext] = useState<string | number | null>(null);
    const [text, setText] = useState("");
    const load = async (from?: string | number) => {
        try {
            const page = await ask("GET", `/_peyk/admin/v1/users?limit=100${from === undefined ? "" : `&from=${enc(from)}`}`);
            setUsers(from === undefined ? page.users : [...users ?? [], ...page.users]);
            setNext(page.next ?? null);
        } catch {
            setUsers(null);
        }
    };
    useEffect(() => void load(), []);
    const change = async (user: string, what: "suspend" | "lock", on: boolean) => {
        try {
            await ask("PUT", `/_matrix/client/v1/admin/${what}/${enc(user)}`, what === "suspend" ? { suspended: on } : { locked: on });
            await (users ? load() : openOne(user));
        } catch (error) {
            failed(error);
        }
    };
    // Where the server has no list of its people, one of them can be asked for by name.
    const [one, setOne] = useState<User | null>(null);
    const openOne = async (user: string) => {
        const suspended = (await ask("GET", `/_matrix/client/v1/admin/suspend/${enc(user)}`)).suspended === true;
        const locked = (await ask("GET", `/_matrix/client/v1/admin/lock/${enc(user)}`)).locked === true;
        setOne({ user_id: user, state: locked ? "locked" : suspended ? "suspended" : "active", admin: false });
    };
    const wanted = text.trim().toLowerCase().replace(/^@/, "");
    const list = users ? users.filter((each) => !wanted || each.user_id.toLowerCase().includes(wanted)) : one ? [one] : [];
    if (users === undefined) return <Spinner label={t("loading")} />;
    return (
        <>
            <form onSubmit={(event) => { event.preventDefault(); const user = userIdOf(text); if (users === null && user) void openOne(user).catch(failed); }}>
                <Field label={t(users ? "filter" : "person")} value={text} onInput={setText} plain />
                {users === null && <Button submit disabled={!wanted}>{t("show")}</Button>}
            </form>
            <ul class="facts">{list.map((user) => (
                <li key={user.user_id} class={user.state === "active" ? "" : "warn"}>
                    <Avatar id={user.user_id} name={localPart(user.user_id)} size={40} />
                    <span><b><bdi dir="ltr">{user.user_id}</bdi></b><small>{t(`user_${user.state}` as Word)}{user.admin && ` · ${t("role_admin")}`}</small></span>
                    {user.user_id !== me() && user.state !== "deactivated" && <span class="row">
                        <Button onClick={() => void change(user.user_id, "suspend", user.state !== "suspended")}>{t(user.state === "suspended" ? "unsuspend" : "suspend")}</Button>
                        <Button kind="danger" onClick={() => void change(user.user_id, "lock", user.state !== "locked")}>{t(user.state === "locked" ? "unlock" : "lock")}</Button></span>}
                </li>))}
            </ul>
            {next !== null && <Button onClick={() => void load(next)}>{t("more")}</Button>}
        </>
    );
}
