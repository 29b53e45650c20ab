// Using an invitation with an account that one has: into its room, where it has one.
import { t } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";
import { go } from "../../store/route.ts";
import { api, enc } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";

export async function acceptInvitation(token: string): Promise<void> {
    try {
        const { room_id: room } = await api("POST", `/_peyk/client/v1/invitation/${enc(token)}/accept`, {}, matrix().getAccessToken()!);
        if (!room) return;
        await api("POST", `/_matrix/client/v3/join/${enc(room)}`, {}, matrix().getAccessToken()!);
        go({ at: "room", room }, true);
    } catch {
        toast(t("invitation_no"), "error");
    }
}
