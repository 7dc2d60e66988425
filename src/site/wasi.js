/* wasi.js: as much of WASI preview 1 as milc asks for, over files in memory. A program runs once:
 *
 *	run(module, ['milc', '-S', '/w/a.mil'], { '/w/a.mil': bytes })
 *		-> { status, out, err, files: { path: bytes } }
 *
 * All paths are below /; one thread, no network, a clock that stands still between calls of it.
 */
'use strict';

const ERR = { NONE: 0, BADF: 8, EXIST: 20, INVAL: 28, ISDIR: 31, NOENT: 44, NOSYS: 52, NOTDIR: 54, NOTEMPTY: 55 };
const DIRECTORY = 3, REGULAR = 4, CHARACTER = 2;

class Exit extends Error {
	constructor(status) {
		super('exit');
		this.status = status;
	}
}

/* A file grows by doubling; a folder is a map. */
class File {
	constructor(bytes) {
		this.data = bytes || new Uint8Array(0);
		this.size = this.data.length;
	}

	room(n) {
		if (n <= this.data.length)
			return;
		const more = new Uint8Array(Math.max(n, 2 * this.data.length, 256));
		more.set(this.data.subarray(0, this.size));
		this.data = more;
	}

	write(at, bytes) {
		this.room(at + bytes.length);
		this.data.fill(0, Math.min(this.size, at), at);
		this.data.set(bytes, at);
		this.size = Math.max(this.size, at + bytes.length);
	}

	resize(n) {
		this.room(n);
		this.data.fill(0, Math.min(this.size, n), n);
		this.size = n;
	}

	bytes() {
		return this.data.slice(0, this.size);
	}
}

class Files {
	constructor(files) {
		this.root = new Map();
		this.folder('/tmp');
		for (const [path, bytes] of Object.entries(files)) {
			this.folder(path.slice(0, path.lastIndexOf('/')));
			this.parent(path).set(path.slice(path.lastIndexOf('/') + 1), new File(bytes));
		}
	}

	parts(path) {
		const out = [];
		for (const p of path.split('/'))
			if (p === '..')
				out.pop();
			else if (p && p !== '.')
				out.push(p);
		return out;
	}

	folder(path) {
		let at = this.root;
		for (const p of this.parts(path)) {
			if (!at.has(p))
				at.set(p, new Map());
			at = at.get(p);
		}
		return at;
	}

	find(path) {
		let at = this.root;
		for (const p of this.parts(path)) {
			if (!(at instanceof Map) || !at.has(p))
				return undefined;
			at = at.get(p);
		}
		return at;
	}

	parent(path) {
		return this.find(this.parts(path).slice(0, -1).join('/'));
	}

	name(path) {
		return this.parts(path).pop();
	}

	all() {
		const out = {};
		const walk = (map, path) => {
			for (const [name, f] of map)
				if (f instanceof Map)
					walk(f, `${path}/${name}`);
				else
					out[`${path}/${name}`] = f.bytes();
		};
		walk(this.root, '');
		return out;
	}
}

