import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { IDataObject, INodeProperties, INodeType } from 'n8n-workflow';

/** The example workflows name parameters and values that a saved workflow keeps: what is renamed breaks them. */

interface ExampleNode {
	id: string;
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: IDataObject;
	credentials?: Record<string, { id: null; name: string }>;
}
interface Example {
	name: string;
	active: boolean;
	pinData: IDataObject;
	nodes: ExampleNode[];
	connections: Record<string, Record<string, Array<Array<{ node: string; index: number }>>>>;
}

const ROOT = join(__dirname, '../..');
const FOLDER = join(ROOT, 'examples');
const OURS = 'n8n-nodes-digital-goods.';
const STICKY = 'n8n-nodes-base.stickyNote';
const N8N = /^(n8n-nodes-base|@n8n\/n8n-nodes-langchain)\./;

/** The nodes of the package, and each provider's node as an AI agent's tool. */
const { n8n } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { n8n: { nodes: string[] } };
const types = new Map(
	n8n.nodes.flatMap((built): Array<[string, INodeType]> => {
		const source = join(ROOT, built.replace(/^dist\//, '').replace(/\.js$/, ''));
		const classes = jest.requireActual<Record<string, new () => INodeType>>(source);
		const type = new classes[basename(source, '.node')]!();
		const { name, usableAsTool } = type.description;
		return [
			[OURS + name, type],
			...(usableAsTool ? [[`${OURS}${name}Tool`, type] as [string, INodeType]] : []),
		];
	}),
);
const propertiesOf = ({ type }: ExampleNode): INodeProperties[] => types.get(type)!.description.properties;

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const textOf = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
const read = (file: string) => JSON.parse(textOf(file)) as Example;
const ours = (example: Example) => example.nodes.filter(({ type }) => type.startsWith(OURS));

/** As n8n names a credential of this type by itself, so that an import finds it without being asked. */
const usualName = (displayName: string) => `${displayName.replace(/ API$/, '')} account`;
const credentialNames: Record<string, string> = {
	teleKartStarsApi: usualName('TeleKart Stars API'),
	tgMarketApi: usualName('TG Market API'),
	tributeApi: usualName('Tribute API'),
	aiMarketApi: usualName('AI-Market API'),
	gamesDropApi: usualName('GamesDrop API'),
	orderTrackingApi: usualName('n8n Data Table (Order Tracking) API'),
};

it('there is one for each node, and no two of one name', () => {
	const examples = files.map(read);
	expect(new Set(examples.map(({ name }) => name)).size).toBe(files.length);
	const used = new Set(examples.flatMap(ours).map(({ type }) => type.replace(/Tool$/, '')));
	expect([...used]).toEqual(
		expect.arrayContaining([...types.keys()].filter((type) => !type.endsWith('Tool'))),
	);
});

/** They show an order from end to end, and their notes say that they order. */
const TOURS = ['telekart-stars.json', 'tg-market.json', 'ai-market.json', 'gamesdrop.json', 'tribute.json'];

describe.each(files)('%s', (file) => {
	const example = read(file);
	const { nodes, connections } = example;

	it('is complete: its nodes have different names, and are connected', () => {
		expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
		expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
		const names = nodes.filter(({ type }) => type !== STICKY).map(({ name }) => name);
		const connected = Object.values(connections).flatMap((kinds) => Object.entries(kinds));
		const targets = connected.flatMap(([, outputs]) => outputs.flat().map(({ node }) => node));
		const subNodes = Object.keys(connections).filter((name) => connections[name]!.main === undefined);
		const triggers = nodes.filter(({ type }) => /trigger$/i.test(type)).map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining([...Object.keys(connections), ...targets]));
		expect([...new Set([...triggers, ...subNodes, ...targets])].sort()).toEqual([...names].sort());
	});

	it('uses nodes of n8n and of this package only, is off and holds no data', () => {
		const foreign = nodes.filter(({ type }) => !N8N.test(type) && !types.has(type));
		expect(foreign.map(({ type }) => type)).toEqual([]);
		expect(example).toMatchObject({ active: false, pinData: {} });
		expect(textOf(file)).not.toMatch(/\b(tah_|sk-|mk_|eyJ|tgsk_)\w/);
	});

	it('names its credentials as n8n does, and each one that a node needs', () => {
		for (const node of ours(example)) {
			const named = Object.keys(node.credentials ?? {});
			const known = types.get(node.type)!.description.credentials!.map(({ name }) => name);
			expect(known).toEqual(expect.arrayContaining(named));
			for (const [type, credential] of Object.entries(node.credentials ?? {}))
				expect(credential).toEqual({ id: null, name: credentialNames[type] });
			expect(named.includes('orderTrackingApi')).toBe(
				node.parameters.trackCompletion === true || node.parameters.source === 'trackedOrders',
			);
		}
	});

	it('says what it does, and starts by hand, from a chat or by a trigger of this package', () => {
		expect(nodes.filter(({ type }) => type === STICKY).length).toBeGreaterThan(0);
		expect(
			nodes.some(({ type }) => /\.(manualTrigger|chatTrigger|digitalGoodsOrderTrigger)$/.test(type)),
		).toBe(true);
	});

	it('sets only parameters and choices that the nodes have', () => {
		for (const node of ours(example)) {
			const properties = propertiesOf(node);
			for (const [name, value] of Object.entries(node.parameters)) {
				// n8n adds it to every polling trigger.
				if (name === 'pollTimes') continue;
				// n8n adds these to every tool.
				if (node.type.endsWith('Tool') && /^(descriptionType|toolDescription)$/.test(name)) continue;
				const same = properties.filter(
					(property) => property.name === name && isShown(property, node.parameters, properties),
				);
				expect([node.name, name, same.length]).toEqual([node.name, name, 1]);
				checkValue(`${node.name}: ${name}`, same[0]!, value);
			}
		}
	});

	const purchases = ours(example).filter(
		({ parameters }) => parameters.resource === 'order' && parameters.operation === 'create',
	);
	const optionsOf = ({ parameters }: ExampleNode) => (parameters.options ?? {}) as IDataObject;

	it('buys once, and below a ceiling where there can be one', () => {
		for (const node of purchases) {
			const offered = propertiesOf(node)
				.filter(
					({ name, displayOptions }) =>
						name === 'options' && displayOptions?.show?.operation?.includes('create'),
				)
				.flatMap(({ options }) => options!.map(({ name }) => name));
			const { idempotencyKey, transactionId, allowAgentPurchases, trackCompletion } = node.parameters;
			const options = optionsOf(node);
			// An agent's orders have no key: what it asks for identifies them, and a limit holds for all of them together.
			if (allowAgentPurchases === true)
				expect([trackCompletion, options.spendingLimit]).toEqual([true, expect.any(Number)]);
			else expect(options.orderOnceKey ?? idempotencyKey ?? transactionId).toBeTruthy();
			if (options.orderOnceKey !== undefined) expect(trackCompletion).toBe(true);
			if (offered.includes('maxPrice')) expect(options.maxPrice).toBeTruthy();
		}
	});

	it('orders nothing before a switch is changed, except a tour of a provider', () => {
		if (TOURS.includes(file)) return;
		const settings = nodes
			.filter(({ type }) => type === 'n8n-nodes-base.set')
			.flatMap(({ parameters }) => (parameters.assignments as IDataObject | undefined)?.assignments ?? []);
		for (const node of purchases) {
			const { checkOnly } = optionsOf(node);
			if (checkOnly === true) continue;
			expect(checkOnly).toMatch(/\.onlyCheck \}\}$/);
			expect(settings).toContainEqual(expect.objectContaining({ name: 'onlyCheck', value: true }));
		}
	});

	it('lies on the grid, and nothing lies on anything else', () => {
		const boxes = nodes.map(boxOf);
		for (const { x, y } of boxes) expect([x % 16, y % 16].map(Math.abs)).toEqual([0, 0]);
		const overlapping = boxes.flatMap((one, index) =>
			boxes
				.slice(index + 1)
				.filter(
					(other) =>
						one.x < other.x + other.width &&
						other.x < one.x + one.width &&
						one.y < other.y + other.height &&
						other.y < one.y + one.height,
				)
				.map((other) => `${one.name} and ${other.name}`),
		);
		expect(overlapping).toEqual([]);
	});

	it('fits one screen, and lies clear of the button that runs it', () => {
		const boxes = nodes.map(boxOf);
		const left = Math.min(...boxes.map(({ x }) => x));
		const top = Math.min(...boxes.map(({ y }) => y));
		const width = Math.max(...boxes.map((box) => box.x + box.width)) - left;
		const height = Math.max(...boxes.map((box) => box.y + box.height)) - top;
		const fitting = Math.min(CANVAS.width / width, CANVAS.height / height) * CANVAS.filled;
		const zoom = Math.min(fitting, 1);
		expect(zoom).toBeGreaterThan(0.55);
		const covered = boxes.filter((box) => {
			const fromCentre = (box.x + box.width / 2 - left - width / 2) * zoom;
			const bottom = CANVAS.height / 2 + (box.y + box.height - top - height / 2) * zoom;
			return (
				Math.abs(fromCentre) < (BUTTON.width + box.width * zoom) / 2 && bottom > CANVAS.height - BUTTON.height
			);
		});
		expect(covered.map(({ name }) => name)).toEqual([]);
	});
});

