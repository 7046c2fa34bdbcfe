import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { defineConfig, globalIgnores } from 'eslint/config';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

/**
 * What users install is held to the rules of n8n's own scanner (@n8n/scan-community-package), sources and build
 * alike, and without exceptions: the scanner ignores disabling comments, so they are ignored here too.
 */
const SOURCES = ['nodes/**/*.ts', 'credentials/**/*.ts'];
const CODEX = ['nodes/**/*.json'];
const BUILT = ['dist/**/*.js', 'index.js'];

export default defineConfig(
	globalIgnores(['node_modules/', 'coverage/']),
	{
		files: ['package.json', ...SOURCES, ...CODEX, ...BUILT],
		extends: [n8nCommunityNodesPlugin.configs.recommended],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		linterOptions: { noInlineConfig: true },
		rules: { 'no-console': 'error' },
	},
	{
		files: ['package.json'],
		rules: n8nNodesBase.configs.community.rules,
	},
	{
		files: ['credentials/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.credentials.rules,
			// Both off in the scanner as well: the one is not for community nodes, the other has a better successor.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
		},
	},
	{
		files: ['nodes/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.nodes.rules,
			// Off in the scanner as well: inputs and outputs may be an enum, and providers do have limits.
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
		},
	},
	{
		files: ['**/*.ts', 'package.json', ...CODEX],
		languageOptions: { parser: tseslint.parser },
	},
	{
		files: ['**/*.ts'],
		extends: [tseslint.configs.recommended],
		rules: {
			'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
		},
	},
);
