// Markdown of what one writes, as the content of a message. Text without any formatting is sent as plain text.
import { Marked } from "marked";

const marked = new Marked({ gfm: true, breaks: true });
// HTML that was typed is text; pictures of other places are not loaded by anybody, so they are links.
const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
marked.use({
    renderer: {
        html: ({ text }) => escape(text),
        image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || href)}</a>`,
    },
});

export interface Mentioned { user: string; name: string }

/** The content for `text`. `mentions` are people whose "@name" may stand in it. */
export function contentOf(text: string, mentions: Mentioned[]): Record<string, any> {
    const emote = text.startsWith("/me ");
    const body = emote ? text.slice(4) : text;
    const present = mentions.filter((one) => body.includes(`@${one.name}`));
    let html = marked.parse(body, { async: false }) as string;
    html = html.trim().replace(/^<p>([\s\S]*)<\/p>$/, (whole, inside: string) => (inside.includes("<p>") ? whole : inside)).replace(/\n+$/, "");
    for (const { user, name } of [...present].sort((a, b) => b.name.length - a.name.length)) {
        html = html.replaceAll(`@${escape(name)}`, `<a href="https://matrix.to/#/${encodeURIComponent(user)}">${escape(name)}</a>`);
    }
    const plain = html.replace(/<br>\n?/g, "\n") === escape(body).trim() || html.replace(/<br>\n?/g, "\n") === escape(body).replace(/&quot;/g, "&quot;").replace(/'/g, "&#39;").trim();
    const content: Record<string, any> = { msgtype: emote ? "m.emote" : "m.text", body, "m.mentions": {} };
    if (present.length) content["m.mentions"] = { user_ids: [...new Set(present.map((one) => one.user))] };
    if (!plain) Object.assign(content, { format: "org.matrix.custom.html", formatted_body: html });
    return content;
}
