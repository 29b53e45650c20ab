// One's own name and picture.
import { useEffect, useState } from "preact/hooks";
import { api, enc } from "../../matrix/http.ts";
import { matrix, me } from "../../matrix/client.ts";
import { localPart } from "../../matrix/rooms.ts";

export interface Profile { name: string; avatar: string | null }
let known: Profile | null = null;
const listeners = new Set<() => void>();

export function setProfile(to: Partial<Profile>): void {
    known = { ...(known ?? { name: localPart(me()), avatar: null }), ...to };
    for (const listener of listeners) listener();
}

export function useProfile(): Profile {
    const [, redraw] = useState(0);
    useEffect(() => {
        const listener = () => redraw((n) => n + 1);
        listeners.add(listener);
        if (!known) {
            void api("GET", `/_matrix/client/v3/profile/${enc(me())}`, undefined, matrix().getAccessToken()!).then(
                (profile) => setProfile({ name: String(profile.displayname ?? localPart(me())), avatar: profile.avatar_url ?? null }), () => {});
        }
        return () => void listeners.delete(listener);
    }, []);
    return known ?? { name: localPart(me()), avatar: null };
}
