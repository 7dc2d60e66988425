/* report.js: the page of `milc ane --html`: one report shown as a graph, a table and rules, which point at
 * each other. The data is the JSON of `milc ane --json` with the texts of the tables behind it. */
const data = JSON.parse(document.getElementById('data').textContent);
const hues = { native: 3, met: 2, unmet: 5, rewritten: 7, 'no-path': 6, unknown: 0 };
let report = 0; /* place in data.reports */

/* Of a report: which functions' reports there are, and which family. */
const functions = [...new Set(data.reports.map((r) => r.function))];
const families = [...new Set(data.reports.map((r) => r.family))];

function here() {
	return data.reports[report];
}

function place(op) {
	return op.line ? `${op.line}:${op.column}` : '';
}

function size(op) {
	return op.dtype ? op.dtype + ' ' + (op.shape || []).map((n) => n ?? '?').join('×') : '';
}

/* ---- evidence: what the hover says ---- */

function reasons(op) {
	return op.findings.filter((f) => f.kind === 'remark' || f.kind === 'note' || f.holds !== 'yes')
		.filter((f) => f.kind !== 'soft' || f.holds === 'no');
}

function sources(keys) {
	const p = make('p', 'dim');
	for (const key of keys) {
		const s = data.sources[key];
		p.append(make('span', '', `[${key}] ${s ? s.title : ''}${s && s.observed_on ? ' · ' + s.observed_on : ''}`),
			make('br'));
	}
	return p;
}

function evidence(op) {
	const row = data.rows[op.op] || {};
	const box = document.createDocumentFragment();

	box.append(make('p', '', make('b', '', op.op), ' ' + (op.name || '') + '  ', make('span', 'dim', size(op))));
	box.append(make('p', '', verdict_of(op), ` expected: ${op.expected}`,
		op.measured ? `, measured: ${op.measured}` : ''));
	for (const f of reasons(op)) {
		const text = f.kind === 'remark' || f.kind === 'note' ? f.clause : f.why || f.clause;
		box.append(make('p', f.holds === 'no' ? 'why' : '', (f.rule ? f.rule + ': ' : '') + text));
	}
	if (row.conditions)
		box.append(make('p', 'code', row.conditions));
	if (row.notes)
		box.append(make('p', '', row.notes));
	if (op.instead && op.expected !== 'engine')
		box.append(make('p', '', make('b', '', 'instead: '), op.instead));
	if (op.confidence)
		box.append(make('p', 'dim', 'confidence: ' + op.confidence));
	box.append(sources(op.sources));
	return box;
}

/* At the pointer; a click pins it, so that it can be read to its end. */
function show_tip(op, event) {
	const tip = $('tip');

	if (tip.classList.contains('pinned'))
		return;

	tip.replaceChildren(evidence(op));
	tip.hidden = false;
	const w = tip.offsetWidth, h = tip.offsetHeight;
	tip.style.left = Math.max(4, Math.min(event.clientX + 16, innerWidth - w - 8)) + 'px';
	tip.style.top = Math.max(4, Math.min(event.clientY + 16, innerHeight - h - 8)) + 'px';
}

function hide_tip() {
	$('tip').hidden = true;
	$('tip').classList.remove('pinned');
}

/* ---- one operation in all three places ---- */

function node_of(k) {
	return document.getElementById(`op-${functions.indexOf(here().function)}-${k}`);
}

function mark(k, scroll) {
	for (const e of document.querySelectorAll('.hit'))
		e.classList.remove('hit');
	const node = node_of(k), row = $('row-' + k), line = $('line-' + here().operations[k].line);
	for (const e of [node, row, line])
		if (e) {
			e.classList.add('hit');
			if (scroll !== e)
				e.scrollIntoView({ block: 'nearest', inline: 'nearest' });
		}
}

function listen(e, k) {
	e.onmousemove = (event) => show_tip(here().operations[k], event);
	e.onmouseleave = () => { if (!$('tip').classList.contains('pinned')) hide_tip(); };
	e.onclick = (event) => {
		event.stopPropagation();
		mark(k, e);
		$('tip').classList.remove('pinned');
		show_tip(here().operations[k], event);
		$('tip').classList.add('pinned');
	};
}

/* ---- the table ---- */

function matches(op) {
	const text = $('filter').value.toLowerCase(), verdict = $('verdict').value;

	return (!verdict || op.verdict === verdict || op.expected === verdict) &&
		(!text || `${op.op} ${op.name} ${size(op)} ${words[op.verdict]}`.toLowerCase().includes(text));
}

function fill_table() {
	const body = $('rows');
	let n = 0;

	body.replaceChildren();
	here().operations.forEach((op, k) => {
		if (!matches(op))
			return;
		const first = reasons(op).find((f) => f.holds === 'no' && f.kind !== 'soft');
		const row = make('tr', '', make('td', 'dim', place(op)), make('td', '', op.name || ''),
			make('td', 'code', op.op), make('td', 'type dim', size(op)),
			make('td', '', verdict_of(op), op.measured ? ' ' + op.measured : null,
				first && first.clause !== 'False' ? make('div', 'why', first.why || '') : null));
		row.id = 'row-' + k;
		listen(row, k);
		body.append(row);
		n++;
	});
	$('count').textContent = `${n} of ${here().operations.length}`;
}

