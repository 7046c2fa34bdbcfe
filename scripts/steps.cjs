// @ts-check
'use strict';

/*
 * Shows the steps of a long start, "1 of 5  Installing …", one line each. On a terminal the line shows how far its
 * step is; elsewhere it is written once.
 */
class Steps {
	/**
	 * @param {number} total
	 * @param {number} [done] How many steps another part of the program has shown already.
	 * @param {NodeJS.WriteStream} [out]
	 */
	constructor(total, done = 0, out = process.stdout) {
		this.total = total;
		this.number = done;
		this.out = out;
		this.text = '';
		this.started = 0;
		this.detail = '';
		/** @type {NodeJS.Timeout | undefined} */
		this.timer = undefined;
	}

	/** A step that there is nothing to do for. @param {string} text */
	skip(text) {
		this.begin(text);
		this.end('');
	}

	/**
	 * Shows a step while `work` does it.
	 * @template T
	 * @param {string} text
	 * @param {(update: (detail: string) => void) => T | Promise<T>} work Takes a function that shows how far it is.
	 * @returns {Promise<T>}
	 */
	async run(text, work) {
		this.begin(text);
		try {
			const result = await work((detail) => this.update(detail));
			this.end(` ${this.seconds()} s`);
			return result;
		} catch (error) {
			this.end(' failed');
			throw error;
		}
	}

	/** @param {string} text */
	begin(text) {
		this.number++;
		this.text = this.total > 1 ? `${this.number} of ${this.total}  ${text}` : text;
		this.started = Date.now();
		this.detail = '';
		this.out.write(this.text);
		if (this.out.isTTY) this.timer = setInterval(() => this.draw(), 1000).unref();
	}

	/** @param {string} detail */
	update(detail) {
		this.detail = detail;
	}

	draw() {
		const line = [this.text, `${this.seconds()} s`, this.detail].filter(Boolean).join('  ');
		this.out.write(`\r\u001b[K${line.slice(0, (this.out.columns ?? 80) - 1)}`);
	}

	/** @param {string} result */
	end(result) {
		clearInterval(this.timer);
		this.out.write(`${this.out.isTTY ? `\r\u001b[K${this.text}` : ''}${result}\n`);
	}

	seconds() {
		return Math.round((Date.now() - this.started) / 1000);
	}
}

module.exports = { Steps };
