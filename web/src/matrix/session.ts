// Signing in, making an account with an invitation, and what of it this browser keeps.
// Spec: Client-Server API › Login, Account registration, Token-authenticated registration.
import { keep, kept } from "../store/local.ts";
import { api, ApiError, enc } from "./http.ts";

export interface Session { userId: string; deviceId: string; token: string }
export interface Invitation {
    state: "valid" | "used" | "expired" | "revoked" | "unknown";
    server_name?: string;
    may_register?: boolean;
    room?: { room_id: string; name?: string };
}

export const savedSession = (): Session | null => {
    const one = kept<Session | null>("session", null);
    return one && one.userId && one.deviceId && one.token ? one : null;
};
export const saveSession = (session: Session | null): void => keep("session", session);

/** "@name:server", "@name" and "name" all are the user; what another server's name follows is left for the server to refuse. */
export function userOf(text: string): string {
    const trimmed = text.trim();
    return trimmed.startsWith("@") && !trimmed.includes(":") ? trimmed.slice(1) : trimmed;
}

function deviceName(): string {
    const agent = navigator.userAgent;
    const browser = /Firefox\//.test(agent) ? "Firefox" : /Edg\//.test(agent) ? "Edge" : /Chrome\//.test(agent) ? "Chrome" : /Safari\//.test(agent) ? "Safari" : "";
    const system = /Android/.test(agent) ? "Android" : /iPhone|iPad/.test(agent) ? "iOS" : /Windows/.test(agent) ? "Windows"
        : /Mac OS/.test(agent) ? "macOS" : /Linux/.test(agent) ? "Linux" : "";
    return ["peyk web", [browser, system].filter(Boolean).join(", ")].filter(Boolean).join(" · ");
}

const sessionOf = (made: Record<string, any>): Session => ({ userId: made.user_id, deviceId: made.device_id, token: made.access_token });

export async function signIn(name: string, password: string): Promise<Session> {
    return sessionOf(await api("POST", "/_matrix/client/v3/login", {
        type: "m.login.password", identifier: { type: "m.id.user", user: userOf(name) }, password,
        initial_device_display_name: deviceName(),
    }));
}

/** Whether a name can be had: null when it can, else the server's code. */
export async function nameTaken(name: string, signal?: AbortSignal): Promise<string | null> {
    try {
        await api("GET", `/_matrix/client/v3/register/available?username=${enc(name)}`, undefined, undefined, signal);
        return null;
    } catch (error) {
        if (error instanceof ApiError && error.errcode.startsWith("M_")) return error.errcode;
        throw error;
    }
}

/** What the invitation is worth. Servers without peyk's own answer are asked by the specification's. */
export async function invitation(token: string): Promise<Invitation> {
    try {
        return await api<Invitation>("GET", `/_peyk/client/v1/invitation/${enc(token)}`);
    } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
    const { valid } = await api("GET", `/_matrix/client/v1/register/m.login.registration_token/validity?token=${enc(token)}`);
    return { state: valid ? "valid" : "unknown" };
}

/** Whether an account can be made without an invitation. */
export async function isOpen(): Promise<boolean> {
    try {
        await api("POST", "/_matrix/client/v3/register", {});
    } catch (error) {
        const flows: { stages: string[] }[] = (error instanceof ApiError && error.status === 401 && error.data.flows) || [];
        return flows.some((flow) => flow.stages.every((stage) => stage === "m.login.dummy"));
    }
    return false;
}

export async function register(name: string, password: string, token: string | null): Promise<Session> {
    const body = { username: name, password, initial_device_display_name: deviceName() };
    let session: string | undefined;
    let done: string[] = [];
    let flows: { stages: string[] }[] = [];
    for (let step = 0; step < 6; step++) {
        const able = (stage: string) => stage === "m.login.dummy" || (stage === "m.login.registration_token" && token !== null);
        const fitting = flows.filter((one) => one.stages.every(able));
        const flow = fitting.find((one) => token !== null && one.stages.includes("m.login.registration_token")) ?? fitting[0];
        const stage = flow?.stages.find((one) => !done.includes(one));
        if (step > 0 && !stage) throw new ApiError(403, "PEYK_NO_FLOW", "This server asks for something else before it makes an account");
        const auth = stage ? { type: stage, session, ...(stage === "m.login.registration_token" && { token }) } : undefined;
        try {
            return sessionOf(await api("POST", "/_matrix/client/v3/register", { ...body, ...(auth && { auth }) }));
        } catch (error) {
            if (!(error instanceof ApiError) || error.status !== 401 || !error.data.flows) throw error;
            const before = done.length;
            ({ session, flows } = error.data as { session: string; flows: { stages: string[] }[] });
            done = error.data.completed ?? [];
            if (stage && done.length === before) throw error; // the stage was refused: the invitation is not good
        }
    }
    throw new ApiError(403, "PEYK_NO_FLOW", "The registration does not end");
}
