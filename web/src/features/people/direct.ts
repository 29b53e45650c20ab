// Conversations of two. Spec: Client-Server API › Direct messaging.
import { api, enc } from "../../matrix/http.ts";
import { matrix, me } from "../../matrix/client.ts";

export async function markDirect(user: string, room: string): Promise<void> {
    const path = `/_matrix/client/v3/user/${enc(me())}/account_data/m.direct`;
    const token = matrix().getAccessToken()!;
    const now = (matrix().getAccountData("m.direct" as never)?.getContent() ?? {}) as Record<string, string[]>;
    const rooms = Array.isArray(now[user]) ? now[user] : [];
    await api("PUT", path, { ...now, [user]: [...new Set([...rooms, room])] }, token);
}

export async function createDirect(user: string): Promise<string> {
    const made = await api("POST", "/_matrix/client/v3/createRoom", {
        preset: "trusted_private_chat", is_direct: true, invite: [user], visibility: "private",
        initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    }, matrix().getAccessToken()!);
    await markDirect(user, made.room_id);
    return made.room_id;
}
