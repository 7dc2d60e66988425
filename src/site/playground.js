/* playground.js: milc in the page: what is typed is compiled in a worker, and what comes of it is shown
 * beside it: problems at their place, MIL text, the graph, the report about the Neural Engine, numbers. */
const PATH = '/w/playground.mil', PATIENCE = 20000;
let worker = null, ready = false, waiting = null, seed = 0;
let problems = [];

/* ---- the worker ---- */

let module_promise = null;

function bytes_of(base64) {
	const text = atob(base64), out = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++)
		out[i] = text.charCodeAt(i);
	return out;
}

async function start() {
	module_promise ||= WebAssembly.compile(bytes_of(window.milc_wasm));
	const module = await module_promise;
	const source = ['#wasi', '#worker'].map((id) => document.querySelector(id).textContent).join('\n');
	worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
	worker.onmessage = (event) => {
		if (event.data.ready) {
			ready = true;
			changed();
		} else if (waiting && event.data.id === waiting.id) {
			const w = waiting;
			waiting = null;
			clearTimeout(w.timer);
			w.done(event.data);
		}
	};
	worker.postMessage({ module });
}

/* One command; null where it took too long, or newer text came. */
function milc(args, files) {
	return new Promise((done) => {
		const id = Math.random();
		const timer = setTimeout(() => {
			worker.terminate();
			ready = false;
			waiting = null;
			$('state').textContent = 'that took too long';
			start();
			done(null);
		}, PATIENCE);
		waiting = { id, done, timer };
		worker.postMessage({ id, args: ['milc', ...args], files });
	});
}

/* The text, and the files that lessons read. */
function script() {
	const files = { [PATH]: new TextEncoder().encode($('text').value) };
	for (const e of document.querySelectorAll('script[type="application/base64"]'))
		files['/w/' + e.dataset.name] = bytes_of(e.textContent.replace(/\s/g, ''));
	return files;
}

/* ---- compiling what is there ---- */

let running = false, again = false;

async function compile() {
	if (!ready)
		return;
	if (running) {
		again = true;
		return;
	}
	running = true;
	do {
		again = false;
		await compile_once();
	} while (again && ready);
	running = false;
}

async function compile_once() {
	const text = $('text').value, started = performance.now();

	$('state').textContent = 'compiling';
	const r = await milc(['--diagnostics=json', '-S', '-o', '/w/out.mil', PATH], script());

	if (!r)
		return;
	show_problems(r.err, text);
	if (r.out)
		$('printed').textContent = r.out;
	$('side').classList.toggle('stale', !r.files['/w/out.mil']);
	if (!r.files['/w/out.mil']) {
		$('state').textContent = problems.length ? '' : 'no model';
		return;
	}
	$('miltext').textContent = new TextDecoder().decode(r.files['/w/out.mil']);
	$('state').textContent = `compiled in ${Math.round(performance.now() - started)} ms`;
	if (!again)
		await show_graph();
	if (!again)
		await show_engine();
}

async function show_graph() {
	const family = $('chip').value;
	const r = await milc(['--diagnostics=json', '--color-by', 'verdict', '--family', family, '-o', '/w/out.svg', PATH],
		script());
	const svg = r && r.files['/w/out.svg'];

	/* The writer of pictures escapes all texts. */
	if (svg)
		$('graph').replaceChildren(document.importNode(
			new DOMParser().parseFromString(new TextDecoder().decode(svg), 'image/svg+xml').documentElement, true));
}

/* ---- the Neural Engine ---- */

function verdict(op) {
	const size = op.dtype ? `${op.dtype} ${(op.shape || []).map((n) => n ?? '?').join('×')}` : '';
	const box = make('details', '', make('summary', '', verdict_of(op),
		make('b', '', op.op), make('span', 'dim', op.line ? `line ${op.line}` : op.name || ''),
		make('span', 'dim type', size)));

	for (const f of op.findings) {
		if (f.kind === 'soft' && f.holds !== 'no')
			continue;
		box.append(make('p', f.holds === 'no' ? 'why' : '', (f.rule ? f.rule + ': ' : '') +
			(f.kind === 'remark' || f.kind === 'note' ? f.clause : f.why || f.clause)));
	}
	if (op.instead)
		box.append(make('p', '', make('b', '', 'instead: '), op.instead));
	box.append(make('p', 'dim', `sources (confidence ${op.confidence || 'not said'}): ${op.sources.join(' ')}`));
	box.ontoggle = () => mark_line(box.open ? op.line : 0);
	return box;
}

async function show_engine() {
	const r = await milc(['ane', '--json', '--family', $('chip').value, PATH], script());
	const pane = $('engine');

	if (!r || !r.out.startsWith('['))
		return;
	pane.replaceChildren();
	for (const report of JSON.parse(r.out)) {
		const o = report.summary.operations, f = report.summary.flops;
		pane.append(make('p', '', bar('operations', o.engine, o.engine + o.elsewhere + o.open), '  ',
			bar('FLOPs', f.engine, f.engine + f.elsewhere + f.open), '  ',
			`${count(report.summary.segments, 'segment')}, ${count(report.summary.transitions, 'transition')}`));
		for (const op of report.operations)
			pane.append(verdict(op));
		for (const rule of report.rules.filter((x) => x.holds === 'no' && x.severity === 'hard'))
			pane.append(make('p', 'why', `${rule.id}: ${rule.statement}`));
	}
}