function run(module, args, given) {
	const files = new Files(given), text = { 1: [], 2: [] };
	const open = new Map([[0, { kind: 'null' }], [1, { kind: 'text' }], [2, { kind: 'text' }],
		[3, { kind: 'folder', node: files.root, path: '/' }]]);
	let memory, next = 4;

	const view = () => new DataView(memory.buffer);
	const bytes = (at, n) => new Uint8Array(memory.buffer, at, n);
	const string = (at, n) => new TextDecoder().decode(bytes(at, n).slice());
	const encode = (s) => new TextEncoder().encode(s);
	const u32 = (at, v) => view().setUint32(at, v, true);
	const u64 = (at, v) => view().setBigUint64(at, BigInt(v), true);
	/* A path below an open folder. */
	const path_of = (fd, at, n) => `${open.get(fd).path}/${string(at, n)}`;

	function texts(list, at, buffer) {
		for (const s of list) {
			const b = encode(s + '\0');
			u32(at, buffer);
			bytes(buffer, b.length).set(b);
			at += 4;
			buffer += b.length;
		}
		return ERR.NONE;
	}

	function sizes(list, count, size) {
		u32(count, list.length);
		u32(size, list.reduce((n, s) => n + encode(s).length + 1, 0));
		return ERR.NONE;
	}

	function stat(node, at) {
		const kind = node instanceof Map ? DIRECTORY : node instanceof File ? REGULAR : CHARACTER;
		bytes(at, 64).fill(0);
		view().setUint8(at + 16, kind);
		u64(at + 24, 1);
		u64(at + 32, node instanceof File ? node.size : 0);
		return ERR.NONE;
	}

	/* Calls f with each of the buffers until one is not filled; the number of bytes in all. */
	function buffers(iovs, n, f) {
		let sum = 0;
		for (let i = 0; i < n; i++) {
			const at = view().getUint32(iovs + 8 * i, true), size = view().getUint32(iovs + 8 * i + 4, true);
			const done = f(bytes(at, size));
			sum += done;
			if (done < size)
				break;
		}
		return sum;
	}

	function read(o, at, iovs, n) {
		return buffers(iovs, n, (to) => {
			const from = o.node.data.subarray(at, Math.min(at + to.length, o.node.size));
			to.set(from);
			at += from.length;
			return from.length;
		});
	}

	function write(o, at, iovs, n) {
		return buffers(iovs, n, (from) => {
			o.node.write(at, from);
			at += from.length;
			return from.length;
		});
	}

	const wasi = {
		args_get: (at, buffer) => texts(args, at, buffer),
		args_sizes_get: (count, size) => sizes(args, count, size),
		environ_get: () => ERR.NONE,
		environ_sizes_get: (count, size) => sizes([], count, size),
		clock_res_get: (id, at) => { u64(at, 1000); return ERR.NONE; },
		clock_time_get: (id, precision, at) => { u64(at, Math.round(performance.now() * 1e6)); return ERR.NONE; },
		random_get: (at, n) => { bytes(at, n).fill(7); return ERR.NONE; },
		sched_yield: () => ERR.NONE,
		poll_oneoff: () => ERR.NOSYS,
		proc_exit: (status) => { throw new Exit(status); },
		fd_advise: () => ERR.NONE,
		fd_allocate: (fd, at, n) => { const f = open.get(fd).node; f.resize(Math.max(f.size, Number(at + n))); return ERR.NONE; },
		fd_sync: () => ERR.NONE,
		fd_datasync: () => ERR.NONE,
		fd_close: (fd) => (open.delete(fd) ? ERR.NONE : ERR.BADF),
		fd_fdstat_get: (fd, at) => {
			const o = open.get(fd);
			if (!o)
				return ERR.BADF;
			bytes(at, 24).fill(0);
			view().setUint8(at, o.kind === 'folder' ? DIRECTORY : o.kind === 'file' ? REGULAR : CHARACTER);
			u64(at + 8, (1n << 30n) - 1n);
			u64(at + 16, (1n << 30n) - 1n);
			return ERR.NONE;
		},
		fd_fdstat_set_flags: () => ERR.NONE,
		fd_filestat_get: (fd, at) => (open.has(fd) ? stat(open.get(fd).node, at) : ERR.BADF),
		fd_filestat_set_size: (fd, n) => { open.get(fd).node.resize(Number(n)); return ERR.NONE; },
		fd_filestat_set_times: () => ERR.NONE,
		fd_prestat_get: (fd, at) => {
			if (fd !== 3)
				return ERR.BADF;
			u32(at, 0);
			u32(at + 4, 1);
			return ERR.NONE;
		},
		fd_prestat_dir_name: (fd, at, n) => { bytes(at, n).set(encode('/').subarray(0, n)); return ERR.NONE; },
		fd_read: (fd, iovs, n, at) => {
			const o = open.get(fd);
			if (!o)
				return ERR.BADF;
			if (o.kind === 'folder')
				return ERR.ISDIR;
			const done = o.kind === 'file' ? read(o, o.at, iovs, n) : 0;
			o.at += done;
			u32(at, done);
			return ERR.NONE;
		},
		fd_pread: (fd, iovs, n, from, at) => {
			u32(at, read(open.get(fd), Number(from), iovs, n));
			return ERR.NONE;
		},
		fd_write: (fd, iovs, n, at) => {
			const o = open.get(fd);
			if (!o)
				return ERR.BADF;
			let done;
			if (o.kind === 'file') {
				done = write(o, o.at, iovs, n);
				o.at += done;
			} else {
				done = buffers(iovs, n, (b) => { (text[fd] || []).push(b.slice()); return b.length; });
			}
			u32(at, done);
			return ERR.NONE;
		},
		fd_pwrite: (fd, iovs, n, to, at) => {
			u32(at, write(open.get(fd), Number(to), iovs, n));
			return ERR.NONE;
		},
		fd_seek: (fd, by, whence, at) => {
			const o = open.get(fd);
			if (!o || o.kind !== 'file')
				return ERR.BADF;
			o.at = Number(by) + (whence === 1 ? o.at : whence === 2 ? o.node.size : 0);
			u64(at, o.at);
			return ERR.NONE;
		},
		fd_tell: (fd, at) => { u64(at, open.get(fd).at); return ERR.NONE; },
		fd_readdir: (fd, at, n, cookie, used) => {
			const list = [...open.get(fd).node.entries()];
			let put = 0;
			for (let i = Number(cookie); i < list.length && put < n; i++) {
				const name = encode(list[i][0]), entry = new Uint8Array(24 + name.length);
				const d = new DataView(entry.buffer);
				d.setBigUint64(0, BigInt(i + 1), true);
				d.setUint32(16, name.length, true);
				d.setUint8(20, list[i][1] instanceof Map ? DIRECTORY : REGULAR);
				entry.set(name, 24);
				const part = entry.subarray(0, n - put);
				bytes(at + put, part.length).set(part);
				put += part.length;
			}
			u32(used, put);
			return ERR.NONE;
		},
		fd_renumber: () => ERR.NOSYS,
		path_create_directory: (fd, at, n) => {
			const path = path_of(fd, at, n), parent = files.parent(path);
			if (!(parent instanceof Map))
				return ERR.NOENT;
			if (files.find(path))
				return ERR.EXIST;
			parent.set(files.name(path), new Map());
			return ERR.NONE;
		},
		path_filestat_get: (fd, flags, at, n, to) => {
			const node = files.find(path_of(fd, at, n));
			return node ? stat(node, to) : ERR.NOENT;
		},
		path_filestat_set_times: () => ERR.NONE,
		path_link: () => ERR.NOSYS,
		path_symlink: () => ERR.NOSYS,
		path_readlink: () => ERR.INVAL,
		path_open: (fd, look, at, n, how, rights, inherited, flags, to) => {
			const path = path_of(fd, at, n), parent = files.parent(path);
			let node = files.find(path);
			if (!node && !(how & 1))
				return ERR.NOENT;
			if (node && how & 1 && how & 4)
				return ERR.EXIST;
			if (node && how & 2 && !(node instanceof Map))
				return ERR.NOTDIR;
			if (!node) {
				if (!(parent instanceof Map))
					return ERR.NOENT;
				node = new File();
				parent.set(files.name(path), node);
			}
			if (how & 8 && node instanceof File)
				node.resize(0);
			open.set(next, { kind: node instanceof Map ? 'folder' : 'file', node, path, at: 0 });
			u32(to, next++);
			return ERR.NONE;
		},
		path_remove_directory: (fd, at, n) => {
			const path = path_of(fd, at, n), node = files.find(path);
			if (!(node instanceof Map))
				return ERR.NOENT;
			if (node.size)
				return ERR.NOTEMPTY;
			files.parent(path).delete(files.name(path));
			return ERR.NONE;
		},
		path_rename: (fd, at, n, fd2, at2, n2) => {
			const from = path_of(fd, at, n), to = path_of(fd2, at2, n2), node = files.find(from);
			if (!node || !(files.parent(to) instanceof Map))
				return ERR.NOENT;
			files.parent(from).delete(files.name(from));
			files.parent(to).set(files.name(to), node);
			return ERR.NONE;
		},
		path_unlink_file: (fd, at, n) => {
			const path = path_of(fd, at, n);
			if (!(files.find(path) instanceof File))
				return ERR.NOENT;
			files.parent(path).delete(files.name(path));
			return ERR.NONE;
		},
	};

	const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi });
	let status = 0;
	memory = instance.exports.memory;
	try {
		instance.exports._start();
	} catch (e) {
		status = e instanceof Exit ? e.status : 3;
		if (!(e instanceof Exit))
			text[2].push(encode(`milc: internal error: ${e.message}\n`));
	}
	const joined = (list) => {
		const all = new Uint8Array(list.reduce((n, b) => n + b.length, 0));
		let at = 0;
		for (const b of list) {
			all.set(b, at);
			at += b.length;
		}
		return new TextDecoder().decode(all);
	};
	return { status, out: joined(text[1]), err: joined(text[2]), files: files.all() };
}
