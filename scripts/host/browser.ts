/** Opens n8n's editor in a real browser: Debian's Chromium (or `CHROMIUM_PATH`), driven by playwright-core. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

import type { Progress } from './cache';
import { BROWSER_ID, type N8nClient } from './client';
import { ensureDebian } from './debian';

/** Keeps Chromium from contacting its makers' servers, which a test machine may not reach. */
const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/** The browser's path, or undefined when there is none on this machine. */
export function findChromium(): string | undefined {
	if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
	const names = [
		'chromium',
		'chromium-browser',
		'google-chrome',
		'google-chrome-stable',
		'chrome',
		'microsoft-edge',
	];
	const onPath = (process.env.PATH ?? '')
		.split(delimiter)
		.flatMap((folder) => names.map((name) => join(folder, name)));
	const usual = [
		'/usr/bin/chromium',
		'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
		'/Applications/Chromium.app/Contents/MacOS/Chromium',
		'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
		'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
	];
	return [...onPath, ...usual].find((path) => existsSync(path));
}

/** The browser's path; where it is missing, apt-get is there and we are root, Debian's is installed first. */
export async function ensureChromium(onProgress?: Progress): Promise<string> {
	return await ensureDebian(
		{ packages: ['chromium'], find: findChromium, otherwise: 'set CHROMIUM_PATH' },
		onProgress,
	);
}

/** Starts the browser, headless by default, with a profile of its own. */
export async function launchBrowser(options: { headless?: boolean } = {}): Promise<Browser> {
	return await chromium.launch({
		executablePath: await ensureChromium(),
		headless: options.headless ?? true,
		args: FLAGS,
		chromiumSandbox: false,
	});
}

export interface Editor {
	browser: Browser;
	context: BrowserContext;
	page: Page;
	/** Messages of errors that the page logged or threw. */
	errors: string[];
	/** Opens a path of the editor, such as `/workflow/<id>`, and waits until it stands. */
	open(path: string): Promise<void>;
	/** Closes the page, and the browser when it was started for it. */
	close(): Promise<void>;
}

export interface OpenEditorOptions {
	/** Where to begin. Default: the list of workflows. */
	path?: string;
	viewport?: { width: number; height: number };
	/** A browser to use instead of starting one. */
	browser?: Browser;
	headless?: boolean;
}

/** Opens the editor of a running n8n as its owner, already signed in. */
export async function openEditor(host: N8nClient, options: OpenEditorOptions = {}): Promise<Editor> {
	const browser = options.browser ?? (await launchBrowser(options));
	const context = await browser.newContext({ viewport: options.viewport ?? { width: 1440, height: 900 } });
	const [name = '', value = ''] = host.sessionCookie().split('=');
	await context.addCookies([{ name, value, url: host.url, httpOnly: true }]);
	// n8n ties a session to the browser it was opened in by this identifier.
	await context.addInitScript({
		content: `localStorage.setItem('n8n-browserId', ${JSON.stringify(BROWSER_ID)})`,
	});
	const page = await context.newPage();
	const errors: string[] = [];
	page.on('pageerror', (error) => errors.push(error.message));
	page.on('console', (message) => {
		if (message.type() === 'error') errors.push(message.text());
	});
	const open = async (path: string) => {
		await page.goto(`${host.url}${path}`, { waitUntil: 'domcontentloaded' });
		await page.waitForSelector('#sidebar, [data-test-id="main-sidebar"], [data-test-id="canvas"]', {
			timeout: 60_000,
		});
		await page.waitForLoadState('networkidle', { timeout: 4000 }).catch(() => undefined);
	};
	const close = async () => {
		await context.close();
		if (!options.browser) await browser.close();
	};
	try {
		await open(options.path ?? '/home/workflows');
	} catch (error) {
		await close();
		throw error;
	}
	return { browser, context, page, errors, open, close };
}

/** Saves a picture of the page, making folders as needed. */
export async function screenshot(
	page: Page,
	file: string,
	options: { fullPage?: boolean } = {},
): Promise<string> {
	await mkdir(dirname(file), { recursive: true });
	await page.screenshot({ path: file, fullPage: options.fullPage ?? false });
	return file;
}
