/** The process that `apart` starts: calls one exported function and sends back what it gives. */
const [module = '', name = ''] = process.argv.slice(2);

process.once('message', async (parameters: unknown[]) => {
  const exported = (await import(module)) as Record<string, (...parameters: unknown[]) => Promise<unknown>>;
  const result = await exported[name]?.(...parameters);
  process.send?.({ result }, () => process.exit(0));
});
