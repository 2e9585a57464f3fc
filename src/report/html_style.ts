/** The style sheet of the HTML report; its colours are the inks of the pictures. */
const HUES = ['red', 'orange', 'amber', 'violet', 'blue', 'teal', 'green', 'slate']

export const HTML_STYLE = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--tint);color:var(--text);font:15px/1.55 Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:1120px;margin:0 auto;padding:28px 20px 48px}
section,header{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:22px 26px;margin:0 0 18px}
header{border-top:5px solid var(--slate)}
header.critical,header.high{border-top-color:var(--red)}
header.medium{border-top-color:var(--orange)}
h1{font-size:27px;line-height:1.25;letter-spacing:-.015em;margin:2px 0 16px;font-weight:680}
h2{font-size:17px;letter-spacing:-.005em;margin:0 0 12px;font-weight:650}
h3{font-size:14.5px;margin:0 0 2px;font-weight:650}
p{margin:0 0 10px}
.kind{color:var(--muted);font-size:13px;margin:0 0 4px}
.strip{display:flex;gap:20px;align-items:stretch}
.score{min-width:104px;border-radius:12px;background:var(--slateTint);color:var(--slate);display:flex;flex-direction:column;align-items:center;justify-content:center;padding:10px}
.critical .score,.high .score{background:var(--redTint);color:var(--red)}
.medium .score{background:var(--orangeTint);color:var(--orange)}
.score b{font-size:38px;line-height:1;font-weight:700;font-variant-numeric:tabular-nums}
.score span{font-size:12px;margin-top:4px}
.verdict{align-self:center}
.verdict b{font-size:17px;margin-right:6px}
.verdict span{color:var(--muted)}
.verdict p{margin:4px 0 0}
.facts{display:flex;flex-wrap:wrap;gap:8px 34px;margin:18px 0 0;padding:14px 0 0;border-top:1px solid var(--line)}
.facts dt{font-size:12px;color:var(--muted)}
.facts dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
.lead{display:grid;grid-template-columns:1.35fr 1fr;gap:30px}
.lead:not(:has(.next)){display:block}
.lead p{font-size:16px;line-height:1.62;margin:0}
.lead sup a{font-size:10.5px;text-decoration:none;padding:0 2px}
.next ol{margin:0;padding-left:20px}
.next li{margin:0 0 7px}
.next{border-left:1px solid var(--line);padding-left:28px}
a{color:var(--blue)}
figure{margin:0 0 12px;overflow-x:auto}
svg{display:block;max-width:100%;height:auto;margin:0 auto;font-family:Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
.mono,svg .mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
.phases{list-style:none;margin:0;padding:0;display:grid;gap:14px}
.phases li{border-left:4px solid var(--slate);padding:1px 0 1px 16px}
.phases p{margin:0 0 4px}
.when,.note,.small{font-size:13px}
.when,.note,.muted{color:var(--muted)}
td{min-width:6.5em}td:first-child:not(.id){min-width:2em}td b{display:inline-block;min-width:6.5em}.nowrap{white-space:nowrap}
.chips{display:flex;flex-wrap:wrap;gap:6px}
.chip{display:inline-block;font-size:12.5px;line-height:1.4;padding:2px 9px;border-radius:20px;background:var(--slateTint);color:var(--text);text-decoration:none;margin:0 4px 2px 0}
.role{display:inline-block;font-size:12.5px;font-weight:600;padding:1px 9px;border-radius:20px;white-space:nowrap}
.dot{display:inline-block;width:9px;height:9px;border-radius:5px;margin-right:7px;background:var(--slate)}
${HUES.map((hue) => `.phases .${hue}{border-color:var(--${hue})}.phases .${hue} h3{color:var(--${hue})}.role.${hue}{background:var(--${hue}Tint);color:var(--${hue})}.dot.${hue},.bar .${hue}{background:var(--${hue})}`).join('')}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-size:12px;font-weight:600;color:var(--muted);padding:0 14px 6px 0;border-bottom:1px solid var(--edge)}
td{padding:8px 14px 8px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td:first-child{font-variant-numeric:tabular-nums}
.day th{padding-top:12px;color:var(--text);border:0}
tr:target td{background:var(--amberTint)}
.fit{min-width:170px}
.bar{display:block;height:8px;border-radius:4px;background:var(--slateTint);margin:6px 0 3px;overflow:hidden}
.bar span{display:block;height:100%;border-radius:4px}
ul{margin:0;padding-left:20px}
section>ul{margin-top:6px}
li{margin:0 0 4px}
footer{color:var(--muted);font-size:12.5px;padding:4px 6px}
@media screen and (max-width:760px){.lead{grid-template-columns:1fr}.next{border:0;padding:0}.strip{flex-direction:column}section,header{padding:18px 16px}}
@media print{@page{margin:14mm}body{background:none;font-size:10.5pt}main{max-width:none;padding:0}section,header{border:0;border-radius:0;padding:0;margin:0 0 7mm}header{border-top:3pt solid var(--red);padding-top:4mm}h1{font-size:19pt}h2{break-after:avoid}tr,.phases li,figure{break-inside:avoid}thead{display:table-header-group}.score,.role,.chip,.dot,.bar,.bar span,svg{-webkit-print-color-adjust:exact;print-color-adjust:exact}a{color:inherit;text-decoration:none}.scroll,figure{overflow:visible}}
`
  .trim()
  .replaceAll('\n', '')
