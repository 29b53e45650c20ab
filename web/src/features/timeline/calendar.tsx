// A month of days in the calendar of the language: Gregorian, or the Iranian one. Built on what Intl says of each day, so that
// no calendar is computed here.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { localeOf, useWords } from "../../i18n/index.ts";
import { state } from "../../store/store.ts";
import { IconButton } from "../../ui/basics.tsx";

const DAY = 86400000;

interface Month { title: string; days: { at: number; label: string; full: string }[]; lead: number }

const noon = (at: number): number => new Date(new Date(at).getFullYear(), new Date(at).getMonth(), new Date(at).getDate(), 12).getTime();

function partsOf(locale: string) {
    const format = new Intl.DateTimeFormat(`${locale}${locale.includes("-u-") ? "" : "-u-nu-latn"}`, { year: "numeric", month: "numeric", day: "numeric", numberingSystem: "latn" });
    return (at: number): { month: number; day: number } => {
        const parts = Object.fromEntries(format.formatToParts(at).map((one) => [one.type, one.value]));
        return { month: Number(parts.month), day: Number(parts.day) };
    };
}

function monthAround(at: number): Month {
    const locale = localeOf(state.language);
    const parts = partsOf(locale);
    let first = noon(at);
    while (parts(first).day !== 1) first = noon(first - DAY);
    const month = parts(first).month;
    const number = new Intl.DateTimeFormat(locale, { day: "numeric" });
    const full = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
    const days = [];
    for (let day = first; parts(day).month === month; day = noon(day + DAY)) days.push({ at: day, label: number.format(day), full: full.format(day) });
    const starts = state.language === "fa" ? 6 : 1; // Saturday, Monday
    return { title: new Intl.DateTimeFormat(locale, { year: "numeric", month: "long" }).format(first), days, lead: (new Date(first).getDay() - starts + 7) % 7 };
}

export function PersianCalendar({ onPick, busy }: { onPick: (at: number) => void; busy: boolean }): JSX.Element {
    const t = useWords();
    const [at, setAt] = useState(Date.now());
    const month = useMemo(() => monthAround(at), [at, state.language]);
    const weekdays = useMemo(() => {
        const format = new Intl.DateTimeFormat(localeOf(state.language), { weekday: "narrow" });
        const start = month.days[0].at - month.lead * DAY;
        return Array.from({ length: 7 }, (_, n) => format.format(start + n * DAY));
    }, [month]);
    const midnight = (day: number) => new Date(new Date(day).getFullYear(), new Date(day).getMonth(), new Date(day).getDate()).getTime();
    return (
        <div class="calendar">
            <div class="row between">
                <IconButton icon="back" label={t("month_before")} onClick={() => setAt(month.days[0].at - DAY)} />
                <b aria-live="polite">{month.title}</b>
                <IconButton icon="next" label={t("month_after")} onClick={() => setAt(month.days.at(-1)!.at + DAY)} disabled={month.days.at(-1)!.at > Date.now()} />
            </div>
            <div class="days">
                {weekdays.map((one, n) => <span key={n} aria-hidden="true">{one}</span>)}
                {Array.from({ length: month.lead }, (_, n) => <i key={`lead${n}`} />)}
                {month.days.map((one) => <button type="button" key={one.at} aria-label={one.full} disabled={busy || midnight(one.at) > Date.now()} onClick={() => onPick(midnight(one.at))}>{one.label}</button>)}
            </div>
        </div>
    );
}
