// A small choice of emoji; every system has a larger one of its own.
import type { JSX } from "preact";
import { t, type Word } from "../../i18n/index.ts";

const GROUPS: [Word, string][] = [
    ["emoji_faces", "😀 😃 😄 😁 😆 😅 🤣 😂 🙂 🙃 😉 😊 😇 🥰 😍 🤩 😘 😗 😚 😋 😛 😜 🤪 😝 🤗 🤭 🤫 🤔 😐 😑 😶 😏 😒 🙄 😬 😌 😔 😪 😴 😷 🤒 🤕 🥵 🥶 🥳 😎 🤓 😕 😟 🙁 😮 😯 😲 😳 🥺 😦 😨 😰 😥 😢 😭 😱 😖 😞 😩 😤 😡 😠 🤯"],
    ["emoji_hands", "👋 🤚 ✋ 👌 ✌️ 🤞 🤟 🤙 👈 👉 👆 👇 👍 👎 ✊ 👏 🙌 👐 🤲 🤝 🙏 ✍️ 💪 👀 🫶"],
    ["emoji_hearts", "❤️ 🧡 💛 💚 💙 💜 🖤 🤍 💔 💕 💞 💓 💗 💖 💘 ✨ ⭐ 🌟 🔥 💯 ✅ ❌ ❗ ❓ 🎉 🎊 🎁"],
    ["emoji_things", "🌹 🌷 🌸 🌻 🌱 🌲 🍀 🍎 🍊 🍉 🍇 🍓 🍕 🍔 🍞 ☕ 🍵 🎂 🐱 🐶 🐦 🕊️ 🦋 🐟 ☀️ 🌙 ⛅ 🌧️ ❄️ 🌈 ⚽ 🎵 🎬 📷 📚 ✏️ 📌 💡 🔑 🔒 🏠 🚗 ✈️ ⏰ 📅"],
];

export function EmojiGrid({ onPick }: { onPick: (emoji: string) => void }): JSX.Element {
    return (
        <div class="emoji-grid" role="group" aria-label={t("emoji")}>
            {GROUPS.map(([word, list]) => (
                <div key={word} role="group" aria-label={t(word)}>
                    {list.split(" ").map((one) => <button type="button" key={one} onClick={() => onPick(one)} aria-label={one}>{one}</button>)}
                </div>
            ))}
        </div>
    );
}
