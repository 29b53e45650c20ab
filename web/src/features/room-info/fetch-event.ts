// One event, decrypted where that is possible.
import type { MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import { api, enc } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";

export async function fetchEvent(room: string, id: string): Promise<MatrixEvent> {
    const raw = await api("GET", `/_matrix/client/v3/rooms/${enc(room)}/event/${enc(id)}`, undefined, matrix().getAccessToken()!);
    const event = matrix().getEventMapper({ decrypt: false, preventReEmit: true })({ ...raw, room_id: room } as never);
    await matrix().decryptEventIfNeeded(event).catch(() => {});
    return event;
}
