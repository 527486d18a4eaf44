// Hubbub's live chat, as it is served: <script src="https://chat.shop.example/chat.js" data-desk="sales" async></script>
"use strict";
(() => {
	const script = document.currentScript || document.querySelector('script[src$="chat.js"][data-desk]');
	if (!script?.dataset.desk || window.Hubbub?.open) return;
	const set = script.dataset, base = new URL(".", script.src).href, here = `desk/${encodeURIComponent(set.desk)}`;
	const page = document.documentElement, language = set.language || page.lang || navigator.language || "en";
	const rtl = /^(ar|fa|he|ur)\b/i.test(language) || (!set.language && getComputedStyle(page).direction === "rtl");

	// ---- words, in English, German and Chinese; a page and a desk can have their own

	const WORDS = {
		title: ["Chat with us", "Chatten Sie mit uns", "在线咨询"],
		hello: ["Ask us anything: a person answers.", "Fragen Sie uns: Es antwortet ein Mensch.", "有问题请随时咨询，由真人为您解答。"],
		closed: ["Nobody is here at the moment.", "Gerade ist niemand da.", "客服暂时不在线。"],
		away: ["Leave a message, and we answer by email.", "Schreiben Sie uns, wir antworten per E-Mail.", "请留言，我们会通过邮件回复您。"],
		name: ["Name", "Name", "姓名"],
		mail: ["Email address", "E-Mail-Adresse", "电子邮箱"],
		write: ["Write a message", "Nachricht schreiben", "输入消息"],
		send: ["Send", "Senden", "发送"],
		emoji: ["Emoji", "Emoji", "表情"],
		file: ["Send a file", "Datei senden", "发送文件"],
		typing: ["{name} is writing…", "{name} schreibt…", "{name} 正在输入…"],
		edited: ["edited", "geändert", "已编辑"],
		removed: ["Taken back", "Zurückgenommen", "消息已撤回"],
		lost: ["No connection. What you write is sent later.", "Keine Verbindung. Was Sie schreiben, wird später gesendet.", "网络已断开，恢复后会自动发送。"],
		failed: ["This did not work. Please try again.", "Das ging nicht. Bitte noch einmal.", "操作失败，请重试。"],
		unsent: ["Not sent", "Nicht gesendet", "未发送"],
		again: ["Try again", "Noch einmal", "重试"],
		more: ["More", "Mehr", "更多"],
		close: ["Close", "Schließen", "关闭"],
		download: ["Download transcript", "Verlauf herunterladen", "下载聊天记录"],
		mailed: ["Transcript by email", "Verlauf per E-Mail", "将聊天记录发到邮箱"],
		sound: ["Sound", "Ton", "提示音"],
		end: ["End chat", "Chat beenden", "结束对话"],
		fresh: ["New chat", "Neuer Chat", "新对话"],
		erase: ["Delete my chat", "Meinen Chat löschen", "删除我的对话"],
		sure: ["What you wrote here is deleted for good, with us too.", "Was Sie hier geschrieben haben, wird auch bei uns endgültig gelöscht.", "您发送的内容将被永久删除，包括我们保存的。"],
		rate: ["How was it?", "Wie war es?", "您对本次服务满意吗？"],
		thanks: ["Thank you!", "Danke!", "谢谢！"],
		left: ["Thank you! We answer by email: {mail}", "Danke! Wir antworten per E-Mail: {mail}", "谢谢！我们会发邮件回复您：{mail}"],
		sent: ["It comes by email.", "Er kommt per E-Mail.", "将通过邮件发送给您。"],
		news: ["News by email", "Neues per E-Mail", "邮件订阅"],
		confirm: ["Please follow the link in our email.", "Bitte folgen Sie dem Link in unserer E-Mail.", "请点击邮件中的链接。"],
	};
	const column = Math.max(0, ["en", "de", "zh"].indexOf(language.slice(0, 2).toLowerCase()));
	let info = null; // what the desk says of itself
	const say = (key, values = {}) => {
		const own = key === "title" ? set.title : set["text" + key[0].toUpperCase() + key.slice(1)];
		return (own || info?.texts?.[key] || WORDS[key][column]).replace(/\{(\w+)\}/g, (_, name) => values[name]);
	};
	const local = navigator.language.startsWith(language) ? navigator.language : language; // en-GB on a page in en
	const moment = (value) => {
		const time = new Date(value), today = time.toDateString() === new Date().toDateString();
		return time.toLocaleString(local, today ? {timeStyle: "short"} : {weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit"});
	};
	const size = (bytes) => `${Math.max(0.1, bytes / 1e6).toFixed(1)} MB`;

	// ---- what is kept: the chat for all tabs, and what is open in this one

	const key = `hubbub.${set.desk}`;
	const shelf = (name) => {
		let memory = "{}"; // for browsers that keep nothing
		const read = () => { try { return JSON.parse(window[name].getItem(key) || "{}"); } catch { return JSON.parse(memory); } };
		const write = (values) => {
			memory = JSON.stringify({...read(), ...values});
			try { window[name].setItem(key, memory); } catch { /* refused, or full */ }
		};
		const clear = () => { memory = "{}"; try { window[name].removeItem(key); } catch { /* refused */ } };
		return {read, write, clear};
	};
	const kept = shelf("localStorage"), tab = shelf("sessionStorage");
	const token = () => kept.read().token;
	const random = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

	// ---- the wire

	const ask = async (path, {signal, body, type, accept = "*/*"} = {}) => {
		const headers = {Accept: accept, "Accept-Language": language};
		if (token()) headers.Authorization = `Bearer ${token()}`;
		if (body) headers["Content-Type"] = type;
		const reply = await fetch(base + path, {method: body ? "POST" : "GET", headers, body, signal, cache: "no-store", credentials: "omit"});
		if (reply.ok) return reply;
		const {error, code} = await reply.json().catch(() => ({}));
		throw {status: reply.status, message: error, code, wait: +reply.headers.get("Retry-After")};
	};
	const post = async (path, values = {}) => (await ask(path, {body: JSON.stringify(values), type: "application/json"})).json();
	const words = ({status, code, message}) => (status && code !== "unclear" && message) || say("failed");

	// Work that a desk may ask for: a number that makes a hash begin with so many zero bits.
	const prove = async ({seed, bits}) => {
		for (let first = 0; ; first += 256) {
			const hashes = await Promise.all(Array.from({length: 256}, (_, more) =>
				crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${seed}:${first + more}`))));
			const found = hashes.findIndex((hash) => Math.clz32(new DataView(hash).getUint32()) >= bits);
			if (found >= 0) return {seed, answer: `${first + found}`};
		}
	};

	// ---- following the chat: a stream or, where none comes through, polls

	let last = 0, state = {}, current = false; // current: what was said before this page was opened is here
	let following = false, failures = 0, slow = false, leading = false, release, stop, wake;
	const wanted = () => token() && (leading || !document.hidden) && !(current && panel.hidden && state.state === "closed");
	const failed = (count) => { failures = count; status(); if (!count) flush(); };

	const poll = async (signal, more = "") => {
		const {events, after} = await (await ask(`chat/events?after=${last}${more}`, {signal})).json();
		events.forEach(take);
		last = Math.max(last, after);
		if (!current) { current = true; count(); arrange(); }
	};
	const stream = async (signal, alive) => {
		const {body} = await ask(`chat/events?after=${last}`, {signal, accept: "text/event-stream"});
		const reader = body.pipeThrough(new TextDecoderStream()).getReader();
		for (let text = ""; ;) {
			const {done, value} = await reader.read();
			if (done) throw {};
			alive();
			const blocks = (text + value).split("\n\n");
			text = blocks.pop();
			for (const block of blocks) {
				const data = block.match(/^data: ?(.*)/m);
				if (data) take(JSON.parse(data[1]));
			}
		}
	};
	// A browser has six connections to a server, for all desks there: four windows may wait on theirs, others ask again and again.
	const seat = (n) => new Promise((got) => (navigator.locks ? navigator.locks.request(`${base} ${n}`, {ifAvailable: true}, (free) =>
		free ? new Promise(got) : got(n < 4 && seat(n + 1))) : Promise.reject()).catch(() => got(() => {})));
	const follow = async () => {
		if (following) return;
		following = true;
		while (wanted()) {
			const control = stop = new AbortController(), leave = current && await seat(1), stands = current && !leave, polls = slow || !leave;
			let guard, heard = false, late = false, wait = stands ? 3 : 0;
			const within = (seconds) => {
				clearTimeout(guard);
				guard = setTimeout(() => { late = true; control.abort(); }, seconds * 1000);
			};
			within(polls ? 40 : 8);
			try {
				if (polls) await poll(control.signal, stands ? "&wait=0" : "");
				else await stream(control.signal, () => { heard = true; within(40); if (failures) failed(0); });
				failed(0);
			} catch (error) {
				if ([401, 410].includes(error.status)) { forget(); notice(words(error)); break; }
				wait = error.wait || wait;
				if (late && !polls && !heard) slow = true; // a proxy holds back what is streamed
				else failed(failures + 1);
			}
			clearTimeout(guard);
			control.abort();
			if (leave) leave();
			const seconds = Math.max(wait, Math.min(30, 2 ** failures / 2)) * (0.5 + Math.random());
			if ((failures || stands) && wanted()) await new Promise((done) => { wake = done; setTimeout(done, seconds * 1000); });
		}
		following = false;
	};
	const halt = () => { stop?.abort(); wake?.(); };
	// One hidden tab listens on, for sound and title; the others wait until they are looked at.
	const lead = () => navigator.locks?.request(key, () => {
		leading = true;
		follow();
		return new Promise((done) => { release = done; });
	}).catch(() => {});

	const take = (event) => {
		if (event.kind === "typing") return typed(event.typing && event.name);
		if (event.n <= last) return;
		last = event.n;
		if (event.kind === "said") {
			show(event);
			if (event.by !== "visitor") arrived(event);
		} else if (event.kind === "state") {
			const news = event.state !== state.state || event.agent !== state.agent;
			state = event;
			if (event.text && event.state !== "waiting") show({...event, by: "told"});
			status();
			if (news && current) { arrange(); happened("state", {state: event.state, agent: event.agent}); }
		} else change(event.of, event.kind === "edited" ? event.text : null);
	};

	// ---- saying: in order, once by its key; words wait over reloads

	let waiting = kept.read().queue || [], flushing = false, retry;
	const queue = (change) => kept.write({queue: change(kept.read().queue || [])});
	const deliver = ({key, text, blob}) => !blob ? post("chat/say", {key, text})
		: ask(`chat/file?key=${key}&name=${encodeURIComponent(text)}`, {body: blob, type: blob.type || "application/octet-stream"});
	const flush = async () => {
		clearTimeout(retry);
		if (flushing || !token()) return;
		flushing = true;
		for (let item; (item = waiting[0]);) {
			let why;
			try { await deliver(item); } catch (error) {
				if (!(error.status >= 400 && error.status < 500) || [401, 408, 429].includes(error.status)) {
					if (error.status) notice(words(error));
					retry = setTimeout(flush, Math.max(error.wait || 0, 4) * 1000);
					break;
				}
				why = words(error);
			}
			waiting = waiting.filter((one) => one !== item);
			queue((items) => items.filter((one) => one.key !== item.key));
			if (why) unsent(item, why);
			else shown.get(item.key)?.classList.add("sent");
		}
		flushing = false;
		follow();
	};
	const put = (item) => {
		waiting.push(item);
		if (!item.blob) queue((items) => [...items, item]);
		wait(item);
		flush();
	};
	const place = () => ({page: location.href.split("#")[0].slice(0, 2000), title: plain().slice(0, 200)});
	const visit = () => {
		const at = place();
		if (!token() || state.state === "closed" || kept.read().page === at.page) return;
		kept.write({page: at.page});
		post("chat/page", at).catch(() => {});
	};

	// ---- what is drawn

	const fill = (one, ...inside) => { one.append(...inside.flat(3).filter((part) => part)); return one; };
	const el = (tag, attributes, ...inside) => {
		const one = document.createElement(tag);
		for (const [name, value] of Object.entries(attributes || {})) {
			if (name in one) one[name] = value ?? "";
			else one.setAttribute(name, value);
		}
		return fill(one, inside);
	};
	const button = (name, act, inside, more) => el("button", {type: "button", class: name, onclick: act, ...more}, inside);
	const icon = (path) => {
		const [svg, line] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
		svg.setAttribute("viewBox", "0 0 24 24");
		svg.ariaHidden = true;
		line.setAttribute("d", path);
		svg.append(line);
		return svg;
	};
	const CHAT = "M21 11.5a8 7.5 0 0 1-8 7.5H4l1.5-3.5a7.5 7.5 0 0 1-1.5-4A8 7.5 0 0 1 12 4h1a8 7.5 0 0 1 8 7.5z";
	const CLOSE = "M6 6l12 12M18 6L6 18";
	const tool = (name, path, act) => button("tool", act, icon(path), {name});

	// Only https addresses can be followed, and nothing that is said is ever read as HTML.
	const linked = (text) => text.split(/(https:\/\/[^\s<>"'，。！？；：、（）【】《》]*[^\s\p{P}<>]\/?)/u).map((part, odd) => {
		if (odd % 2 === 0 || !URL.canParse(part)) return part;
		const own = new URL(part).origin === location.origin; // the chat goes along
		return el("a", {href: part, target: own ? "" : "_blank", rel: "noopener noreferrer nofollow"}, part);
	});

	const STYLE = `
:host { all: initial !important; position: fixed !important; inset: 0 !important; z-index: 2147483000 !important; contain: strict !important; pointer-events: none !important; }
@media print { :host { display: none !important; } }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
.root { --bg: light-dark(#fff, #1b1f1d); --fg: light-dark(#1d2320, #e8ece9); --dim: light-dark(#5d6662, #a3ada8); --line: light-dark(#dce2df, #39403c); --soft: light-dark(#eef2f0, #2a302d);
	position: absolute; inset: 0; color: var(--fg); overflow-wrap: anywhere; font: 15px/1.45 system-ui, sans-serif; }
button, input, textarea, select { font: inherit; color: inherit; }
button { background: none; border: 0; padding: 0; cursor: pointer; }
a { color: inherit; }
[dir=rtl] p { text-align: right; }
::placeholder { color: var(--dim); opacity: 1; }
:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
svg { display: block; width: 24px; height: 24px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.launch, .panel, .peek { pointer-events: auto; position: absolute; inset-inline-end: var(--x); bottom: calc(var(--y) + 70px); }
.flip :is(.launch, .panel, .peek) { inset-inline: var(--x) auto; }
.launch, .act, .go, header, .visitor .words { background: var(--color); color: var(--on); }
.launch, .act, .go, .words { border: 1px solid transparent; }
.launch { bottom: var(--y); min-width: 56px; height: 56px; padding: 0 16px; border-radius: 28px; display: flex; gap: 10px; align-items: center; font-weight: 600; box-shadow: 0 4px 16px #0005; }
.badge { position: absolute; top: -5px; inset-inline-end: -5px; min-width: 22px; padding: 0 6px; border-radius: 11px; background: #b3261e; color: #fff; font-size: 13px; line-height: 22px; text-align: center; box-shadow: 0 0 0 2px #fff; }
.panel, .peek button { background: var(--bg); border: 1px solid var(--line); border-radius: 16px; box-shadow: 0 8px 36px #0004; }
.peek { max-width: min(300px, 100% - 2 * var(--x)); }
.peek button { max-height: 90px; overflow: hidden; padding: 10px 15px; text-align: start; }
.panel { width: 376px; max-width: calc(100% - 2 * var(--x)); height: 600px; max-height: calc(100% - var(--y) - 90px); display: flex; flex-direction: column; overflow: hidden; }
.panel > * { flex: none; }
header, .write, .row { display: flex; align-items: center; gap: 2px; }
header { border-bottom: 1px solid transparent; padding: 14px 18px; padding-inline-end: 10px; min-height: 70px; }
header div { flex: 1; }
header :focus-visible, .launch { outline-offset: -4px !important; }
h2, h3 { font-size: 17px; outline: 0; }
header p, .dim, .who, .told { font-size: 13px; }
.tool { width: 40px; height: 40px; border-radius: 12px; display: grid; place-items: center; flex: none; }
.tool:hover, .chip:hover { background: #8883; }
.panel .body { flex: 1; overflow: auto; overscroll-behavior: contain; padding: 16px; display: flex; flex-direction: column; outline-offset: -3px; }
.form, .lines { display: flex; flex-direction: column; gap: 12px; }
.lines { gap: 4px; margin-top: auto; padding-top: 12px; }
.form p:first-child { font-size: 17px; }
.line { max-width: 84%; align-self: flex-start; }
.dim, .who, .told, .typing, .gone .words { color: var(--dim); }
.who { margin: 8px 12px 2px; }
.same .who, .who:empty, .told time { display: none; }
.words { background: var(--soft); border-radius: 16px; border-end-start-radius: 4px; padding: 8px 12px; white-space: pre-wrap; display: flow-root; }
.visitor { align-self: flex-end; }
.visitor .words { border-radius: 16px; border-end-end-radius: 4px; }
.told { align-self: center; text-align: center; margin: 8px 0; }
.told .words, .line.gone .words { background: none; padding: 0; border: 0; }
time, small { unicode-bidi: plaintext; float: inline-end; font-size: 11px; opacity: .8; margin-block: 5px -3px; margin-inline-start: 10px; }
.waits { opacity: .6; } .sent { opacity: 1; }
canvas { display: block; width: 260px; max-width: 100%; max-height: 300px; object-fit: contain; }
.attached { text-align: start; text-decoration: underline; }
.typing { min-height: 22px; margin-top: 6px; font-size: 13px; }
label { display: flex; flex-direction: column; gap: 4px; font-size: 14px; }
.tick { flex-direction: row; gap: 9px; }
input, select, textarea { border: 1px solid var(--dim); border-radius: 10px; padding: 8px 12px; background: var(--bg); font-size: 16px; width: 100%; }
.tick input { width: 18px; height: 18px; flex: none; accent-color: var(--color); }
.trap, .visitor .who { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.row { flex-wrap: wrap; gap: 8px; }
.chip, .act { border-radius: 18px; padding: 6px 14px; text-align: start; }
.chip { border: 1px solid var(--dim); }
.act { font-weight: 600; }
.sheet { border-top: 1px solid var(--line); padding: 14px 16px; max-height: 75%; overflow: auto; }
.item { padding: 8px 0; margin-bottom: -12px; text-align: start; }
.stars { gap: 4px; } .stars button { font-size: 32px; line-height: 1; padding: 2px 4px; color: var(--dim); } .stars .lit { color: #d08700; }
.note { padding: 9px 16px; font-size: 14px; background: var(--soft); border-top: 1px solid var(--line); }
.write { border-top: 1px solid var(--line); padding: 8px; align-items: flex-end; }
.write textarea { flex: 1; min-width: 0; resize: none; border-color: transparent; background: var(--soft); border-radius: 20px; padding: 8px 14px; line-height: 22px; height: 40px; outline: 0; }
.write textarea:focus { border-color: var(--dim); }
.go { border-radius: 50%; margin-inline-start: 4px; } .go:dir(rtl) svg { transform: scaleX(-1); }
.emojis { display: grid; grid-template-columns: repeat(8, 1fr); padding: 8px; border-top: 1px solid var(--line); }
.emojis button { font-size: 22px; line-height: 38px; }
@media (max-width: 480px), (max-height: 430px) {
	.root .panel { inset: var(--top, 0) 0 auto 0; width: auto; max-width: none; height: var(--high, 100%); max-height: none; border: 0; border-radius: 0; padding: env(safe-area-inset-top) 0 env(safe-area-inset-bottom); }
	.shown .launch { display: none; }
}
@media (prefers-reduced-motion: no-preference) { .panel, .peek button, .sheet { animation: rise .2s; } }
@keyframes rise { from { opacity: 0; transform: translateY(10px); } }`;

	const root = el("div", {class: "root", lang: language, dir: rtl ? "rtl" : "ltr"});
	const badge = el("span", {class: "badge", hidden: true});
	const launch = button("launch", () => panel.hidden ? open() : close());
	const peek = el("div", {class: "peek", role: "status"});
	const heading = el("h2", {tabIndex: -1}), stands = el("p", {role: "status", dir: "auto"});
	const more = tool("more", "M4 12h1M11.5 12h1M19 12h1", () => sheet.hidden || !menu ? list() : arrange());
	const filed = el("p", {class: "dim filed", dir: "auto"}); // that it is archived
	const start = el("div", {class: "form"});
	const lines = el("div", {class: "lines", role: "log", ariaLive: "off"});
	const typing = el("p", {class: "typing"});
	const body = el("div", {class: "body", tabIndex: 0, role: "group"}, start, lines, typing);
	const sheet = el("div", {class: "sheet form", hidden: true});
	const note = el("p", {class: "note", role: "alert", hidden: true});
	const emojis = el("div", {class: "emojis", hidden: true}, [..."😀😂🙂😉😍😘🤔😮😢😭😡🙈👍👎👋🙏👏💪🧡🎉🔥✨🎁🍀"]
		.map((one) => button("", () => { area.setRangeText(one, area.selectionStart, area.selectionEnd, "end"); area.focus(); wrote(); }, one)));
	const area = el("textarea", {rows: 1, dir: "auto", enterKeyHint: "send", name: "write"});
	const picked = el("input", {type: "file", multiple: true, hidden: true, onchange: () => { files(picked.files); picked.value = ""; }});
	const attach = tool("file", "M17 7v9a5 5 0 0 1-10 0V6.5a3.5 3.5 0 0 1 7 0V15a2 2 0 0 1-4 0V8", () => picked.click());
	const smile = tool("emoji", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5h0M15 9.5h0", () => { emojis.hidden = !emojis.hidden; });
	const go = tool("send", "M4 12l16-8-5 16-3.5-6.5zM11.5 13.5L20 4");
	go.className = "tool go";
	go.type = "submit";
	const form = el("form", {class: "write", id: "write", onsubmit: (event) => { event.preventDefault(); submit(); }}, attach, picked, smile, area, go);
	const panel = el("div", {class: "panel", role: "dialog", hidden: true},
		el("header", {}, el("div", {}, heading, stands), more, tool("close", CLOSE, () => close())), body, sheet, note, emojis, form);
	fill(root, launch, peek, panel);

	// ---- lines

	const shown = new Map(); // the number of a line, or the key of one that waits, and its element
	let before = {}, answers = [], writes;
	const bottom = () => { body.scrollTop = body.scrollHeight; };
	const download = async (path, name) => {
		try {
			const url = URL.createObjectURL(await (await ask(path)).blob());
			el("a", {href: url, download: name}).click();
			setTimeout(URL.revokeObjectURL, 60000, url);
		} catch (error) { notice(words(error)); }
	};
	const attached = ({n, file}) => {
		const path = `chat/file/${n}`, get = () => download(path, file.name);
		const one = button("attached", get, `📎 ${file.name} (${size(file.size)})`);
		if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
			// Drawn, so that no page's policy has to allow pictures of ours.
			ask(path).then((reply) => reply.blob()).then((blob) => createImageBitmap(blob, {resizeWidth: 520})).then((picture) => {
				const canvas = el("canvas", {width: picture.width, height: picture.height});
				canvas.getContext("bitmaprenderer").transferFromImageBitmap(picture);
				one.ariaLabel = file.name;
				one.replaceChildren(canvas);
				bottom();
			}).catch(() => {});
		}
		return one;
	};
	const line = (by, name, ...inside) => el("div", {class: `line ${by}`}, el("p", {class: "who"}, name),
		el("div", {class: "words", dir: "auto"}, inside));
	const add = (one) => { lines.insertBefore(one, one.matches(".waits") ? null : lines.querySelector(".waits")); bottom(); };
	const show = ({n, at, by, name = "", key, text = "", file}) => {
		shown.get(key)?.remove();
		const one = line(by, name, file ? attached({n, file}) : linked(text), el("time", {}, moment(at * 1000)));
		if (before.by === by && before.name === name) one.classList.add("same");
		before = {by, name};
		shown.set(n, one);
		add(one);
	};
	const change = (n, text) => {
		const one = shown.get(n)?.lastChild;
		if (!one) return;
		if (text === null) one.parentNode.classList.add("gone");
		const time = one.querySelector("time");
		one.replaceChildren();
		fill(one, text === null ? say("removed") : [linked(text), time, el("small", {}, say("edited"))]);
	};
	const wait = (item) => {
		shown.get(item.key)?.remove();
		shown.set(item.key, line("visitor waits", "", item.text));
		add(shown.get(item.key));
	};
	const unsent = (item, why) => {
		const one = shown.get(item.key);
		one.classList.add("sent");
		fill(one, el("p", {class: "dim", role: "alert"}, `${say("unsent")}: ${why} `, button("", () => put(item), el("u", {}, say("again")))));
		bottom();
	};
	const typed = (name) => {
		clearTimeout(writes);
		typing.textContent = name ? say("typing", {name}) : "";
		if (name) writes = setTimeout(typed, 10000);
	};

	// ---- telling what is new: number, title, words and sound

	const plain = () => document.title.replace(/^\(\d+\) /, "");
	const count = () => {
		const looked = !panel.hidden && !document.hidden;
		if (looked && last > (kept.read().seen || 0)) kept.write({seen: last});
		const {seen = 0} = kept.read(), n = answers.filter((one) => one > seen).length;
		badge.textContent = n;
		badge.hidden = !n;
		if (!n) peek.replaceChildren();
		launch.ariaLabel = say("title") + (n ? ` (${n})` : "");
		const title = document.hidden && n ? `(${n}) ${plain()}` : plain();
		if (title !== document.title) document.title = title;
		if (n !== count.told) happened("unread", count.told = n);
	};
	let audio;
	const ring = () => {
		const {rung = 0, sound = set.sound !== "off"} = kept.read();
		if (!sound || rung >= last || audio?.state !== "running") return;
		kept.write({rung: last}); // one tab for all
		const voice = audio.createOscillator(), level = audio.createGain(), now = audio.currentTime;
		voice.frequency.setValueAtTime(880, now);
		voice.frequency.setValueAtTime(1175, now + 0.12);
		level.gain.setValueAtTime(0.12, now);
		level.gain.exponentialRampToValueAtTime(0.001, now + 0.5);
		voice.connect(level).connect(audio.destination);
		voice.start();
		voice.stop(now + 0.5);
	};
	const arrived = ({n, by, name, text, file}) => {
		typed();
		answers.push(n);
		if (!current) return;
		happened("message", {by, name, text});
		if (panel.hidden || !document.hasFocus()) {
			if (panel.hidden) peek.replaceChildren(button("", () => open(), `${name ? `${name}: ` : ""}${text || file.name}`, {dir: "auto"}));
			setTimeout(ring, document.hidden ? 700 : 0);
		}
		count();
	};
	let told, lost = false;
	const notice = (text) => {
		clearTimeout(told);
		note.textContent = text || (lost ? say("lost") : "");
		note.hidden = !note.textContent;
		if (text) told = setTimeout(notice, 8000);
	};
	const status = () => {
		const now = !!token() && (failures > 1 || !navigator.onLine);
		if (now !== lost) { lost = now; notice(); }
		heading.textContent = say("title");
		for (const one of [panel, body, lines, ...panel.querySelectorAll(":scope .tool, .write textarea")]) one.ariaLabel = one.placeholder = say(one.name || "title");
		stands.textContent = token() ? state.text || "" : (info?.open && info.hours) || "";
	};

	// ---- before a chat: form, consent, hours

	let person = {}, facts = {}, left = false, first = {}, proof;
	const load = async () => {
		const was = info;
		try { info = await (await ask(`${here}?lang=${language}`)).json(); } catch (error) {
			return start.replaceChildren(el("p", {}, words(error)), button("chip", load, say("again")));
		}
		filed.textContent = info.archived;
		filed.hidden = !info.archived;
		if (token()) lines.before(filed);
		else if (was?.open !== info.open) greet();
		area.maxLength = info.length;
		proof = !token() && info.proof && prove(info.proof);
		arrange();
		status();
	};
	const input = ({name, label, type = "text", required, options}) => {
		const text = (label || (WORDS[name] ? say(name) : name)) + (required ? " *" : "");
		const more = {name, required: !!required, autocomplete: {name: "name", mail: "email"}[name]};
		const one = type === "select" ? el("select", more, ["", ...options].map((option) => el("option", {}, option)))
			: type === "textarea" ? el("textarea", more) : el("input", {...more, type, maxLength: 300});
		one.value = person[name] || kept.read()[name] || "";
		return el("label", {}, text, one);
	};
	const tick = (text) => el("label", {class: "tick"}, el("input", {type: "checkbox", name: "consent", required: true}), el("span", {dir: "auto"}, linked(text)));
	const greet = () => {
		const {open, form: fields = [], away_form, hours, expect, consent, subscribe} = info;
		const asked = open ? fields : (fields.some((one) => one.name === "mail") ? fields : [{name: "name"}, {name: "mail", type: "email"}, ...fields])
			.map((one) => one.name === "mail" ? {...one, required: true} : one); // what is left is answered there
		start.replaceChildren();
		fill(start, el("p", {dir: "auto"}, left ? say("left", {mail: kept.read().mail || person.identity?.mail}) : open ? say("hello") : hours || say("closed")));
		if (!left && (open || away_form)) {
			const text = open ? expect : say("away");
			fill(start, text && el("p", {class: "dim", dir: "auto"}, text), filed, asked.filter((one) => !person.identity?.[one.name]).map(input), consent && tick(consent),
				el("label", {class: "trap", ariaHidden: true}, "Website", el("input", {name: "website", tabIndex: -1, autocomplete: "off"})));
		}
		if (subscribe?.length) fill(start, el("div", {}, button("chip", news, say("news"))));
		for (const one of start.querySelectorAll("[name]")) one.setAttribute("form", "write");
	};
	const strings = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : `${value}`]));
	const begin = async (text) => {
		const {name = "", mail = "", consent, website, ...fields} = Object.fromEntries([...start.querySelectorAll("[name]")]
			.map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value.trim()]));
		const {name: called, mail: address, identity, ...known} = person, at = place();
		kept.write({name, mail});
		if (go.disabled) return;
		go.disabled = true;
		area.value = "";
		wrote();
		if (first.text !== text) first = {text, key: random()}; // said again after a failure, it is the same chat
		try {
			const {open} = info, {token, chat, events} = await post(`${here}/${open ? "chats" : "message"}`, {
				...first, name: name || called, mail: mail || address, fields: strings({...known, ...facts, ...fields}), ...at, language, consent, website, identity, proof: await proof || undefined});
			left = !open;
			if (open) {
				kept.write({token, page: at.page, user: identity?.user, seen: 0, rated: false});
				mine = token;
				events.forEach(take);
				current = true;
				follow();
				happened("start", {chat});
			} else greet();
			arrange();
			status();
			count();
		} catch (error) {
			area.value ||= text;
			wrote();
			notice(words(error));
			load(); // hours may have changed, and work that was done counts once
		}
		go.disabled = false;
	};
	const forget = () => { kept.clear(); reset(); };
	const reset = () => {
		halt();
		mine = token();
		last = 0; state = {}; current = false; before = {}; answers = []; waiting = [];
		shown.clear();
		lines.replaceChildren();
		left = false;
		if (info && !mine) greet();
		arrange();
		status();
		count();
		follow();
	};

	// ---- writing

	let spoke = 0, hush;
	const tells = (typing) => token() && post("chat/typing", {typing}).catch(() => {});
	const wrote = () => {
		area.style.height = "40px";
		area.style.height = `${Math.min(132, area.scrollHeight + 2)}px`;
		tab.write({draft: area.value});
		clearTimeout(hush);
		if (!area.value) { spoke = 0; return; }
		if (Date.now() - spoke > 4000) { spoke = Date.now(); tells(true); }
		hush = setTimeout(() => { spoke = 0; tells(false); }, 6000);
	};
	const submit = () => {
		const text = area.value.trim();
		area.focus();
		if (!text) return;
		emojis.hidden = true;
		if (!token()) return begin(text);
		area.value = "";
		wrote();
		put({key: random(), text});
	};
	const files = (list) => {
		for (const blob of list) {
			if (blob.size > info.files.most) notice(`${say("unsent")}: ${blob.name} (${size(blob.size)} > ${size(info.files.most)})`);
			else put({key: random(), text: blob.name, blob});
		}
	};
	area.oninput = wrote;
	area.onkeydown = (event) => {
		if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
		event.preventDefault();
		form.requestSubmit();
	};
	area.onpaste = (event) => {
		if (attach.hidden || !event.clipboardData.files.length) return;
		event.preventDefault();
		files(event.clipboardData.files);
	};

	// ---- sheets: what else can be done, mail, news, deleting, rating

	let menu = false;
	const lay = (title, ...inside) => {
		menu = false;
		emojis.hidden = true;
		sheet.replaceChildren(el("h3", {}, title));
		fill(sheet, inside).hidden = false;
		bottom();
	};
	const fallible = (act) => async (...given) => { try { await act(...given); } catch (error) { notice(words(error)); } };
	const dialog = (name, inside, act, done) => {
		const sent = fallible(async (event) => {
			event.preventDefault();
			await act(Object.fromEntries(new FormData(event.target)));
			arrange();
			if (done) notice(say(done));
		});
		lay(say(name), el("form", {class: "form", onsubmit: sent}, inside, el("div", {class: "row"},
			el("button", {class: "act"}, say(name === "erase" ? name : "send")), button("chip", () => arrange(), say("close")))));
		sheet.querySelector("input, select, button").focus();
	};
	const address = () => input({name: "mail", type: "email", required: true});
	const news = () => {
		const lists = info.subscribe;
		dialog("news", [lists.length > 1 && el("select", {name: "list"}, lists.map((one) => el("option", {value: one.list}, one.title || one.list))), address(), tick(lists[0].consent || say("news"))],
			({list = lists[0].list, mail}) => post(`${here}/subscribe`, {list, mail, consent: true}), "confirm");
	};
	const save = () => download("chat/transcript", "chat.txt");
	const list = () => {
		const {sound = set.sound !== "off"} = kept.read(), over = state.state === "closed";
		const item = (name, act, mark = "") => button("item", () => { arrange(); act(); }, say(name) + mark);
		lay(say("more"), item("download", save), info?.mail !== false && item("mailed", () => dialog("mailed", address(), ({mail}) => post("chat/mail", {to: mail}), "sent")),
			item("sound", () => kept.write({sound: !sound}), sound ? " 🔔" : " 🔕"), info?.subscribe?.length && item("news", news),
			over ? item("fresh", forget) : item("end", fallible(() => post("chat/close"))),
			item("erase", () => dialog("erase", el("p", {}, say("sure")), () => post("chat/erase").then(({told}) => { forget(); notice(told); }))));
		menu = true;
		sheet.querySelector("button").focus();
	};
	const rate = () => {
		const choices = [button("chip", forget, say("fresh")), button("chip", save, say("download"))];
		if (kept.read().rated) return lay(say("thanks"), el("div", {class: "row"}, choices));
		const text = el("textarea", {maxLength: 1000, hidden: true, ariaLabel: say("rate")});
		let stars = 0;
		const send = button("act", fallible(async () => {
			await post("chat/rate", {stars, words: text.value.trim()});
			kept.write({rated: true});
			rate();
		}), say("send"), {hidden: true});
		const row = el("div", {class: "row stars", role: "group", ariaLabel: say("rate")}, [1, 2, 3, 4, 5].map((n) => button("", () => {
			stars = n;
			[...row.children].forEach((one, index) => { one.textContent = "☆★"[+one.classList.toggle("lit", index < n)]; one.ariaPressed = index === n - 1; });
			text.hidden = send.hidden = false;
			bottom();
		}, "☆", {ariaLabel: `${n} / 5`})));
		lay(say("rate"), row, text, el("div", {class: "row"}, send, choices));
	};
	// What can be seen and done, by how the chat stands.
	const arrange = () => {
		const has = !!token();
		start.hidden = has;
		form.hidden = !has && (!info || left || !(info.open || info.away_form));
		more.hidden = !has;
		attach.hidden = !has || !info?.files;
		if (info?.files) picked.accept = info.files.types.join();
		emojis.hidden = sheet.hidden = true;
		if (has && current && state.state === "closed") rate();
		lines.ariaLive = current ? "polite" : "off";
	};

	// ---- opening and closing

	const turn = (shows) => {
		panel.hidden = !shows;
		root.classList.toggle("shown", shows);
		launch.ariaExpanded = shows;
		launch.replaceChildren(icon(shows ? CLOSE : CHAT), ...(set.button && !shows ? [set.button] : []), badge);
		tab.write({open: shows});
	};
	// On a phone the keyboard would hide what there is to be read.
	const write = () => { if (root.getRootNode().activeElement === heading && !matchMedia("(pointer: coarse)").matches) area.focus(); };
	const open = () => {
		turn(true);
		follow();
		arrange();
		count();
		bottom();
		heading.focus({preventScroll: true});
		load().then(write);
		write();
		happened("open");
	};
	const close = () => {
		const inside = panel.contains(root.getRootNode().activeElement);
		turn(false);
		if (inside) launch.focus();
		happened("close");
	};
	panel.onkeydown = (event) => {
		if (event.key !== "Escape") return;
		if (!emojis.hidden || (!sheet.hidden && (menu || state.state !== "closed"))) { arrange(); area.focus(); } else close();
	};
	// A page's own keys are not meant while somebody writes here. A first touch allows sound.
	for (const name of ["keydown", "keyup", "keypress", "pointerdown"]) root.addEventListener(name, (event) => {
		event.stopPropagation();
		audio ||= window.AudioContext && new AudioContext();
	});

	// ---- what a page can call

	const listeners = {};
	const happened = (name, data) => (listeners[name] || []).forEach((act) => { try { act(data); } catch (error) { console.error(error); } });
	const calls = {
		open, close,
		user(values) { // null: they have logged out
			const {user} = kept.read(), next = values?.identity?.user;
			person = values || {};
			if (!values || (user && next && user !== next)) forget();
			else if (info && !token()) greet();
		},
		event(name, data = true) {
			facts[name] = data;
			if (token()) post("chat/event", {name, data}).catch(() => {});
		},
		on(name, act) { (listeners[name] ||= []).push(act); },
		push: (...given) => given.forEach(([name, ...values]) => calls[name](...values)),
	};

	// ---- the life of a page

	let mine = token();
	const live = () => {
		const host = document.createElement("hubbub-chat"), shadow = host.attachShadow({mode: "open"}), styles = new CSSStyleSheet();
		styles.replaceSync(STYLE);
		shadow.adoptedStyleSheets = [styles];
		shadow.append(root);
		// White on the colour, or black where white is read badly (WCAG 2.2, 1.4.3).
		const pen = document.createElement("canvas").getContext("2d");
		pen.fillStyle = "#1c6e57";
		if (set.color) pen.fillStyle = set.color;
		const [r, g, b] = (pen.fillStyle.match(/^#(..)(..)(..)/) || []).slice(1).map((pair) => (parseInt(pair, 16) / 255) ** 2.2);
		const look = (name, value) => root.style.setProperty(name, value);
		look("--color", pen.fillStyle);
		look("--on", 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000" : "#fff");
		const [x = 20, y = x] = set.offset?.match(/\d+/g) || [], side = set.position || "end";
		look("--x", `calc(${x}px + env(safe-area-inset-right))`);
		look("--y", `calc(${y}px + env(safe-area-inset-bottom))`);
		root.classList.toggle("flip", side === "start" || side === (rtl ? "right" : "left"));
		look("color-scheme", set.theme || "light dark");
		const keyboard = () => { look("--high", `${visualViewport.height}px`); look("--top", `${visualViewport.offsetTop}px`); };
		for (const name of ["resize", "scroll"]) visualViewport.addEventListener(name, keyboard);
		launch.hidden = "hidden" in set;
		document.body.append(host);

		waiting.forEach(wait);
		area.value = tab.read().draft || "";
		const called = window.Hubbub || [], was = tab.read().open;
		turn(false);
		window.Hubbub = calls;
		for (const one of called) calls.push(one);
		status();
		count();
		lead();
		follow();
		visit();
		if (was && panel.hidden) open();
	};
	addEventListener("storage", (event) => {
		if (event.key !== key) return;
		if (mine !== token()) reset(); // begun or ended in another tab
		else count();
	});
	document.addEventListener("visibilitychange", () => {
		count();
		if (!document.hidden) follow();
		else if (!leading) halt();
	});
	addEventListener("online", () => { slow = false; wake?.(); status(); follow(); flush(); });
	addEventListener("offline", () => { status(); halt(); });
	addEventListener("pagehide", () => { leading = false; release?.(); halt(); });
	addEventListener("pageshow", (event) => { if (event.persisted) { lead(); follow(); } });
	window.navigation?.addEventListener("navigatesuccess", visit);
	if (document.body) live();
	else addEventListener("DOMContentLoaded", live);
})();
