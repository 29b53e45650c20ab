// Finding a person by what one has been told: an id, a name on this server, a link.
import { api, ApiError, enc } from "../../matrix/http.ts";
import { matrix, me } from "../../matrix/client.ts";
import { localPart } from "../../matrix/rooms.ts";

export interface Found { user: string; name: string; avatar: string | null }

/** The user id that a text means; null when it means none. */
export function userIdOf(text: string): string | null {
    let name = text.trim();
    const link = /(?:matrix\.to\/#\/|#\/user\/|matrix:u\/)([^/?\s]+)/.exec(name);
    if (link) {
        try {
            name = decodeURIComponent(link[1]);
        } catch {
            return null;
        }
        if (/^[^@:]+:.+/.test(name)) name = `@${name}`;
    }
    if (!name.startsWith("@")) name = `@${name}`;
    if (!name.includes(":")) name = `${name}:${me().split(":").slice(1).join(":")}`;
    return /^@[^\s:@/]{1,200}:[A-Za-z0-9.:[\]-]{1,200}$/.test(name) ? name.toLowerCase() : null;
}

/** The person, when there is one whose profile can be read. Names are exact: there is no list to search. */
export async function lookUp(text: string): Promise<Found | null> {
    const user = userIdOf(text);
    if (!user || user === me()) return null;
    try {
        const profile = await api("GET", `/_matrix/client/v3/profile/${enc(user)}`, undefined, matrix().getAccessToken()!);
        return { user, name: String(profile.displayname ?? localPart(user)), avatar: profile.avatar_url ?? null };
    } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        if (error instanceof ApiError && error.status === 403) return { user, name: localPart(user), avatar: null };
        throw error;
    }
}