/* ---- running ---- */

async function run_script() {
	if (!ready || running)
		return;
	running = true;
	const r = await milc(['run', '--seed', String(++seed), PATH], script());
	running = false;
	if (r)
		$('printed').textContent = r.out + r.err;
	tab('output');
	if (again)
		compile();
}

/* ---- problems ---- */

function show_problems(lines, text) {
	problems = lines.split('\n').filter((s) => s.startsWith('{')).map((s) => JSON.parse(s));
	const box = $('problems');

	box.replaceChildren();
	for (const p of problems) {
		const line = make('div', p.severity, `${p.line ? `${p.line}:${p.column}: ` : ''}${p.severity}: ${p.message}`);
		for (const n of p.notes || [])
			line.append(make('div', 'dim', `${n.line ? `${n.line}: ` : ''}${n.message}`));
		line.onclick = () => go(p.line, p.column);
		box.append(line);
	}
	paint(text, 0);
}

/* Where line and column (in characters) stand in the text. */
function offset(lines, line, column) {
	let at = 0;
	for (let i = 0; i < line - 1 && i < lines.length; i++)
		at += lines[i].length + 1;
	return at + [...(lines[line - 1] || '')].slice(0, column - 1).join('').length;
}

function paint(text, marked) {
	const lines = text.split('\n'), marks = $('marks');
	let at = 0;

	marks.replaceChildren();
	if (marked) {
		const from = offset(lines, marked, 1);
		marks.append(text.slice(0, from), make('em', '', lines[marked - 1] || ' '));
		return;
	}
	for (const p of problems.filter((x) => x.line).sort((a, b) => a.line - b.line || a.column - b.column)) {
		const from = offset(lines, p.line, p.column);
		const to = Math.max(from + 1, offset(lines, p.endLine || p.line, p.endColumn || p.column + 1));
		if (from < at)
			continue;
		marks.append(text.slice(at, from), make('u', p.severity, text.slice(from, to) || ' '));
		at = to;
	}
	marks.append(text.slice(at) + '\n');
}

function mark_line(line) {
	paint($('text').value, line || 0);
}

function go(line, column) {
	const t = $('text');
	if (!line)
		return;
	const at = offset(t.value.split('\n'), line, column || 1);
	t.focus();
	t.setSelectionRange(at, at);
}

/* ---- the editor ---- */

let timer = 0;

function numbers() {
	const n = $('text').value.split('\n').length;
	$('gutter').textContent = Array.from({ length: n }, (_, i) => i + 1).join('\n');
}

function changed() {
	numbers();
	paint($('text').value, 0);
	clearTimeout(timer);
	timer = setTimeout(compile, 120);
}

function type(text) {
	document.execCommand('insertText', false, text);
}

function key(event) {
	if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
		event.preventDefault();
		run_script();
	} else if (event.key === 'Tab' && !event.shiftKey) {
		event.preventDefault();
		type('    ');
	} else if (event.key === 'Enter') {
		const t = $('text'), line = t.value.slice(0, t.selectionStart).split('\n').pop();
		event.preventDefault();
		type('\n' + /^\s*/.exec(line)[0] + (/:\s*(#.*)?$/.test(line) ? '    ' : ''));
	}
}

function tab(name) {
	for (const b of document.querySelectorAll('nav button')) {
		b.setAttribute('aria-selected', b.dataset.pane === name);
		$(b.dataset.pane).hidden = b.dataset.pane !== name;
	}
}

function choose(name) {
	const lesson = [...document.querySelectorAll('script[type="text/plain"]')].find((e) => e.dataset.name === name);
	if (!lesson)
		return;
	$('lesson').value = name;
	$('text').value = lesson.textContent.replace(/^\n/, '');
	changed();
}

for (const e of document.querySelectorAll('script[type="text/plain"]')) {
	const o = make('option', '', e.dataset.name);
	o.value = e.dataset.name;
	$('lesson').append(o);
}
$('lesson').onchange = (event) => { location.hash = event.target.value; };
onhashchange = () => choose(decodeURIComponent(location.hash.slice(1)));
$('text').oninput = changed;
$('text').onkeydown = key;
$('chip').onchange = changed;
$('run').onclick = run_script;
for (const b of document.querySelectorAll('nav button'))
	b.onclick = () => tab(b.dataset.pane);
tab('engine');
choose(decodeURIComponent(location.hash.slice(1)) || $('lesson').options[0].value);
/* The program comes behind the first paint. */
requestAnimationFrame(() => setTimeout(() => {
	const s = make('script');
	s.src = 'milc-wasm.js';
	s.onload = start;
	s.onerror = () => { $('state').textContent = 'milc-wasm.js is missing'; };
	document.body.append(s);
}));
