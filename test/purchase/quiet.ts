/** Imported first: n8n would print each of the failures these tests are made of. */
process.env.N8N_LOG_LEVEL = 'silent';
