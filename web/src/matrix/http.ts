// Requests to the server before, beside and after the SDK: JSON in, JSON out, errors with their code.
export class ApiError extends Error {
    constructor(readonly status: number, readonly errcode: string, message: string, readonly data: Record<string, any> = {}) {
        super(message);
    }
}

/** No answer at all: the server or the network is away. */
export const isAway = (error: unknown): boolean =>
    (error instanceof ApiError && (error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504))
    || (error instanceof Error && error.name === "ConnectionError");

export async function api<T = Record<string, any>>(method: string, path: string, body?: unknown, token?: string,
                                                   signal?: AbortSignal): Promise<T> {
    let answer: Response;
    try {
        answer = await fetch(path, {
            method, signal, credentials: "omit", cache: "no-store",
            headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...(token && { Authorization: `Bearer ${token}` }) },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
    } catch (error) {
        if ((error as Error).name === "AbortError") throw error;
        throw new ApiError(0, "AWAY", "The server does not answer");
    }
    let data: Record<string, any> = {};
    try {
        data = await answer.json();
    } catch {
        if (answer.ok) throw new ApiError(502, "NOT_JSON", "The answer cannot be read");
    }
    if (!answer.ok) throw new ApiError(answer.status, String(data.errcode ?? ""), String(data.error ?? answer.statusText), data);
    return data as T;
}

export const enc = encodeURIComponent;
