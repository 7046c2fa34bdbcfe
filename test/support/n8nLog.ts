/**
 * n8n logs the error of every failed execution, and most of these tests make executions fail. Imported before n8n,
 * which reads the level when it loads; `N8N_LOG_LEVEL=debug npx jest …` shows the log.
 */
process.env.N8N_LOG_LEVEL ??= 'silent';

export {};