function fill_rules() {
	const pane = $('rules');
	const broken = here().rules.filter((r) => r.holds === 'no' && r.severity !== 'info');
	const open = here().rules.filter((r) => r.holds === 'unknown');

	pane.replaceChildren();
	for (const r of broken) {
		pane.append(make('p', '', make('b', '', `${r.id} ${r.severity}: `), r.statement + ' ',
			make('span', 'why', `(${r.why || r.clause}${r.broken ? `; ${count(r.broken, 'operation')}` : ''})`),
			r.instead ? make('div', '', 'instead: ' + r.instead) : null));
		pane.append(sources(r.sources));
	}
	if (open.length)
		pane.append(make('p', 'dim', 'not known before a run: ' + open.map((r) => r.id).join(', ')));
	const list = make('ol');
	for (const c of here().summary.changes)
		list.append(make('li', '', c.cause, make('div', 'dim',
			`${count(c.operations, 'operation')}, ${Math.round(c.flops)} FLOPs, ${count(c.transitions, 'transition')} fewer`),
		c.instead ? make('div', '', 'instead: ' + c.instead) : null));
	if (list.children.length)
		pane.prepend(make('h2', '', 'what would help most'), list, make('h2', '', 'rules that it breaks'));
}

/* ---- graph and head ---- */

function paint() {
	document.querySelectorAll('#graph > div.fn').forEach((e, i) => { e.hidden = functions[i] !== here().function; });
	here().operations.forEach((op, k) => {
		const node = node_of(k);
		if (!node)
			return;
		node.setAttribute('class', node.getAttribute('class').replace(/\bk\d+\b/, '').trim() + ' k' + hues[op.verdict]);
		for (const title of [...node.children].filter((e) => e.tagName === 'title'))
			title.remove();
		listen(node, k);
	});
}

function fill_head() {
	const s = here().summary, o = s.operations, f = s.flops;

	$('shares').replaceChildren(
		bar('operations', o.engine, o.engine + o.elsewhere + o.open),
		make('span', '', '  '), bar('FLOPs', f.engine, f.engine + f.elsewhere + f.open),
		make('span', 'dim', `  ${count(s.segments, 'segment')}, ${count(s.transitions, 'transition')}; `
			+ (s.measured ? `${s.measured} measured, ${s.agree} as expected` : 'placed: only a device tells')));
}

function show() {
	fill_head();
	paint();
	fill_table();
	fill_rules();
}

function choose() {
	const f = $('function').value, family = $('family').value;
	report = data.reports.findIndex((r) => r.function === f && r.family === family);
	show();
}

function tab(name) {
	for (const b of document.querySelectorAll('nav button')) {
		b.setAttribute('aria-selected', b.dataset.pane === name);
		$(b.dataset.pane).hidden = b.dataset.pane !== name;
	}
}

function fill_source() {
	const pre = $('text');
	const lines = new Map();

	here().operations.forEach((op, k) => {
		if (op.line && !lines.has(op.line))
			lines.set(op.line, k);
	});
	data.source.split('\n').forEach((s, i) => {
		const line = make('span', lines.has(i + 1) ? 'op' : '', s || ' ');
		line.id = 'line-' + (i + 1);
		if (lines.has(i + 1))
			listen(line, lines.get(i + 1));
		pre.append(line);
	});
}

function zoom(by) {
	for (const svg of document.querySelectorAll('#graph svg')) {
		const scale = Math.min(4, Math.max(0.1, (svg.dataset.scale || 1) * by));
		svg.dataset.scale = scale;
		svg.style.width = svg.viewBox.baseVal.width * scale + 'px';
		svg.style.height = svg.viewBox.baseVal.height * scale + 'px';
	}
}

function options(select, values, text) {
	for (const v of values) {
		const o = make('option', '', text ? text(v) : v);
		o.value = v;
		select.append(o);
	}
	select.hidden = values.length < 2;
}

options($('function'), functions);
options($('family'), families, (v) => `${v} (${data.reports.find((r) => r.family === v).chips})`);
$('function').onchange = $('family').onchange = choose;
$('filter').oninput = $('verdict').onchange = fill_table;
for (const b of document.querySelectorAll('nav button'))
	b.onclick = () => tab(b.dataset.pane);
document.querySelectorAll('.zoom button').forEach((b) => { b.onclick = () => zoom(Number(b.dataset.by)); });
document.body.onclick = hide_tip;
$('tip').onclick = (event) => event.stopPropagation();
onkeydown = (event) => { if (event.key === 'Escape') hide_tip(); };
fill_source();
show();
tab('ops');
