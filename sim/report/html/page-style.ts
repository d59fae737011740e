/** Light and dark, side by side where there is room, one below the other where there is not. */
export const PAGE_STYLE = `
:root { --ink: #1c1f24; --dim: #5c6570; --paper: #fff; --panel: #f5f6f8; --line: #cfd4da; --bad: #b3261e; --badpaper: #fdeceb; --now: #dbe9ff; --accent: #1d5fc4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --dim: #9aa4b0; --paper: #14171b; --panel: #1d2127; --line: #3a414a; --bad: #ff8a80; --badpaper: #3b1d1c; --now: #1f3455; --accent: #8ab4f8; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1700px; padding: 16px; color: var(--ink); background: var(--paper); font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 20px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 0 0 8px; }
h3 { font-size: 13px; margin: 16px 0 4px; color: var(--dim); }
p { margin: 0 0 6px; overflow-wrap: anywhere; }
code, pre, td, .fingerprint, .ends { font-family: ui-monospace, monospace; font-size: 12px; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.fingerprint, .found { color: var(--bad); font-weight: 600; }
.rule, .keys { color: var(--dim); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 8px 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
details { margin: 4px 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
ol, ul { margin: 4px 0; padding-left: 34px; overflow-wrap: anywhere; } .world { color: var(--dim); list-style: none; padding-left: 12px; }
li small { color: var(--dim); white-space: nowrap; } li i { display: inline-block; height: 8px; margin: 0 4px 0 8px; background: var(--accent); }
li.is-guilty { color: var(--bad); font-weight: 600; }
.values { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; margin: 8px 0; }
.values > div { background: var(--panel); padding: 8px; border-radius: 6px; min-width: 0; }
table { border-collapse: collapse; margin: 4px 0 8px; max-width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 2px 10px 2px 4px; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 500; overflow-wrap: break-word; } tbody th { color: var(--dim); min-width: 8em; } .fields th { font-size: 12px; }
.differs th, .differs td { background: var(--badpaper); color: var(--ink); } .differs b { color: var(--bad); }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; margin-top: 12px; }
.chart { overflow: auto; border: 1px solid var(--line); border-radius: 6px; max-height: 46vh; }
.panels { min-width: 0; }
kbd { border: 1px solid var(--line); border-radius: 3px; padding: 0 4px; font: inherit; }
svg { display: block; font: 12px ui-monospace, monospace; }
svg text { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; pointer-events: none; }
.lane { stroke: var(--line); stroke-width: 2; } .node { font-weight: 700; }
.row { fill: transparent; cursor: pointer; } .row:hover { fill: var(--panel); } .row.is-now { fill: var(--now); }
line, polygon, circle { pointer-events: none; }
.dot { fill: var(--accent); } .message, .lost line, .under-way line { stroke: var(--dim); stroke-width: 1.5; } .head { fill: var(--dim); }
.lost line, .under-way line { stroke-dasharray: 4 3; } .lost text, text.found { fill: var(--bad); font-weight: 700; }
.guilty { fill: none; stroke: var(--bad); stroke-width: 2.5; } text.time, text.event, text.note { fill: var(--dim); }
@media (min-width: 1000px) {
  main { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } .compared tbody th { min-width: 13em; }
  .is-walked .chart, .is-walked .panels { height: calc(100vh - 32px); max-height: none; overflow: auto; position: sticky; top: 16px; }
}
`;
