/* worker.js: runs milc beside the page: { module } first, then { id, args, files } for each call. */
'use strict';

let milc;

onmessage = (event) => {
	const m = event.data;

	if (m.module) {
		milc = m.module;
		postMessage({ ready: true });
		return;
	}
	postMessage({ id: m.id, ...run(milc, m.args, m.files) });
};
