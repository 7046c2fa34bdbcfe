export interface AiMarketProduct {
	id: string;
	name: string;
	price: number;
	stock: number;
}

const listed: Array<[name: string, price: number, stock: number]> = [
	['ChatGPT Plus 1 Month', 16, 120],
	['ChatGPT Plus Invite Code', 4.5, 500],
	['ChatGPT Team Seat 1 Month', 22, 40],
	['ChatGPT Go 12 Months', 39, 18],
	['OpenAI API Credit $5', 4.2, 260],
	['OpenAI API Credit $20', 17.5, 75],
	['Gemini Advanced 1 Month', 9.9, 140],
	['Gemini Advanced 12 Months', 48, 35],
	['Google One 2 TB 12 Months', 42, 0],
	['Perplexity Pro 1 Month', 6.5, 210],
	['Perplexity Pro 12 Months', 29.9, 64],
	['Midjourney Basic 1 Month', 9, 52],
	['Midjourney Standard 1 Month', 27, 21],
	['Cursor Pro 1 Month', 17.99, 30],
	['GitHub Copilot Pro 1 Month', 8.4, 95],
	['GitHub Copilot Pro 12 Months', 79, 9],
	['Windsurf Pro 1 Month', 11.5, 0],
	['ElevenLabs Starter 1 Month', 4.1, 180],
	['ElevenLabs Creator 1 Month', 17.3, 44],
	['Suno Pro 1 Month', 7.8, 66],
	['Udio Standard 1 Month', 7.2, 31],
	['Runway Standard 1 Month', 12.6, 27],
	['Kling AI Standard 1 Month', 8.8, 58],
	['Leonardo AI Apprentice 1 Month', 9.6, 33],
	['Canva Pro 12 Months', 12, 300],
	['Grammarly Premium 1 Month', 5.3, 115],
	['Grammarly Premium 12 Months', 38.5, 22],
	['QuillBot Premium 12 Months', 24, 47],
	['Notion AI 1 Month', 8.1, 62],
	['Jasper Creator 1 Month', 31, 6],
	['Poe Subscription 1 Month', 14.9, 29],
	['Character.AI Plus 1 Month', 7.4, 88],
	['DeepL Pro Starter 1 Month', 7.9, 53],
	['Otter Pro 1 Month', 6.9, 41],
	['Gamma Plus 1 Month', 6.2, 73],
	['Krea Basic 1 Month', 8.3, 0],
	['SuperGrok 1 Month', 19.5, 17],
	['Replit Core 1 Month', 16.4, 25],
	['Lovable Pro 1 Month', 18.7, 14],
	['v0 Premium 1 Month', 15.6, 1],
];

/** By id, in the order of the list. Ids are strings with leading zeros: "002" is not 2. */
export function aiMarketProducts(): Map<string, AiMarketProduct> {
	return new Map(
		listed.map(([name, price, stock], index) => {
			const id = String(index + 1).padStart(3, '0');
			return [id, { id, name, price, stock }];
		}),
	);
}
