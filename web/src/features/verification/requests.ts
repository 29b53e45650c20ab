// Requests for verification, from here and from elsewhere.
import type { VerificationRequest } from "matrix-js-sdk/lib/crypto-api/index.js";
import { openDialog, state } from "../../store/store.ts";
import { crypto, me } from "../../matrix/client.ts";
import { directWith } from "../../matrix/rooms.ts";
import { createDirect } from "../people/direct.ts";
import { roomOf } from "../../matrix/client.ts";
import { feedOf } from "../../matrix/feeds.ts";

const seen = new WeakSet<VerificationRequest>();

/** Something of this account, or a person, asks to be verified. */
export function onVerificationRequest(request: VerificationRequest): void {
    if (seen.has(request) || request.initiatedByMe || !request.pending) return;
    seen.add(request);
    if (!request.isSelfVerification && state.ignored.has(request.otherUserId)) return;
    if (request.roomId) feedOf(request.roomId); // so that every step of it comes
    openDialog("verification", { request });
}

export function show(request: VerificationRequest): void {
    seen.add(request);
    openDialog("verification", { request });
}

export const verifyOwnDevice = async (): Promise<void> => show(await crypto().requestOwnUserVerification());

export const verifyDevice = async (device: string): Promise<void> => show(await crypto().requestDeviceVerification(me(), device));

/** Spec: Client-Server API › Verifying other users: in a direct conversation. */
export async function verifyUser(user: string): Promise<void> {
    const room = directWith(user) ?? await createDirect(user);
    for (let tries = 0; tries < 50 && !roomOf(room); tries++) await new Promise((resolve) => setTimeout(resolve, 200));
    feedOf(room);
    show(await crypto().requestVerificationDM(user, room));
}
