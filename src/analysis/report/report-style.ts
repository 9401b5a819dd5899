/** Style sheet of the page, for light and dark screens and for paper. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2933;--faint:#66717d;--line:#dde2e7;--ground:#f4f6f8;--leg0:#1c6fd0;--leg1:#0b8a6a;--clash:#d1362f;--music:#8447c9;--tone:#c98a00;--dead:#8b95a1}
@media (prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e3e8ee;--faint:#98a3af;--line:#323a43;--ground:#1c2229;--leg0:#5aa2f5;--leg1:#3fc49c;--clash:#ff6a60;--music:#b98af0;--tone:#f0b840;--dead:#6c7683}}
body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;padding:0 1.5em;max-width:76em;color:var(--ink);background:var(--paper)}
h1{font-size:1.5em;margin:0 0 .2em;overflow-wrap:anywhere}h2{font-size:1.1em;margin:2em 0 .4em}
.lead{color:var(--faint);margin:0 0 1.2em}.picture{display:flex;border:1px solid var(--line);border-radius:6px;overflow:hidden}
.names{flex:none;max-width:11em;padding:58px .8em 0;border-right:1px solid var(--line)}.names p{margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-weight:600}
.names span{display:block;font-weight:400;color:var(--faint)}.roll{overflow-x:auto;flex:auto}svg{display:block;color:var(--ink)}svg text{font-size:11px;fill:currentColor}
.n0{color:var(--leg0)}.n1{color:var(--leg1)}.ground{fill:var(--ground)}.leg0 .wave,.leg0 .speech{fill:var(--leg0)}.leg1 .wave,.leg1 .speech{fill:var(--leg1)}.wave{opacity:.55}
.overlap{fill:var(--clash)}.music{fill:var(--music);opacity:.3}.tone{fill:var(--tone);opacity:.45}.dead{fill:var(--dead);opacity:.25}.faint{fill:var(--faint)}
.event .line{stroke:currentColor;stroke-opacity:.35;stroke-dasharray:2 3}.event.of0 text{fill:var(--leg0)}.event.of1 text{fill:var(--leg1)}.event.interruption text,.event.failed-barge-in text{fill:var(--clash)}
.key{color:var(--faint);margin:.6em 0 0}.key i{display:inline-block;width:1em;height:.8em;margin:0 .35em 0 1em;vertical-align:-1px;border-radius:2px}
.key .k0{background:linear-gradient(90deg,var(--leg0) 50%,var(--leg1) 50%);margin-left:0}.key .k1{background:var(--clash)}.key .k2{background:var(--music);opacity:.5}.key .k3{background:var(--tone);opacity:.7}.key .k4{background:var(--dead);opacity:.5}
table{border-collapse:collapse;margin:.4em 0}td,th{border-bottom:1px solid var(--line);padding:.25em 1.2em .25em 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}td.n{text-align:right;font-variant-numeric:tabular-nums}.none{color:var(--faint)}
.facts{display:flex;flex-wrap:wrap;gap:.6em 2.2em;margin:1.2em 0 0;padding:0}.facts div{min-width:6em}.facts b{display:block;font-size:1.25em;font-weight:600}.facts span{color:var(--faint)}
@media print{.roll{overflow:visible}svg{width:100%;height:auto}}`;
