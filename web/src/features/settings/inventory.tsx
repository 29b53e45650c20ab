// The server's inventory in words: what is kept, why, for how long, what protects it, and how soon something deleted is gone. Of a
// shape that is not known here everything is shown all the same.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { number, useWords } from "../../i18n/index.ts";
import { api } from "../../matrix/http.ts";
import { matrix } from "../../matrix/client.ts";
import { Spinner } from "../../ui/basics.tsx";

interface Kind { name: string; about: string; group: string; kept: string; why: string; whose: string; sealed_by?: string; in_clear?: boolean }
interface Span { seconds: number; text: string }
interface Deletion { name: string; hidden: Span; deleted: Span; gone_from_files: Span }
interface Known { tables: Kind[]; files: Kind[]; memory: Kind[]; deletions: Deletion[]; configuration: Record<string, unknown> }

const isKnown = (value: unknown): value is Known => {
    const all = value as Partial<Known>;
    return [all?.tables, all?.files, all?.memory].every((list) => Array.isArray(list) && list.every((one) => typeof one?.about === "string" && typeof one.group === "string"))
        && Array.isArray(all.deletions) && all.deletions.every((one) => typeof one?.deleted?.text === "string");
};

export function useInventory(): unknown {
    const [inventory, setInventory] = useState<unknown>(undefined);
    useEffect(() => {
        api("GET", "/_peyk/client/v1/inventory", undefined, matrix().getAccessToken()!).then(setInventory, () => setInventory(null));
    }, []);
    return inventory;
}

/** Lists as lists, names with their values. */
function Tree({ value, depth = 0 }: { value: unknown; depth?: number }): JSX.Element {
    if (depth > 6) return <span>…</span>;
    if (Array.isArray(value)) return <ul class="tree">{value.slice(0, 300).map((one, n) => <li key={n}><Tree value={one} depth={depth + 1} /></li>)}</ul>;
    if (value && typeof value === "object") {
        return <dl class="tree">{Object.entries(value).slice(0, 300).map(([name, one]) => <div key={name}><dt dir="auto">{name.replaceAll("_", " ")}</dt><dd><Tree value={one} depth={depth + 1} /></dd></div>)}</dl>;
    }
    return <span dir="auto">{String(value)}</span>;
}

function Group({ name, kinds }: { name: string; kinds: Kind[] }): JSX.Element {
    const t = useWords();
    return (
        <details class="kinds">
            <summary><b dir="auto">{name.replaceAll("_", " ")}</b><small>{number(kinds.length)}</small></summary>
            <ul>{kinds.map((one) => (
                <li key={one.name} dir="ltr">
                    <b>{one.about}</b>
                    <dl>
                        <div><dt>{t("kind_why")}</dt><dd>{one.why}</dd></div>
                        <div><dt>{t("kind_kept")}</dt><dd>{one.kept}</dd></div>
                        {one.sealed_by && <div><dt>{t("kind_sealed")}</dt><dd>{one.sealed_by}</dd></div>}
                        {one.in_clear && <div class="warn"><dt>{t("kind_sealed")}</dt><dd>{t("kind_in_clear")}</dd></div>}
                    </dl>
                </li>))}
            </ul>
        </details>
    );
}

/** `whole`: with the settings that it follows from, for whoever runs the server. */
export function Inventory({ inventory, whole = false }: { inventory: unknown; whole?: boolean }): JSX.Element {
    const t = useWords();
    if (inventory === undefined) return <Spinner label={t("loading")} />;
    if (!inventory) return <p class="quiet">{t("known_unavailable")}</p>;
    if (!isKnown(inventory)) return <Tree value={inventory} />;
    const groups = new Map<string, Kind[]>();
    for (const one of [...inventory.tables, ...inventory.files, ...inventory.memory]) groups.set(one.group, [...groups.get(one.group) ?? [], one]);
    return (
        <div class="inventory">
            <h3>{t("kinds_kept")}</h3>
            {[...groups].map(([name, kinds]) => <Group key={name} name={name} kinds={kinds} />)}
            <h3>{t("kinds_gone")}</h3>
            <ul class="facts">{inventory.deletions.map((one) => (
                <li key={one.name}><span dir="ltr"><b>{one.name}</b><small>{t("gone_hidden")}: {one.hidden.text} · {t("gone_deleted")}: {one.deleted.text} · {t("gone_files")}: {one.gone_from_files.text}</small></span></li>))}
            </ul>
            {whole && <><h3>{t("kinds_settings")}</h3><Tree value={inventory.configuration} /></>}
        </div>
    );
}
