// The one style sheet. Colours have a contrast of at least 4.5 to 1 in both schemes.

#include "pages/page.h"

namespace peyk::pages {
namespace {

constexpr std::string_view kStyle =
    R"(:root { color-scheme: light dark; --line: #8885; --accent: #0a7d68; --soft: #5a5a5a; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem; font: 1.05rem/1.65 system-ui, "Vazirmatn", "Noto Sans Arabic", sans-serif; }
header, footer { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: baseline; }
header { border-bottom: 1px solid var(--line); padding-bottom: .7rem; }
header strong { margin-inline-end: auto; font-size: 1.25rem; }
footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .7rem; font-size: .85rem; color: var(--soft); }
a { color: var(--accent); }
h1 { font-size: 1.6rem; line-height: 1.3; }
h2 { font-size: 1.2rem; margin-top: 2rem; }
code { font-size: 1rem; background: #8882; border-radius: .3rem; padding: .15rem .4rem; overflow-wrap: anywhere; unicode-bidi: isolate; }
code.address { display: inline-block; margin: .4rem 0; padding: .5rem .8rem; font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: start; vertical-align: top; padding: .4rem .5rem; overflow-wrap: anywhere; border-bottom: 1px solid var(--line); }
.note { border-inline-start: .25rem solid var(--accent); padding: .3rem .9rem; background: #8881; }
.complaint { border-inline-start: .25rem solid #c33; padding: .3rem .9rem; background: #c331; }
.qr { width: 12rem; max-width: 100%; display: block; margin: 1rem 0; }
label { display: block; margin: .8rem 0; }
input { display: block; width: 100%; max-width: 24rem; padding: .55rem; font: inherit; border: 1px solid #888; border-radius: .3rem; }
button, a.button { display: inline-block; padding: .55rem 1.2rem; font: inherit; color: #fff; background: #0a7d68; border: 1px solid transparent; border-radius: .3rem; text-decoration: none; cursor: pointer; }
button.quiet, a.quiet { color: inherit; background: transparent; border-color: #888; }
button.danger { background: #b3261e; }
button:hover, a.button:hover { filter: brightness(1.12); }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px; }
.narrow { max-width: 34rem; }
.narrow main { margin-top: 1.5rem; }
.narrow input:not([type=checkbox]):not([type=radio]) { max-width: none; }
.hint { font-size: .92rem; color: var(--soft); margin: .25rem 0; }
.actions { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1.4rem 0; align-items: center; }
.actions form { margin: 0; display: flex; flex-wrap: wrap; gap: .7rem; }
.card { border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.2rem; margin: 1rem 0; }
.card h2 { margin-top: 0; }
.card p:last-child { margin-bottom: 0; }
ul.list { list-style: none; padding: 0; margin: 1rem 0; }
ul.list > li { border-bottom: 1px solid var(--line); padding: .8rem 0; display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; justify-content: space-between; }
ul.list form { margin: 0; }
label.choice { display: flex; gap: .6rem; align-items: baseline; }
label.choice input { width: auto; flex: none; }
.code { font: 600 1.5rem/1.4 ui-monospace, monospace; letter-spacing: .12em; direction: ltr; unicode-bidi: isolate; }
.codes { columns: 2; font: 1.05rem/1.9 ui-monospace, monospace; direction: ltr; list-style: none; padding: 0; }
.done { border-inline-start: .25rem solid #0a7d68; padding: .3rem .9rem; background: #0a7d681f; }
p.code { text-align: center; }
bdi { unicode-bidi: isolate; }
[hidden] { display: none !important; }
@media (prefers-color-scheme: dark) { :root { --accent: #5fd3bc; --soft: #b4b4b4; } }
)";

}  // namespace

std::string_view style_sheet() { return kStyle; }

}  // namespace peyk::pages
