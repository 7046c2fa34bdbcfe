import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IDataObject, INodeProperties, INodeType } from 'n8n-workflow';

import { AiMarket } from '../../nodes/AiMarket/AiMarket.node';
import { DigitalGoodsOrderTrigger } from '../../nodes/DigitalGoodsOrderTrigger/DigitalGoodsOrderTrigger.node';
import { GamesDrop } from '../../nodes/GamesDrop/GamesDrop.node';
import { TeleKartStars } from '../../nodes/TeleKartStars/TeleKartStars.node';
import { TgMarket } from '../../nodes/TgMarket/TgMarket.node';
import { Tribute } from '../../nodes/Tribute/Tribute.node';
import { TributeTrigger } from '../../nodes/Tribute/TributeTrigger.node';

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
	connections: Record<string, { main: Array<Array<{ node: string; index: number }>> }>;
}

const FOLDER = join(__dirname, '../../examples');
const OURS = 'n8n-nodes-digital-goods.';
const STICKY = 'n8n-nodes-base.stickyNote';

const types = new Map(
	[TeleKartStars, TgMarket, Tribute, TributeTrigger, AiMarket, GamesDrop, DigitalGoodsOrderTrigger].map(
		(nodeClass): [string, INodeType] => {
			const type = new nodeClass();
			return [OURS + type.description.name, type];
		},
	),
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
	const used = new Set(examples.flatMap(ours).map(({ type }) => type));
	expect([...used].sort()).toEqual([...types.keys()].sort());
});

describe.each(files)('%s', (file) => {
	const example = read(file);
	const { nodes, connections } = example;

	it('is complete: its nodes have different names, and are connected', () => {
		expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
		expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
		const names = nodes.filter(({ type }) => type !== STICKY).map(({ name }) => name);
		const targets = Object.values(connections).flatMap(({ main }) => main.flat().map(({ node }) => node));
		const triggers = nodes.filter(({ type }) => /trigger$/i.test(type)).map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining([...Object.keys(connections), ...targets]));
		expect([...new Set([...triggers, ...targets])].sort()).toEqual([...names].sort());
	});

	it('uses nodes of n8n and of this package only, is off and holds no data', () => {
		for (const { type } of nodes) expect(type.startsWith('n8n-nodes-base.') || types.has(type)).toBe(true);
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

	it('says what it does, and starts by hand or is a trigger of this package', () => {
		expect(nodes.filter(({ type }) => type === STICKY).length).toBeGreaterThan(0);
		expect(nodes.some(({ type }) => /\.(manualTrigger|digitalGoodsOrderTrigger)$/.test(type))).toBe(true);
	});

	it('sets only parameters and choices that the nodes have', () => {
		for (const node of ours(example)) {
			const properties = propertiesOf(node);
			for (const [name, value] of Object.entries(node.parameters)) {
				// n8n adds it to every polling trigger.
				if (name === 'pollTimes') continue;
				const same = properties.filter(
					(property) => property.name === name && isShown(property, node.parameters, properties),
				);
				expect([node.name, name, same.length]).toEqual([node.name, name, 1]);
				checkValue(`${node.name}: ${name}`, same[0]!, value);
			}
		}
	});

	it('buys once, and below a ceiling where there can be one', () => {
		const purchases = ours(example).filter(
			({ parameters }) => parameters.resource === 'order' && parameters.operation === 'create',
		);
		for (const node of purchases) {
			const offered = propertiesOf(node)
				.filter(
					({ name, displayOptions }) =>
						name === 'options' && displayOptions?.show?.operation?.includes('create'),
				)
				.flatMap(({ options }) => options!.map(({ name }) => name));
			const { options = {}, idempotencyKey, transactionId } = node.parameters;
			expect((options as IDataObject).orderOnceKey ?? idempotencyKey ?? transactionId).toBeTruthy();
			if (offered.includes('maxPrice')) expect((options as IDataObject).maxPrice).toBeTruthy();
		}
	});

	it('lies on the grid, and nothing lies on anything else', () => {
		const boxes = nodes.map(({ name, type, position, parameters }) => ({
			name,
			x: position[0],
			y: position[1],
			width: type === STICKY ? Number(parameters.width) : 96,
			// The name and what it does stand below a node.
			height: type === STICKY ? Number(parameters.height) : 144,
		}));
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
});

function isShown(
	{ displayOptions }: INodeProperties,
	parameters: IDataObject,
	properties: INodeProperties[],
): boolean {
	// What a workflow leaves out has its default.
	const valueOf = (name: string) =>
		parameters[name] ?? properties.find((property) => property.name === name)?.default;
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
