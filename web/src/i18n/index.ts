// Words, numbers and dates in the language of whoever reads. Persian is written from right to left, with Persian digits and
// dates of the Iranian calendar.
import { state, set, useStore } from "../store/store.ts";
import { keep, kept } from "../store/local.ts";
import { en } from "./en.ts";
import { fa } from "./fa.ts";

export type Language = "en" | "fa";
export type Words = typeof en;
export type Word = keyof Words;

const tables: Record<Language, Words> = { en, fa };
const locales: Record<Language, string> = { en: "en", fa: "fa-IR-u-ca-persian-nu-arabext" };

export const localeOf = (language: Language): string =>
    language === "en" ? navigator.languages.find((one) => one.startsWith("en")) ?? locales.en : locales.fa;

/** The words for `key`; {name} in them is replaced by values.name. With a number `count`, "key_one" is taken where it fits. */
export function t(key: Word, values: Record<string, string | number> = {}): string {
    const table: Words = tables[state.language];
    let found: Word = key;
    if (typeof values.count === "number") {
        const one = `${key}_one` as Word;
        if (one in table && new Intl.PluralRules(state.language).select(values.count) === "one" && values.count === 1) found = one;
    }
    return table[found].replace(/\{(\w+)\}/g, (whole, name: string) => {
        const value = values[name];
        return value === undefined ? whole : typeof value === "number" ? number(value) : value;
    });
}

/** As t(), for components: drawn again when the language changes. */
export function useWords(): typeof t {
    useStore((s) => s.language);
    return t;
}

const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = state.language + JSON.stringify(options);
    let one = made.get(key) as Intl.DateTimeFormat | undefined;
    if (!one) made.set(key, one = new Intl.DateTimeFormat(localeOf(state.language), options));
    return one;
}

export function number(value: number): string {
    const key = `number${state.language}`;
    let one = made.get(key) as Intl.NumberFormat | undefined;
    if (!one) made.set(key, one = new Intl.NumberFormat(localeOf(state.language), { maximumFractionDigits: 1 }));
    return one.format(value);
}

export const time = (at: number): string => formatter({ hour: "numeric", minute: "2-digit" }).format(at);
export const fullDate = (at: number): string =>
    formatter({ year: "numeric", month: "long", day: "numeric", weekday: "long", hour: "numeric", minute: "2-digit" }).format(at);

export const dayNumber = (at: number): number => {
    const date = new Date(at);
    return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86400000);
};

/** "Today", "Yesterday", a weekday, or a date. */
export function day(at: number): string {
    const ago = dayNumber(Date.now()) - dayNumber(at);
    if (ago === 0) return t("today");
    if (ago === 1) return t("yesterday");
    if (ago > 1 && ago < 7) return formatter({ weekday: "long" }).format(at);
    return new Date(at).getFullYear() === new Date().getFullYear() ? formatter({ day: "numeric", month: "long" }).format(at)
        : formatter({ day: "numeric", month: "long", year: "numeric" }).format(at);
}

/** What stands in the list: the time today, else a short day. */
export function shortWhen(at: number): string {
    const ago = dayNumber(Date.now()) - dayNumber(at);
    if (ago <= 0) return time(at);
    if (ago < 7) return formatter({ weekday: "short" }).format(at);
    return new Date(at).getFullYear() === new Date().getFullYear() ? formatter({ day: "numeric", month: "short" }).format(at)
        : formatter({ year: "numeric", month: "numeric", day: "numeric" }).format(at);
}

export function bytes(size: number): string {
    const units = ["unit_b", "unit_kb", "unit_mb", "unit_gb"] as const;
    let unit = 0;
    while (size >= 1000 && unit < 3) {
        size /= 1000;
        unit++;
    }
    return t(units[unit], { size: unit === 0 ? Math.round(size) : Math.round(size * 10) / 10 });
}

/** Seconds as m:ss. */
export function duration(seconds: number): string {
    const whole = Math.max(0, Math.round(seconds));
    const text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    return state.language === "fa" ? text.replace(/\d/g, (digit) => number(Number(digit))) : text;
}

function show(language: Language): void {
    document.documentElement.lang = language;
    document.documentElement.dir = language === "fa" ? "rtl" : "ltr";
}

export function setLanguage(language: Language): void {
    keep("language", language);
    show(language);
    set({ language });
}

export function setTheme(theme: "system" | "light" | "dark"): void {
    keep("theme", theme === "system" ? null : theme);
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    set({ theme });
}

export function startLanguage(): void {
    const wanted = kept<Language | null>("language", null);
    const own = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one === "fa" || one === "en") as Language | undefined;
    const language = wanted === "en" || wanted === "fa" ? wanted : own ?? "en";
    show(language);
    set({ language });
    const theme = kept<string>("theme", "system");
    setTheme(theme === "light" || theme === "dark" ? theme : "system");
}
