/** Of all pages: the fonts of the system, one accent, light and dark as the system is. No rule needs a script or an inline style. */
export const STYLE_SHEET = `:root {
  color-scheme: light dark;
  --ground: #f7f8f8; --card: #ffffff; --ink: #1c2426; --soft: #5b676a; --line: #dde3e4; --field: #b4bfc2;
  --accent: #1d6b74; --accent-ink: #ffffff; --accent-soft: #e3f0f0; --danger: #a3312a; --danger-soft: #fbe9e7;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121718; --card: #1a2123; --ink: #e4eaeb; --soft: #9aa8ab; --line: #2c3639; --field: #566468;
    --accent: #6cc3c5; --accent-ink: #0d2326; --accent-soft: #1c3436; --danger: #f0948b; --danger-soft: #3a2220;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere;
}
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .18em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .3rem; }
.skip, .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip:focus { width: auto; height: auto; clip-path: none; padding: .5rem 1rem; background: var(--card); z-index: 1; }

.bar {
  display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem;
  padding: .6rem clamp(1rem, 4vw, 2rem); background: var(--card); border-bottom: 1px solid var(--line);
}
.brand { display: inline-flex; align-items: center; gap: .5rem; color: inherit; font-weight: 650; text-decoration: none; }
.brand img { display: block; }
nav { display: flex; flex-wrap: wrap; gap: .25rem; }
nav a { padding: .3rem .65rem; border-radius: .4rem; color: var(--soft); text-decoration: none; }
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--accent); background: var(--accent-soft); }
.leave { display: flex; align-items: center; gap: .9rem; margin-left: auto; min-width: 0; }
.who { color: var(--soft); max-width: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.within { margin: -.4rem 0 1.5rem; border-bottom: 1px solid var(--line); gap: 0 1.25rem; }
.within a { padding: .35rem 0; border-radius: 0; margin-bottom: -1px; border-bottom: 2px solid transparent; }
.within a[aria-current] { background: none; border-bottom-color: var(--accent); }

main { margin: 0 auto; padding: clamp(1.25rem, 4vw, 2.5rem) clamp(1rem, 4vw, 2rem) 4rem; }
.wide { max-width: 68rem; }
.wider { max-width: 80rem; }
.narrow { max-width: 27rem; }
h1 { margin: 0 0 1.25rem; font-size: 1.6rem; font-weight: 620; line-height: 1.2; letter-spacing: -.01em; }
h3 { margin: 0 0 .6rem; font-size: .9rem; font-weight: 550; color: var(--soft); }
h2 { margin: 0 0 .9rem; font-size: 1.06rem; font-weight: 620; }
p { margin: 0 0 .9rem; }
.quiet, small { color: var(--soft); font-size: .9rem; }
code, .code { font-family: var(--mono); font-size: .88em; }
section, .card {
  margin: 0 0 1.25rem; padding: clamp(1rem, 2.5vw, 1.5rem); background: var(--card);
  border: 1px solid var(--line); border-radius: .7rem; min-width: 0;
}
section > :last-child, .card > :last-child { margin-bottom: 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0 1.25rem; align-items: start; }

.notice { padding: .7rem 1rem; border-radius: .5rem; border-left: 3px solid var(--accent); background: var(--accent-soft); }
.notice.wrong { border-color: var(--danger); background: var(--danger-soft); }

dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.25rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; }
ul.tags { display: flex; flex-wrap: wrap; gap: .35rem; margin: 0; padding: 0; list-style: none; }
.tag { display: inline-block; white-space: nowrap; padding: .05rem .5rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .85rem; }
.tags .tag { white-space: normal; }
.tag.strong { color: var(--accent); background: var(--accent-soft); border-color: transparent; }
.tag.bad { color: var(--danger); background: var(--danger-soft); border-color: transparent; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem 1.5rem; margin: 0; }
.figures div { min-width: 0; }
.figures dd { font-size: 1.5rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums; }
.figures dt { font-size: .88rem; }
.figures small { display: block; font-weight: 400; line-height: 1.4; }

label, .label { display: block; margin-bottom: .3rem; font-size: .9rem; font-weight: 550; }
.field { margin: 0 0 1rem; }
.field small { display: block; margin-top: .25rem; }
input:not([type=checkbox]), select, textarea {
  width: 100%; min-height: 2.5rem; padding: .4rem .7rem; color: inherit; background: var(--ground);
  border: 1px solid var(--field); border-radius: .45rem; font: inherit;
}
input:not([type=checkbox]).unseen { width: 1px; min-height: 0; padding: 0; border: 0; }
input.code, textarea.code { font-family: var(--mono); font-size: .9rem; }
input:focus-visible, select:focus-visible, textarea:focus-visible { outline-offset: 0; border-color: var(--accent); border-radius: .45rem; }
fieldset { margin: 0 0 1rem; padding: 0; border: 0; min-width: 0; }
legend { padding: 0; margin-bottom: .3rem; font-size: .9rem; font-weight: 550; }
.choice { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; align-items: baseline; margin: 0 0 .35rem; font-weight: 400; }
.choice input { width: 1rem; height: 1rem; margin: 0; accent-color: var(--accent); transform: translateY(.12rem); }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 0 0 1rem; }
.row > .field { flex: 1 1 12rem; margin: 0; min-width: 0; }
button, .button {
  display: inline-block; min-height: 2.5rem; padding: .4rem 1.1rem; border: 1px solid var(--accent); border-radius: .45rem;
  background: var(--accent); color: var(--accent-ink); font: inherit; font-weight: 550; text-align: center;
  text-decoration: none; cursor: pointer; overflow-wrap: break-word;
}
button, .sure summary { white-space: nowrap; }
button:hover, .button:hover { filter: brightness(1.08); }
.second { background: transparent; color: var(--accent); border-color: var(--field); }
.danger { background: transparent; color: var(--danger); border-color: var(--field); }
.danger:hover { border-color: var(--danger); }
.plain { min-height: 0; padding: 0; border: 0; background: none; color: var(--accent); text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .18em; font-weight: 450; }
.plain.danger { color: var(--danger); }
.full { width: 100%; }
.stack > * { margin: 0 0 .6rem; }
.actions { display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
.actions > * { display: inline; }
.sure { display: inline-block; margin: 0; }
.sure summary { display: inline; list-style: none; margin: 0; color: var(--danger); text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .18em; }
.sure summary::-webkit-details-marker { display: none; }
.sure[open] summary { color: var(--soft); text-decoration: none; }
.sure form { display: inline; margin-left: .4rem; }
.or { display: flex; align-items: center; gap: .8rem; margin: 1.25rem 0; color: var(--soft); font-size: .9rem; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
pre { margin: 0 0 .9rem; padding: .8rem 1rem; background: var(--ground); border: 1px solid var(--line); border-radius: .5rem; font: .86rem/1.5 var(--mono); white-space: pre-wrap; word-break: break-all; user-select: all; }
pre.lines { user-select: text; }

table { width: 100%; border-collapse: collapse; font-size: .93rem; font-variant-numeric: tabular-nums; }
section > table:not(:last-child) { margin-bottom: .9rem; }
th { text-align: left; font-weight: 550; color: var(--soft); font-size: .85rem; white-space: nowrap; }
th, td { padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child td { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
time, .whole { white-space: nowrap; }
.meters { display: grid; gap: .85rem; }
.meter-head { display: grid; grid-template-columns: 1fr auto; gap: 0 1.25rem; align-items: baseline; font-size: .93rem; }
.meter-head > :last-child { text-align: right; font-variant-numeric: tabular-nums; }
.meters + h3 { margin-top: 1.4rem; }
.meter { display: block; width: 100%; height: .4rem; margin-top: .3rem; border-radius: .2rem; background: var(--line); fill: var(--accent); }
.meter.full-up { fill: var(--danger); }
details { margin: 0 0 1rem; }
summary { cursor: pointer; color: var(--accent); margin-bottom: .6rem; }
.limits { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 0 1.25rem; align-items: end; }
.pager { display: flex; justify-content: space-between; gap: 1rem; }

@media (max-width: 44rem) {
  .bar nav { order: 3; width: 100%; margin-left: -.65rem; }
  .within { margin-left: 0; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { padding: .7rem 0; border-bottom: 1px solid var(--line); }
  tbody tr:first-child { padding-top: 0; }
  tbody tr:last-child { border-bottom: 0; padding-bottom: 0; }
  td, td.number { display: grid; white-space: normal; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .75rem; padding: .12rem 0; border: 0; text-align: left; }
  td::before { content: attr(data-title); color: var(--soft); font-size: .88rem; }
  dl:not(.figures) { grid-template-columns: 6.5rem minmax(0, 1fr); gap: .3rem .75rem; }
}
@media (forced-colors: active) { .meter { forced-color-adjust: none; } }
`;
