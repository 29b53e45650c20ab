// HTML of messages, made safe by never being used: it is parsed apart from the page, and what is on the list of allowed
// elements is built anew as components. No attribute is copied but the address of a link, after it was looked at.
// Spec: Client-Server API › m.room.message msgtypes (the suggested elements).
import { h, type ComponentChild, type VNode } from "preact";

const ALLOWED = new Set(["b", "strong", "i", "em", "u", "s", "del", "strike", "code", "pre", "blockquote", "p", "br", "ul", "ol", "li", "h1", "h2",
    "h3", "h4", "h5", "h6", "a", "span", "div", "hr", "sub", "sup", "table", "thead", "tbody", "tr", "th", "td", "caption"]);
const DROPPED = new Set(["script", "style", "mx-reply", "template", "iframe", "object", "embed", "svg", "math", "head", "title", "noscript", "textarea",
    "select", "audio", "video", "form", "input", "button", "link", "meta", "base", "frame", "frameset"]);
const HEADINGS = /^h[1-6]$/;
const MOST_NODES = 2000;
const MOST_DEPTH = 40;

/** An address that a link may lead to, else null. */
export function safeAddress(text: string | null): string | null {
    if (!text) return null;
    try {
        const url = new URL(text);
        return ["http:", "https:", "mailto:", "matrix:"].includes(url.protocol) ? url.href : null;
    } catch {
        return null;
    }
}

/** The user or room that a link of matrix.to or matrix: names. */
export function namedBy(address: string): string | null {
    const found = /^https:\/\/matrix\.to\/#\/([^/?]+)/.exec(address);
    try {
        if (found) return decodeURIComponent(found[1]);
    } catch {
        return null;
    }
    const scheme = /^matrix:(u|r|roomid)\/([^/?]+)/.exec(address);
    return scheme ? { u: "@", r: "#", roomid: "!" }[scheme[1]]! + scheme[2] : null;
}

const LINK = /\bhttps?:\/\/[^\s<>"'`]{2,1000}/g;

/** Text with its links, and with nothing else. */
export function linked(text: string, link: (address: string, shown: string, key: number) => ComponentChild): ComponentChild[] {
    const parts: ComponentChild[] = [];
    let from = 0;
    for (const found of text.matchAll(LINK)) {
        const shown = found[0].replace(/[.,;:!?)\]}»؟،]+$/, "");
        const address = safeAddress(shown);
        if (!address) continue;
        if (found.index > from) parts.push(text.slice(from, found.index));
        parts.push(link(address, shown, found.index));
        from = found.index + shown.length;
    }
    parts.push(text.slice(from));
    return parts;
}

export function safeHtml(html: string, link: (address: string, children: ComponentChild, key: number) => ComponentChild): ComponentChild {
    // Nothing runs in a parsed page; but handlers and styles in it are reported against the policy, so they do not get there.
    const bare = html.slice(0, 60000).replace(/<(\/?)(?:style|script)\b/gi, "<$1template").replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s/"'])(?:on[a-z]+|style)\s*=/gi, "$1data-off="));
    const page = new DOMParser().parseFromString(bare, "text/html");
    let nodes = 0;
    const walk = (parent: Node, depth: number, inLink: boolean): ComponentChild[] => {
        const made: ComponentChild[] = [];
        for (const node of parent.childNodes) {
            if (++nodes > MOST_NODES) break;
            if (node.nodeType === Node.TEXT_NODE) {
                const text = node.nodeValue ?? "";
                made.push(...(inLink ? [text] : linked(text, (address, shown, key) => link(address, shown, key))));
                continue;
            }
            if (node.nodeType !== Node.ELEMENT_NODE) continue;
            const element = node as Element;
            const name = element.localName;
            if (DROPPED.has(name)) continue;
            if (name === "img") {
                made.push(element.getAttribute("alt") ?? "");
                continue;
            }
            const children = depth > MOST_DEPTH ? [element.textContent ?? ""] : walk(element, depth + 1, inLink || name === "a");
            if (!ALLOWED.has(name)) made.push(...children);
            else if (name === "a") {
                const address = safeAddress(element.getAttribute("href"));
                made.push(...(address ? [link(address, children as ComponentChild, nodes)] : children));
            } else if (name === "br" || name === "hr") made.push(h(name, null));
            else if (HEADINGS.test(name)) made.push(h("p", { class: "heading" }, children) as VNode);
            else if (name === "ol") made.push(h("ol", { start: Number(element.getAttribute("start")) || undefined }, children) as VNode);
            else made.push(h(name as "b", { dir: name === "pre" || name === "code" ? "ltr" : ["p", "li", "blockquote"].includes(name) ? "auto" : undefined }, children) as VNode);
        }
        return made;
    };
    return walk(page.body, 0, false) as ComponentChild;
}
