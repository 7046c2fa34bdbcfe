import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { openEditor, type Editor, type OpenEditorOptions } from '../../../scripts/host/browser';
import type { N8nClient } from '../../../scripts/host/client';
import { REPOSITORY } from '../../../scripts/host/pack';

/** Where n8n serves the icons of this package. */
const ICONS = '/icons/n8n-nodes-digital-goods/dist/icons/';

/** How long anything may take to come to the screen. */
const PATIENCE = 60_000;

const DOCS = join(REPOSITORY, 'docs');

/** Elements by the name n8n's own tests know them by. */
const byTestId = (name: string) => `[data-test-id="${name}"]`;

/** Tries again until it holds, since the screen follows a click only a moment later. */
export async function eventually(holds: () => Promise<void>): Promise<void> {
	const until = Date.now() + PATIENCE;
	for (;;) {
		try {
			return await holds();
		} catch (error) {
			if (Date.now() > until) throw error;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

/** n8n's editor as a person uses it: finds, clicks, types and reads what is on the screen. */
export class Screen {
	/** What the page complained about, except requests that n8n refused. */
	readonly complaints: string[] = [];

	/** Nobody knows what state the page is in. */
	private lost = false;

	private constructor(
		readonly editor: Editor,
		readonly page: Page,
	) {}

	static async open(host: N8nClient, options: OpenEditorOptions = {}): Promise<Screen> {
		const editor = await openEditor(host, { viewport: { width: 1400, height: 880 }, ...options });
		editor.page.setDefaultTimeout(PATIENCE);
		const screen = new Screen(editor, editor.page);
		screen.listen();
		return screen;
	}

	private listen(): void {
		this.page.on('pageerror', (error) => this.complaints.push(error.stack ?? error.message));
		this.page.on('console', (message) => {
			// The response says more of a request that failed.
			if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
				this.complaints.push(message.text());
			}
		});
		this.page.on('response', (response) => {
			if (response.status() >= 400 && !response.url().includes('/rest/')) {
				this.complaints.push(`${response.status()} ${response.url()}`);
			}
		});
	}

	async close(): Promise<void> {
		await this.editor.close();
	}

	at(testId: string): Locator {
		return this.page.locator(byTestId(testId));
	}

	/** Opens a saved workflow and waits until it can be used. Where it is open already, only its node is closed. */
	async openWorkflow(id: string): Promise<void> {
		const path = `/workflow/${id}`;
		if (!this.lost && new URL(this.page.url()).pathname.startsWith(path)) {
			if (await this.at('ndv').isVisible()) await this.closeNode();
			return;
		}
		await this.editor.open(path);
		this.lost = false;
		await this.at('canvas-node').first().waitFor();
		await this.page.waitForLoadState('networkidle');
	}

	/** A node on the canvas. */
	onCanvas(name: string): Locator {
		return this.page.locator(`${byTestId('canvas-node')}[data-node-name="${name}"]`);
	}

	/** Opens what an AI agent can be given as a tool, beside its connector. */
	async openTools(): Promise<void> {
		const connector = this.at('canvas-node-input-handle').and(
			this.page.locator('[data-handleid="inputs/ai_tool/0"]'),
		);
		await connector.locator(byTestId('canvas-handle-plus')).click();
		await this.at('node-creator-search-bar').waitFor();
	}

	/** Opens the node panel, if it is not open, and searches in it. */
	async searchNodes(text: string): Promise<void> {
		const search = this.at('node-creator-search-bar');
		for (let tries = 0; !(await search.isVisible()); tries++) {
			if (tries === 10) throw new Error('the node panel does not open');
			// One of its inner pages has no search.
			await this.page.keyboard.press((await this.at('node-creator').isVisible()) ? 'Escape' : 'n');
			await search.waitFor({ timeout: 3_000 }).catch(() => undefined);
		}
		// With an empty list in between, what is listed next was found for this text.
		await search.fill('no node has such a name');
		await this.at('node-creator-no-results').waitFor();
		await search.fill(text);
		await this.at('node-creator-no-results').waitFor({ state: 'detached' });
	}

	/** What the node panel lists under this name. */
	listed(name: string): Locator {
		const named = this.at('node-creator-item-name').getByText(name, { exact: true });
		return this.at('item-iterator-item').filter({ has: named });
	}

	/** Adds the node whose page stands in the node panel, by one of its actions or triggers; it opens. */
	async addByAction(action: string): Promise<void> {
		const panel = this.at('node-creator');
		const entry = panel.getByText(action, { exact: true });
		// Either of the two parts may be folded away.
		for (const heading of [panel.getByText(/^Actions \(/), panel.getByText(/^Triggers \(/)]) {
			await entry.or(heading).first().waitFor();
			if (!(await entry.isVisible()) && (await heading.isVisible())) await heading.click();
			await entry.waitFor({ timeout: 1_000 }).catch(() => undefined);
		}
		await entry.click();
		await this.at('node-parameters').waitFor();
	}

	/** Opens a node by double-clicking it. */
	async openNode(name: string): Promise<void> {
		await this.onCanvas(name).dblclick();
		await this.at('node-parameters').waitFor();
	}

	async closeNode(): Promise<void> {
		await this.at('ndv-close-button').click();
		await this.at('ndv').waitFor({ state: 'detached' });
	}

	/** What stands above the fields of the opened node, from top to bottom; notices in full. */
	async fields(): Promise<string[]> {
		const all = this.at('node-parameters').locator('label:visible, [role="region"]:visible');
		const texts = await all.allInnerTexts();
		// A field that an expression can fill has the words of that switch in its label.
		return texts.map((text) => text.replace(/\s*Fixed\s+Expression$/, '').trim());
	}

	/** The part of the opened node between input and output. */
	panel(): Locator {
		return this.at('ndv').locator('.node-settings');
	}

	/** The head of the opened node. */
	titleOfNode(): Locator {
		return this.at('node-title-container').locator('xpath=..');
	}

	/** The input of a parameter of the opened node. */
	parameter(name: string): Locator {
		return this.at(`parameter-input-${name}`);
	}

	/** Who may fill a parameter instead of the user: an expression, the model of an AI agent. */
	async filledBy(name: string): Promise<{ expression: boolean; model: boolean }> {
		await this.parameter(name).hover();
		const item = this.page.locator('.parameter-item').filter({ has: this.parameter(name) });
		await item.locator(byTestId('action-toggle')).waitFor();
		return {
			expression: (await item.getByText('Expression', { exact: true }).count()) > 0,
			model: (await item.locator(byTestId('from-ai-override-button')).count()) > 0,
		};
	}

	/** Chooses from a drop-down parameter of the opened node. */
	async choose(parameter: string, option: string): Promise<void> {
		await this.parameter(parameter).click();
		await this.page.locator('.el-select-dropdown__item:visible').getByText(option, { exact: true }).click();
	}

	/** Presses the button that runs the opened node, and waits for the mark of how it ended. */
	async execute(): Promise<void> {
		await this.at('node-execute-button').first().click();
		await this.at('output-panel')
			.locator(`${byTestId('node-run-status-success')}, ${byTestId('node-run-status-danger')}`)
			.waitFor();
	}

	/** The output of the opened node as JSON. */
	async json(): Promise<string> {
		const output = this.at('output-panel');
		await output.locator(byTestId('radio-button-json')).click();
		await output.filter({ hasText: '{' }).waitFor();
		return await output.innerText();
	}

	/** Waits until the image has arrived and tells where from: only an icon of this package, drawn, will do. */
	async icon(of: Locator): Promise<string> {
		const image = of.locator('img').first();
		await image.waitFor();
		const [source, width] = await image.evaluate(async (element) => {
			const drawn = element as unknown as { src: string; naturalWidth: number; decode(): Promise<void> };
			await drawn.decode();
			return [drawn.src, drawn.naturalWidth] as const;
		});
		if (width === 0 || !source.includes(ICONS)) throw new Error(`not an icon of this package: ${source}`);
		return source.slice(source.indexOf(ICONS) + ICONS.length);
	}

	/** With `SCREENSHOTS=1`, takes a picture of the page, or of a part of it, for the README. */
	async picture(name: string, of: Page | Locator = this.page): Promise<void> {
		if (process.env.SCREENSHOTS !== '1') return;
		await this.takePicture(DOCS, name, of);
	}

	/** Takes a picture of what went wrong and tells where it is. The next workflow is loaded anew. */
	async abandon(name: string): Promise<string> {
		this.lost = true;
		const folder = await mkdtemp(join(tmpdir(), 'editor-'));
		return await this.takePicture(folder, name.replace(/\W+/g, '-'), this.page);
	}

	private async takePicture(folder: string, name: string, of: Page | Locator): Promise<string> {
		const path = join(folder, `${name}.png`);
		await mkdir(folder, { recursive: true });
		// n8n's messages in the corner come and go.
		await of.screenshot({ path, animations: 'disabled', style: '.el-notification { display: none }' });
		return path;
	}
}