/** The canvas of the editor in a window of 1440 × 900, and how much of it n8n fills with a workflow that is opened. */
const CANVAS = { width: 1_400, height: 795, filled: 0.89 };
/** The place of the button that runs the workflow, at the bottom of the canvas. */
const BUTTON = { width: 240, height: 75 };

/** The place a node takes on the canvas, with its name and what it does below it. */
const boxOf = ({ name, type, position, parameters }: ExampleNode) => ({
	name,
	x: position[0],
	y: position[1],
	width: type === STICKY ? Number(parameters.width) : 96,
	height: type === STICKY ? Number(parameters.height) : 144,
});

function isShown(
	{ displayOptions }: INodeProperties,
	parameters: IDataObject,
	properties: INodeProperties[],
): boolean {
	// What a workflow leaves out has its default.
	const valueOf = (name: string) => {
		const value = parameters[name] ?? properties.find((property) => property.name === name)?.default;
		return (value as IDataObject | undefined)?.__rl === true ? (value as IDataObject).value : value;
	};
	return Object.entries(displayOptions?.show ?? {}).every(([name, values]) =>
		(values as unknown[]).some((value) => [valueOf(name)].flat().includes(value as string)),
	);
}

function checkValue(where: string, property: INodeProperties, value: unknown): void {
	if (typeof value === 'string' && value.startsWith('=')) return;
	const options = (property.options ?? []) as INodeProperties[];
	if (property.type === 'options' || property.type === 'multiOptions') {
		const choices = options.map((option) => (option as unknown as { value: unknown }).value);
		expect([where, choices]).toEqual([where, expect.arrayContaining([value].flat())]);
	}
	if (property.type === 'collection') {
		for (const [name, inner] of Object.entries(value as IDataObject)) {
			const option = options.find((candidate) => candidate.name === name);
			expect([where, name, option !== undefined]).toEqual([where, name, true]);
			checkValue(`${where}.${name}`, option!, inner);
		}
	}
	if (property.type === 'resourceLocator') {
		const { mode } = value as { mode: string };
		expect(property.modes!.map(({ name }) => name)).toContain(mode);
	}
}
