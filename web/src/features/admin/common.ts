import { api } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { t } from "../../i18n/index.ts";
import { toast } from "../../store/store.ts";

export const ask = <T = Record<string, any>>(method: string, path: string, body?: unknown): Promise<T> => api<T>(method, path, body, matrix().getAccessToken()!);
export const failed = (error: unknown): void => toast(t("failed", { text: (error as Error).message }), "error");
