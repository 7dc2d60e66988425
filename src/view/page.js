/* page.js: what the scripts of pages share. */
'use strict';

const $ = (id) => document.getElementById(id);
const words = {
	native: 'native', met: 'conditions met', unmet: 'conditions not met', rewritten: 'rewritten',
	'no-path': 'no hardware path', unknown: 'unknown',
};

/* An element with text and children; nothing that anybody wrote is ever markup. */
function make(tag, kind, ...inside) {
	const e = document.createElement(tag);
	if (kind)
		e.className = kind;
	e.append(...inside.filter((x) => x !== null && x !== undefined));
	return e;
}

/* The verdict of an operation, and what is expected where that is not what it says. */
function verdict_of(op) {
	const also = (op.verdict === 'met' || op.verdict === 'native') && op.expected === 'elsewhere'
		? '; expected elsewhere' : op.remark ? ', with a remark' : '';
	return make('span', '', make('span', 'v v-' + op.verdict, words[op.verdict]),
		also ? make('span', 'dim', also) : null);
}

function count(n, noun) {
	return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function bar(what, part, whole) {
	const share = whole ? Math.round(100 * part / whole) : 0;
	const inner = make('i');
	inner.style.width = share + '%';
	return make('span', '', what, make('span', 'bar', inner), `${share} % on the engine `);
}
