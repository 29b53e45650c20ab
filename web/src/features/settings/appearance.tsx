import type { JSX } from "preact";
import { fullDate, setLanguage, setTheme, useWords } from "../../i18n/index.ts";
import { useStore } from "../../store/store.ts";

export function Appearance(): JSX.Element {
    const t = useWords();
    const language = useStore((s) => s.language);
    const theme = useStore((s) => s.theme);
    return (
        <>
            <fieldset class="roles"><legend>{t("language")}</legend>
                {(["en", "fa"] as const).map((one) => <button type="button" key={one} lang={one} class={`chip${language === one ? " on" : ""}`} aria-pressed={language === one} onClick={() => setLanguage(one)}>{one === "en" ? "English" : "فارسی"}</button>)}
            </fieldset>
            <fieldset class="roles"><legend>{t("theme")}</legend>
                {(["system", "light", "dark"] as const).map((one) => <button type="button" key={one} class={`chip${theme === one ? " on" : ""}`} aria-pressed={theme === one} onClick={() => setTheme(one)}>{t(`theme_${one}`)}</button>)}
            </fieldset>
            <p class="quiet">{fullDate(Date.now())}</p>
            <p class="small-print"><a href="/LICENSES.txt" target="_blank" rel="noopener">{t("licences")}</a></p>
        </>
    );
}
