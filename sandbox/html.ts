/** HTML that is written as it is. */
export class Html {
	constructor(readonly text: string) {}

	toString(): string {
		return this.text;
	}
}

type Content = Html | string | number | null | undefined | readonly Content[];

/** A template whose values are escaped, unless they are HTML; lists are put one after the other. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
	return new Html(parts.reduce((text, part, index) => text + written(values[index - 1]) + part));
}

function written(value: Content): string {
	if (value === null || value === undefined) return '';
	if (value instanceof Html) return value.text;
	if (typeof value === 'object') return value.map(written).join('');
	return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
